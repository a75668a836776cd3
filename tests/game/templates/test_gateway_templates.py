"""Keys of the templates about Gateway API, worked out again from what the learner is shown.

Expectations: the Gateway API specification (HTTPRouteRule.matches: precedence; conditions of Gateway and HTTPRoute).
"""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml

from quizgame.content.questions import SingleChoice
from quizgame.game.quiz.templates.table import TEMPLATES
from quizgame.game.quiz.templates.variants import make_variant

SEEDS = range(30)


def question(name: str, seed: int) -> SingleChoice:
    made = make_variant(TEMPLATES[name], seed).question
    assert isinstance(made, SingleChoice)
    return made


def key(made: SingleChoice) -> str:
    return made.correct_options[0].text


def matches(match: dict[str, Any], method: str, path: str, query: str, headers: dict[str, str]) -> bool:
    wanted = match["path"]["value"]
    elements, prefix = path.strip("/").split("/"), [each for each in wanted.split("/") if each]
    if match["path"]["type"] == "Exact" and path != wanted:
        return False
    return (
        elements[: len(prefix)] == prefix
        and match.get("method", method) == method
        and all(headers.get(each["name"]) == each["value"] for each in match.get("headers", []))
        and all(f"{each['name']}={each['value']}" in query.split("&") for each in match.get("queryParams", []))
    )


def precedence(match: dict[str, Any]) -> tuple[Any, ...]:
    return (
        match["path"]["type"] == "Exact",
        len(match["path"]["value"]),
        "method" in match,
        len(match.get("headers", [])),
        len(match.get("queryParams", [])),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_serving_rule_is_that_of_the_specification(seed: int) -> None:
    made = question("sim-gateway-rule", seed)
    found = re.search(r"`(curl [^`]+)`", made.stem)
    assert found is not None
    _, _, *flags, url = shlex.split(found[1])
    method = flags[flags.index("-X") + 1] if "-X" in flags else "GET"
    headers = dict([flags[flags.index("-H") + 1].split(":")]) if "-H" in flags else {}
    path, _, query = re.sub(r"^http://[^/]+", "", url).partition("?")
    rules = yaml.safe_load(made.exhibit or "")["spec"]["rules"]
    fitting = [rule for rule in rules if matches(rule["matches"][0], method, path, query, headers)]
    best = max(fitting, key=lambda rule: precedence(rule["matches"][0]), default=None)
    assert key(made) == ("None (404)" if best is None else f"`{best['backendRefs'][0]['name']}`")


def fits(host: str, pattern: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def expected(exhibit: str) -> str:
    """The reason, worked out in another order than the operator's."""
    objects = {each["kind"]: each for each in yaml.safe_load_all(exhibit)}
    services = dict(
        each.split("/")[::-1] for each in re.findall(r"[\w-]+/[\w-]+(?=,|\n)", exhibit.split("\n")[1] + "\n")
    )
    gateway, route = objects["Gateway"], objects["HTTPRoute"]
    [listener], [parent] = gateway["spec"]["listeners"], route["spec"]["parentRefs"]
    [[ref]] = [rule["backendRefs"] for rule in route["spec"]["rules"]]
    allowed = listener.get("allowedRoutes", {})
    home = route["metadata"]["namespace"]
    target = ref.get("namespace", home)
    grant = objects.get("ReferenceGrant")
    hosts = route["spec"].get("hostnames", [])
    if "does not exist" in exhibit:
        return "AddressNotAssigned"
    if "tls" in listener:
        return "InvalidCertificateRef"
    if any(each["kind"] == "Ingress" for each in allowed.get("kinds", [])):
        return "InvalidRouteKinds"
    if parent.get("sectionName", listener["name"]) != listener["name"] or parent.get("port", 80) != listener["port"]:
        return "NoMatchingParent"
    if home != gateway["metadata"]["namespace"] and allowed.get("namespaces", {}).get("from") != "All":
        return "NotAllowedByListeners"
    if hosts and not any(fits(host, listener.get("hostname", host)) for host in hosts):
        return "NoMatchingListenerHostname"
    if ref.get("kind", "Service") != "Service":
        return "InvalidKind"
    if target != home and (grant is None or grant["metadata"]["namespace"] != target):
        return "RefNotPermitted"
    return "" if services.get(ref["name"]) == target else "BackendNotFound"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_condition_follows_from_what_is_shown(seed: int) -> None:
    made = question("sim-gateway-condition", seed)
    assert f"reason `{expected(made.exhibit or '')}`" in key(made)


def test_every_condition_is_the_right_one_of_some_variant() -> None:
    found = {key(question("sim-gateway-condition", seed)) for seed in range(120)}
    assert len(found) == 9
