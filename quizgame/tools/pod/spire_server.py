"""``/opt/spire/bin/spire-server`` in the SPIRE server's pod: its health, and what is registered with it.

Source: Documentation/network/servicemesh/mutual-authentication/mutual-authentication-example.rst for the layout;
spiffe/spire cmd/spire-server/cli.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from quizgame.cluster.auth.spire import IDENTITIES, LIFETIME_NS
from quizgame.cluster.keyed import keyed_int, keyed_uuid
from quizgame.cluster.objects import dig, name_of
from quizgame.goflags.times import GO_STRING, SECOND, format_time
from quizgame.tools.facts import fact
from quizgame.tools.output import Line, Result, lines, not_simulated

if TYPE_CHECKING:
    from quizgame.tools.facts import Fact
    from quizgame.tools.pod.context import PodContext

_OPTIONS = frozenset(("spiffeID", "parentID", "selector"))
_Record = dict[str, tuple[str, ...]]


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``healthcheck``, ``agent list`` or ``entry show``; everything else of the program is refused."""
    del stdin
    words = tuple(argv[1:])
    if words == ("healthcheck",):
        return Result(stdout=lines("Server is healthy.\n"))
    if words == ("agent", "list"):
        return Result(stdout=_agents(context))
    if words[:2] == ("entry", "show"):
        wanted = _asked_for(words[2:])
        if wanted is not None:
            return Result(stdout=_entries(context, wanted))
    return not_simulated(" ".join(argv))


def _asked_for(words: Sequence[str]) -> dict[str, str] | None:
    """The options of ``entry show``; ``None`` where there are others than are simulated."""
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        name, has_value, value = rest.pop(0).lstrip("-").partition("=")
        if name not in _OPTIONS or (not has_value and not rest):
            return None
        found[name] = value if has_value else rest.pop(0)
    return found


def _domain(context: PodContext) -> str:
    return context.cluster.config.get("mesh-auth-spiffe-trust-domain", "spiffe.cilium")


def _agents(context: PodContext) -> list[Line]:
    cluster, now = context.cluster, context.cluster.api.clock.now_ns
    nodes = sorted(cluster.spire.ready_nodes)
    told = [f"Found {len(nodes)} attested agent{'' if len(nodes) == 1 else 's'}:\n"]
    for node in nodes:
        uid = dig(cluster.api.find("nodes", node), "metadata", "uid", default="")
        joined = keyed_int(cluster.api.seed, "spire-agent", node, below=LIFETIME_NS // 2)
        ends = now - (now - joined) % (LIFETIME_NS // 2) + LIFETIME_NS
        told += [
            "",
            f"SPIFFE ID         : spiffe://{_domain(context)}/spire/agent/k8s_psat/{cluster.cluster_name}/{uid}",
            "Attestation type  : k8s_psat",
            f"Expiration time   : {format_time(ends // SECOND * SECOND, GO_STRING)}",
            f"Serial number     : {keyed_int(cluster.api.seed, 'spire-serial', node, ends, below=1 << 127)}",
        ]
    return lines("\n".join(told) + "\n")


def _records(context: PodContext) -> Iterator[_Record]:
    domain, seed = _domain(context), context.cluster.api.seed
    agent = f"spiffe://{domain}/ns/{context.pod['metadata']['namespace']}/sa/spire-agent"
    registered: list[tuple[str, str, tuple[str, ...]]] = [
        (f"spiffe://{domain}/{name}", agent, ("k8s:ns:kube-system", f"k8s:sa:{account}"))
        for name, account in (("cilium-agent", "cilium"), ("cilium-operator", "cilium-operator"))
    ]
    registered += [
        (f"spiffe://{domain}/identity/{number}", f"spiffe://{domain}/cilium-operator", ("cilium:mutual-auth",))
        for number in context.cluster.spire.series
    ]
    for name, parent, selectors in registered:
        yield {
            "Entry ID": (keyed_uuid(seed, "spire-entry", name),), "SPIFFE ID": (name,), "Parent ID": (parent,),
            "Revision": ("0",), "X509-SVID TTL": ("default",), "JWT-SVID TTL": ("default",), "Selector": selectors,
        }  # fmt: skip


def _entries(context: PodContext, wanted: dict[str, str]) -> list[Line]:
    keys = {"spiffeID": "SPIFFE ID", "parentID": "Parent ID", "selector": "Selector"}
    found = [each for each in _records(context) if all(value in each[keys[option]] for option, value in wanted.items())]
    told = lines(f"Found {len(found)} {'entry' if len(found) == 1 else 'entries'}\n")
    for each in found:
        known = tuple(_facts(context, each["SPIFFE ID"][0]))
        told += [Line(f"{key:<16} : {value}", known) for key, values in each.items() for value in values]
        told.append(Line(""))
    return told


def _facts(context: PodContext, name: str) -> Iterator[Fact]:
    number = name.rpartition("/")[2]
    if number.isdecimal() and any(name_of(each) == number for each in context.cluster.api.store.of(IDENTITIES)):
        yield fact("identity", witnesses=(number,), cluster=context.cluster.context, identity=int(number))
