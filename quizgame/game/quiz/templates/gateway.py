"""Templates about Gateway API: which rule serves a request, and which condition tells what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quizgame.game.quiz.templates.compact import manifests_text
from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.lab import GATEWAY_ADDRESS, Lab, gateway_lab, namespace, pod, service
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, RESOURCES, SERVERS, TIERS
from quizgame.game.quiz.templates.situation import Object

_API = "gateway.networking.k8s.io/v1"
_GROUP, _VERSION = _API.split("/")
_RULES = 4
_EXTRA_WEIGHT = {"method": 4, "headers": 2, "queryParams": 1}
"""What a match may ask for beside the path, by how early it decides between equal paths."""


def _gateway(home: str, listener: Object | None = None) -> Object:
    return {
        "apiVersion": _API, "kind": "Gateway", "metadata": {"name": "edge", "namespace": home},
        "spec": {
            "gatewayClassName": "cilium",
            "listeners": [{"name": "http", "protocol": "HTTP", "port": 80, **(listener or {})}],
        },
    }  # fmt: skip


def _route(home: str, rules: Sequence[Object], parent: Object | None = None, **spec: Any) -> Object:
    return {
        "apiVersion": _API, "kind": "HTTPRoute", "metadata": {"name": "routes", "namespace": home},
        "spec": {"parentRefs": [{"name": "edge", **(parent or {})}], **spec, "rules": list(rules)},
    }  # fmt: skip


# ---------------------------------------------------------------- which rule serves a request


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request."""

    path: str
    method: str = "GET"
    tier: str = ""
    """Value of the header ``x-tier``; empty: it is not sent."""

    @property
    def command(self) -> str:
        """What a client types."""
        flags = (
            f"{'' if self.method == 'GET' else f' -X {self.method}'}{f' -H x-tier:{self.tier}' if self.tier else ''}"
        )
        return f"curl -s{flags} 'http://{GATEWAY_ADDRESS}{self.path}'"


def serving_rule(dice: Dice) -> Draft | None:
    """Which backend answers a request, of rules that may all match it."""
    home = dice.pick("namespace", NAMESPACES)
    first, second = dice.sample("resources", RESOURCES, 2)
    tier, other_tier = dice.sample("tiers", TIERS, 2)
    matches: list[Object] = dice.sample(
        "matches",
        [
            {"path": {"type": "Exact", "value": f"/{first}"}},
            {"path": {"type": "PathPrefix", "value": f"/{first}"}},
            {"path": {"type": "PathPrefix", "value": f"/{first}/old"}},
            {"path": {"type": "PathPrefix", "value": "/"}},
            {"path": {"type": "PathPrefix", "value": f"/{second}"}},
            {"path": {"type": "PathPrefix", "value": f"/{first}"}, "method": "POST"},
            {"path": {"type": "PathPrefix", "value": f"/{first}"}, "headers": [{"name": "x-tier", "value": tier}]},
            {"path": {"type": "PathPrefix", "value": f"/{first}"}, "queryParams": [{"name": "page", "value": "2"}]},
            {"path": {"type": "PathPrefix", "value": "/"}, "headers": [{"name": "x-tier", "value": tier}]},
        ],
        _RULES,
    )
    names = dice.sample("servers", SERVERS, _RULES)
    asked = _Asked(
        dice.pick(
            "path",
            (f"/{first}", f"/{first}/7", f"/{first}/old/7", f"/{first}2", f"/{first}?page=2", f"/{second}"),
        ),
        dice.pick("method", ("GET", "GET", "POST")),
        dice.pick("tier", ("", tier, other_tier)),
    )  # fmt: skip
    rules = [
        {"matches": [match], "backendRefs": [{"name": name, "port": 80}]}
        for match, name in zip(matches, names, strict=True)
    ]
    route = _route(home, rules)
    lab = gateway_lab()
    client = dice.pick("client", CLIENTS)
    lab.apply([namespace(home), _gateway(home), route, pod(home, client, {"app": client})])
    lab.apply([each for name in names for each in (pod(home, name, {"app": name}), _to(home, name))])
    said = lab.must(f"kubectl -n {home} exec {client} -- {asked.command} -w ' %{{http_code}}'").text
    served = re.search(r'"pod":"([^"]+)"', said)
    truth = served[1] if served is not None else said.strip()
    fitting = {name: match for name, match in zip(names, matches, strict=True) if not _misfit(match, asked)}
    if len(fitting) == 1 and dice.below("easy", 3):
        return None
    answers = [
        Answer(f"`{name}`", name, _rule_reason(match, asked, fitting.get(truth)))
        for name, match in zip(names, matches, strict=True)
    ]
    nobody = "No rule matches." if not fitting else "Some rule matches. Envoy answers 404 only where none does."
    answers.append(Answer("None (404)", "404", nobody))
    return Draft(
        stem="The Gateway `edge` takes this HTTPRoute, and all Services have backends. Which Service answers "
        f"`{asked.command}`?",
        truth=truth,
        answers=tuple(answers),
        explanation="An exact path goes first, then the longest prefix, then a match of the method, then one of more "
        "headers, then one of more query parameters. The order of the rules does not decide between these, and "
        "prefixes match whole elements of the path.",
        exhibit=manifests_text([route]),
    )


def _to(home: str, name: str) -> Object:
    return service(home, name, {"app": name}, 80, 8080)


def _misfit(match: Mapping[str, Any], asked: _Asked) -> str:
    """Why a match is not for a request; empty where it is."""
    path, _, query = asked.path.partition("?")
    wanted = match["path"]["value"]
    if match["path"]["type"] == "Exact" and path != wanted:
        return f"It is for exactly `{wanted}`, and the request asks for `{path}`."
    if path != wanted and not path.startswith(f"{wanted.rstrip('/')}/"):
        return f"The path `{path}` is not `{wanted}` nor below it."
    if match.get("method", asked.method) != asked.method:
        return f"It is for {match['method']} alone."
    if any(each["value"] != asked.tier for each in match.get("headers", ())):
        return "The request does not have that value in the header `x-tier`."
    if "queryParams" in match and query != "page=2":
        return "The request does not have the query parameter `page=2`."
    return ""


def _rank(match: Mapping[str, Any]) -> tuple[bool, int, int]:
    extra = sum(weight for key, weight in _EXTRA_WEIGHT.items() if key in match)
    return match["path"]["type"] == "Exact", len(match["path"]["value"]), extra


def _rule_reason(match: Mapping[str, Any], asked: _Asked, winner: Mapping[str, Any] | None) -> str:
    misfit = _misfit(match, asked)
    if misfit or winner is None:
        return misfit
    if match is winner:
        return "Its rule matches, and no other that matches goes before it."
    own, better = _rank(match), _rank(winner)
    if own[0] != better[0]:
        return "It matches, too, but a rule for the exact path goes before all prefixes."
    if own[1] != better[1]:
        return "It matches, too, but a longer prefix goes before it."
    return "It matches, too, but with equal paths the rule that asks for more goes first."


# ---------------------------------------------------------------- which condition tells what is wrong


@dataclass(frozen=True, slots=True)
class _Told:
    """A condition that may stand in the status of a Gateway or a route."""

    owner: str
    kind: str
    reason: str
    when: str
    """When it stands there."""

    @property
    def text(self) -> str:
        """As an option has it."""
        return f"{self.owner}: `{self.kind}` is `False`, reason `{self.reason}`"


_GATEWAY, _LISTENER, _ROUTE = "Gateway", "Listener", "HTTPRoute"
_CONDITIONS = (
    _Told(_GATEWAY, "Programmed", "AddressNotAssigned", "as long as the Gateway's Service has no address"),
    _Told(_LISTENER, "ResolvedRefs", "InvalidCertificateRef", "where the Secret of a certificate is missing"),
    _Told(_LISTENER, "ResolvedRefs", "InvalidRouteKinds", "where a listener names a kind of route that it cannot take"),
    _Told(_ROUTE, "Accepted", "NoMatchingParent", "where no listener has the name or port that the route asks for"),
    _Told(_ROUTE, "Accepted", "NoMatchingListenerHostname", "where no listener's host name fits any of the route's"),
    _Told(_ROUTE, "Accepted", "NotAllowedByListeners", "where the listeners take no routes of the route's namespace"),
    _Told(_ROUTE, "ResolvedRefs", "BackendNotFound", "where a backend's Service does not exist"),
    _Told(_ROUTE, "ResolvedRefs", "RefNotPermitted", "where a backend is in another namespace that grants nothing"),
    _Told(_ROUTE, "ResolvedRefs", "InvalidKind", "where a backend is of a kind that is no Service"),
)  # fmt: skip


@dataclass
class _Case:
    """What a learner is shown, before something is done to it."""

    home: str
    other: str
    backend: str
    elsewhere: str
    listener: Object = field(default_factory=dict)
    parent: Object = field(default_factory=dict)
    spec: Object = field(default_factory=dict)
    ref: Object = field(default_factory=dict)
    grant: str = ""
    """Namespace of a ReferenceGrant for the route; empty: there is none."""
    has_pool: bool = True
    route_home: str = ""


def condition(dice: Dice) -> Draft | None:
    """Which condition is in the status of a Gateway and its route, in which one thing is wrong."""
    home, other = dice.sample("namespaces", NAMESPACES, 2)
    backend, elsewhere = dice.sample("servers", SERVERS, 2)
    case = _Case(home, other, backend, elsewhere, route_home=home)
    case.ref = {"name": backend, "port": 80}
    # Some of what is written beside the fault looks like one and is none.
    dice.pick("harmless", (_nothing, _fitting_host, _fitting_section, _granted, _all_namespaces))(case)
    dice.pick("fault", _FAULTS)(case)
    objects = [
        _gateway(home, case.listener),
        _route(case.route_home, [{"backendRefs": [case.ref]}], case.parent, **case.spec),
    ]
    if case.grant:
        objects.append(_grant(case))
    lab = gateway_lab()
    if not case.has_pool:
        lab.must("kubectl delete ciliumloadbalancerippool pool")
    lab.apply([namespace(home), namespace(other), _to(home, backend), _to(other, elsewhere), *objects])
    held = _held(lab, case)
    if sum(told in held for told in _CONDITIONS) != 1:
        return None
    answers = tuple(
        Answer(told.text, told in held, f"It is set {told.when}{', as here' if told in held else '. Not so here'}.")
        for told in _CONDITIONS
    )
    pool = "has a free address" if case.has_pool else "does not exist"
    about = (
        f"# a CiliumLoadBalancerIPPool {pool}\n"
        f"# Services, port 80 each: {home}/{backend}, {other}/{elsewhere}\n# Secrets: none\n"
    )
    return Draft(
        stem="Gateway API works in this cluster, which has this Gateway and this route. Which condition is set?",
        truth=True,
        answers=answers,
        explanation="*Accepted* is about a route and the listeners of its Gateway, *ResolvedRefs* about what an object "
        "refers to, *Programmed* about the address and the configuration of the proxies. Each is read in the "
        "status of its object.",
        exhibit=about + manifests_text(objects),
    )


def _nothing(_case: _Case) -> None:
    return


def _fitting_host(case: _Case) -> None:
    case.listener["hostname"] = "*.example.org"
    case.spec["hostnames"] = ["shop.example.org"]


def _fitting_section(case: _Case) -> None:
    case.parent["sectionName"] = "http"


def _granted(case: _Case) -> None:
    case.ref, case.grant = {"name": case.elsewhere, "namespace": case.other, "port": 80}, case.other


def _all_namespaces(case: _Case) -> None:
    case.listener["allowedRoutes"] = {"namespaces": {"from": "All"}}
    case.route_home = case.other
    case.parent["namespace"] = case.home
    case.ref = {"name": case.elsewhere, "port": 80}


def _no_pool(case: _Case) -> None:
    case.has_pool = False


def _no_secret(case: _Case) -> None:
    case.listener |= {"protocol": "HTTPS", "port": 443, "tls": {"certificateRefs": [{"name": "edge-tls"}]}}


def _odd_kind(case: _Case) -> None:
    case.listener["allowedRoutes"] = {
        **case.listener.get("allowedRoutes", {}),
        "kinds": [{"kind": "HTTPRoute"}, {"kind": "Ingress"}],
    }


def _other_section(case: _Case) -> None:
    case.parent["sectionName"] = "web"


def _other_port(case: _Case) -> None:
    case.parent["port"] = 8080


def _other_host(case: _Case) -> None:
    case.listener["hostname"] = "*.example.org"
    case.spec["hostnames"] = ["example.org"]


def _same_namespace(case: _Case) -> None:
    case.listener.pop("allowedRoutes", None)
    case.route_home = case.other
    case.parent["namespace"] = case.home
    case.ref, case.grant = {"name": case.elsewhere, "port": 80}, ""


def _missing_backend(case: _Case) -> None:
    case.ref["name"] = f"{case.ref['name']}s"


def _ungranted(case: _Case) -> None:
    here = case.route_home == case.home
    case.ref = {
        "name": case.elsewhere if here else case.backend,
        "namespace": case.other if here else case.home,
        "port": 80,
    }
    case.grant = ""


def _granted_at_home(case: _Case) -> None:
    _ungranted(case)
    case.grant = case.route_home


def _odd_backend(case: _Case) -> None:
    case.ref |= {"kind": "Pod"}


_FAULTS: tuple[Callable[[_Case], None], ...] = (
    _no_pool, _no_secret, _odd_kind, _other_section, _other_port, _other_host, _same_namespace, _missing_backend,
    _ungranted, _granted_at_home, _odd_backend,
)  # fmt: skip


def _grant(case: _Case) -> Object:
    return {
        "apiVersion": f"{_GROUP}/v1beta1", "kind": "ReferenceGrant",
        "metadata": {"name": "grant", "namespace": case.grant},
        "spec": {
            "from": [{"group": _GROUP, "kind": "HTTPRoute", "namespace": case.route_home}],
            "to": [{"group": "", "kind": "Service"}],
        },
    }  # fmt: skip


def _held(lab: Lab, case: _Case) -> set[_Told]:
    """Which of the conditions stand in the objects' status."""
    gateway = json.loads(lab.must(f"kubectl -n {case.home} get gateway edge -o json").text)["status"]
    route = json.loads(lab.must(f"kubectl -n {case.route_home} get httproute routes -o json").text)["status"]
    found = {
        _GATEWAY: gateway["conditions"],
        _LISTENER: [each for listener in gateway["listeners"] for each in listener["conditions"]],
        _ROUTE: [each for parent in route["parents"] for each in parent["conditions"]],
    }
    held = {
        (owner, each["type"], each["reason"])
        for owner, those in found.items()
        for each in those
        if each["status"] == "False"
    }
    return {told for told in _CONDITIONS if (told.owner, told.kind, told.reason) in held}
