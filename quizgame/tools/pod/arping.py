"""``arping`` in a pod: who answers for an address on the link. Source: arping(8) of iputils for the layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.addresses import is_ipv4
from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.pods import is_host_network
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.l2.arp import is_on_link, owner_of
from quizgame.cluster.objects import dig
from quizgame.datapath.devices import NETWORK_DEVICE, node_mac
from quizgame.tools.facts import fact
from quizgame.tools.output import Result, lines
from quizgame.tools.pod.commandline import with_options
from quizgame.tools.session import STREAM_SPAN_S
from quizgame.tools.text.options import OptionTable

if TYPE_CHECKING:
    from quizgame.tools.facts import Fact
    from quizgame.tools.pod.context import PodContext

OPTIONS = OptionTable(
    "c=", "I=", "w=", "q", "f", "b!", "D!", "U!", "A!", "i!", "s!",
    usage_lines="Try 'arping -h' for more information.\n", status=2,
)  # fmt: skip
_MAX_PROBES = 100


@with_options(OPTIONS)
def run(context: PodContext, options: dict[str, str], operands: list[str]) -> Result:
    """Run ``arping`` in a pod. Without ``-c`` and ``-w`` it ends as endless streams do."""
    if len(operands) != 1:
        return Result(stderr=lines("arping: usage error: Destination address required\n"), exit=2)
    [target] = operands
    device = options.get("I", NETWORK_DEVICE)
    for key in ("c", "w"):
        if not options.get(key, "1").isdecimal():
            return Result(stderr=lines(f"arping: invalid argument: '{options[key]}'\n"), exit=1)
    if device != NETWORK_DEVICE:
        return Result(stderr=lines(f"arping: Device {device} not available.\n"), exit=2)
    if not is_ipv4(target):
        return Result(stderr=lines(f"arping: {target}: Name or service not known\n"), exit=2)
    count = min(int(options.get("c", options.get("w", str(STREAM_SPAN_S)))), _MAX_PROBES) or 1
    return _probe(context, target, count, is_quiet="q" in options, stops_at_first="f" in options)


def _probe(context: PodContext, target: str, count: int, *, is_quiet: bool, stops_at_first: bool) -> Result:
    source = str(dig(context.pod, "status", "podIP", default=""))
    result = Result(stdout=lines(f"ARPING {target} from {source} {NETWORK_DEVICE}\n"))
    sent, answers = 0, 0
    facts: tuple[Fact, ...] = ()
    while sent < count:
        sent += 1
        mac, known = _answer(context, target)
        if mac:
            answers += 1
            facts = known
            took_us = 400 + keyed_int(context.session.world.seed, "arping", target, context.name, sent, below=600)
            if not is_quiet:
                text = f"Unicast reply from {target} [{mac.upper()}]  {took_us / 1000:.3f}ms\n"
                result.stdout += lines(text, known)
            if stops_at_first:
                break
        if sent < count:
            context.session.world.advance(1)
    broadcasts = 1 if answers == sent else sent
    result.stdout += lines(f"Sent {sent} probes ({broadcasts} broadcast(s))\nReceived {answers} response(s)\n", facts)
    result.exit = 0 if answers else 1
    return result


def _answer(context: PodContext, target: str) -> tuple[str, tuple[Fact, ...]]:
    """The link address that comes back, and what it tells; empty where nobody answers."""
    agent = context.cluster.agents.get(context.node_name)
    if not isinstance(agent, Agent):
        return "", ()
    if not is_host_network(context.pod):
        # Source: cilium/cilium v1.19 bpf/bpf_lxc.c tail_handle_arp: the pod's program answers for every address but
        # the pod's own.
        number = agent.endpoint_by_pod.get((context.namespace, context.name))
        endpoint = None if number is None else agent.endpoints[number]
        return (endpoint.host_mac if endpoint is not None and endpoint.ip != target else ""), ()
    world = context.session.world
    if not is_on_link(world, target, agent.node_ip):
        return "", ()
    owner = owner_of(world, fabric_of(world).links, target, agent.place)
    if owner is None:
        return "", ()
    mac = node_mac(owner)
    told = fact("route", witnesses=(target,), cluster=owner.context, node=owner.node, prefix=target, via=NETWORK_DEVICE)
    return mac, (told,)
