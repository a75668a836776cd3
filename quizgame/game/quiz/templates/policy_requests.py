"""Templates about requests: methods, paths, headers, and rules that meet on one port."""

from __future__ import annotations

from quizgame.game.quiz.templates.asking import what_happens, which_flow
from quizgame.game.quiz.templates.drafts import Dice, Draft
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, PORTS, RESOURCES, SERVERS
from quizgame.game.quiz.templates.situation import (
    Flow,
    Object,
    Outcome,
    Pod,
    Situation,
    cnp,
    flow_between,
    http,
    pod_peer,
    to_ports,
)

_METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")


def _requests(source: Pod, target: Pod, port: int, asked: list[tuple[str, str]]) -> list[Flow]:
    return [
        Flow(pod_peer(source), pod_peer(target), port, f"`{method} {path}`", request=http(method, path))
        for method, path in asked
    ]


def method_and_path(dice: Dice) -> Draft | None:
    """Rules of method and path: each rule needs both, the rules are alternatives."""
    home, server, client = (
        dice.pick("namespace", NAMESPACES),
        dice.pick("server", SERVERS),
        dice.pick("client", CLIENTS),
    )
    port = dice.pick("port", PORTS)
    first, second = dice.sample("resources", RESOURCES, 2)
    read, write, other = dice.sample("methods", _METHODS, 3)
    rules: list[Object] = dice.pick(
        "rules",
        [
            [{"method": read, "path": f"/{first}"}, {"method": write, "path": f"/{second}"}],
            [{"method": read, "path": f"/{first}/.*"}, {"path": f"/{second}"}],
            [{"method": read}, {"method": write, "path": f"/{first}/[0-9]+"}],
            [{"method": f"{read}|{write}", "path": f"/{first}(/.*)?"}],
        ],
    )
    source, target = Pod(home, f"{client}-0", {"app": client}), Pod(home, f"{server}-0", {"app": server})
    rule = {"fromEndpoints": [{"matchLabels": {"app": client}}], "toPorts": [to_ports(port, rules={"http": rules})]}
    situation = Situation((source, target), (cnp(f"{server}-in", home, {"app": server}, ingress=[rule]),))
    paths = (f"/{first}", f"/{second}", f"/{first}/17", f"/{second}/17", f"/{first}?page=2")
    flows = _requests(source, target, port, [(method, path) for method in (read, write, other) for path in paths])
    return which_flow(
        dice, situation, flows, noun="request", exhibit=situation.exhibit(with_pods=False),
        intro=f"This is the only policy. Pod `{source.path}` sends requests to port {port} of `{target.path}`.",
        lesson="Inside one HTTP rule everything must match, and rules are alternatives. A field that is "
        "missing is open.",
    )  # fmt: skip


def path_patterns(dice: Dice) -> Draft | None:
    """A path is a regular expression that must match as a whole, query included."""
    home, server, client = (
        dice.pick("namespace", NAMESPACES),
        dice.pick("server", SERVERS),
        dice.pick("client", CLIENTS),
    )
    port, version = dice.pick("port", PORTS), dice.between("version", 1, 4)
    first, second = dice.sample("resources", RESOURCES, 2)
    pattern = dice.pick(
        "pattern",
        [
            f"/v{version}/{first}", f"/v{version}/{first}/.*", f"/v{version}/{first}(/[0-9]+)?", f"/v[0-9]/{first}",
            f"/v{version}/({first}|{second})", f".*/{first}", f"/v{version}/{first}/[a-z]+", f"/v{version}/.+/{first}",
        ],
    )  # fmt: skip
    paths = [
        f"/v{version}/{first}", f"/v{version}/{first}/", f"/v{version}/{first}/42", f"/v{version}/{first}/new",
        f"/v{version}/{first}?limit=5", f"/v{version + 1}/{first}", f"/v{version}/{second}", f"/api/v{version}/{first}",
        f"/v{version}/all/{first}", f"/V{version}/{first}",
    ]  # fmt: skip
    source, target = Pod(home, f"{client}-0", {"app": client}), Pod(home, f"{server}-0", {"app": server})
    rule = {
        "fromEndpoints": [{"matchLabels": {"app": client}}],
        "toPorts": [to_ports(port, rules={"http": [{"method": "GET", "path": pattern}]})],
    }
    situation = Situation((source, target), (cnp(f"{server}-in", home, {"app": server}, ingress=[rule]),))
    return which_flow(
        dice, situation, _requests(source, target, port, [("GET", path) for path in paths]), noun="request",
        exhibit=situation.exhibit(with_pods=False),
        intro=f"This is the only policy. Pod `{source.path}` sends requests to port {port} of `{target.path}`.",
        lesson=f"The path, with its query, must match `{pattern}` from beginning to end; letter case counts.",
    )  # fmt: skip


def meeting_rules(dice: Dice) -> Draft | None:
    """An HTTP rule and other rules on the same port: what becomes of a request."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    client, other = dice.sample("clients", CLIENTS, 2)
    port = dice.pick("port", PORTS)
    resource = dice.pick("resource", RESOURCES)
    read, write = dice.sample("methods", _METHODS, 2)
    peer: Object = {"fromEndpoints": [{"matchLabels": {"app": client}}]}
    strict = cnp(
        f"{server}-http", home, {"app": server},
        ingress=[{**peer, "toPorts": [to_ports(port, rules={"http": [{"method": read, "path": f"/{resource}"}]})]}],
    )  # fmt: skip
    second = dice.pick(
        "second",
        [
            cnp(f"{server}-open", home, {"app": server}, ingress=[{**peer, "toPorts": [to_ports(port)]}]),
            cnp(
                f"{server}-open", home, {"app": server}, ingress=[{"fromEndpoints": [{"matchLabels": {"app": other}}]}]
            ),
            cnp(f"{server}-no", home, {"app": server}, ingressDeny=[{**peer, "toPorts": [to_ports(port)]}]),
            cnp(
                f"{server}-no",
                home,
                {"app": server},
                ingressDeny=[{"fromEndpoints": [{"matchLabels": {"app": other}}]}],
            ),
        ],
    )
    source = Pod(home, f"{client}-0", {"app": client})
    stranger = Pod(home, f"{other}-0", {"app": other})
    target = Pod(home, f"{server}-0", {"app": server})
    situation = Situation((source, stranger, target), (strict, second))
    method = dice.pick("method", (read, write))
    sender = dice.pick("sender", (source, source, stranger))
    flow = flow_between(sender, target, port, request=http(method, f"/{resource}"))
    asked = Flow(flow.source, flow.destination, port, f"`{method} /{resource}` from {flow.text}", request=flow.request)
    return what_happens(
        dice, situation, asked, intro="These are the only policies in the cluster.",
        lesson="Rules of all policies add up: deny wins over everything, and where some rule for the peer and "
        "port asks the proxy, a plain allow for the same peer and port lets every request through it.",
        among=(
            Outcome.FORWARDED, Outcome.PASSED, Outcome.REFUSED, Outcome.INGRESS_DEFAULT, Outcome.INGRESS_DENY,
        ),
    )  # fmt: skip
