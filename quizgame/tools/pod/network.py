"""What the network programs in pods share: the client, reaching a host by name or address, and the facts of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.addresses import is_ipv4
from quizgame.datapath.exchange import Exchange, Outcome
from quizgame.datapath.names import NameOutcome, Resolution, resolve
from quizgame.datapath.packet import Origin
from quizgame.datapath.topology import pod_origin
from quizgame.goflags.times import SECOND
from quizgame.tools.facts import Fact, fact
from quizgame.tools.naming import destination_name, workload_name

if TYPE_CHECKING:
    from quizgame.tools.pod.context import PodContext


@dataclass(frozen=True, slots=True)
class Reach:
    """A host that a client wants to talk to."""

    ip: str = ""
    """Empty where the name gave no address."""
    resolution: Resolution | None = None
    """``None`` where the host was an address."""
    elapsed_ns: int = 0


def client_of(context: PodContext) -> Origin:
    """The origin of what a pod's programs send."""
    origin = pod_origin(context.session.world, context.cluster.context, context.namespace, context.name)
    return origin if origin is not None else Origin(context.cluster.context, context.node_name)


def reach(context: PodContext, host: str, timeout_ns: int | None = None) -> Reach:
    """Turn a host into an address, asking the pod's name server where it is a name."""
    if is_ipv4(host):
        return Reach(host)
    if host == "localhost":
        return Reach("127.0.0.1")
    found = resolve(context.session.world, client_of(context), host, timeout_ns=timeout_ns)
    return Reach(found.ips[0] if found.ips else "", found, found.elapsed_ns)


def spend(context: PodContext, elapsed_ns: int) -> None:
    """Let the time pass that a program took."""
    if elapsed_ns > 0:
        context.session.world.advance(elapsed_ns / SECOND)


def client_name(context: PodContext) -> str:
    """The client as facts name it."""
    return workload_name(context.session.world, context.namespace, context.name, context.cluster.cluster_name)


def name_fact(
    context: PodContext, name: str, outcome: NameOutcome, witnesses: tuple[str, ...] = (), ip: str = ""
) -> Fact:
    """What a client learned about a name."""
    return fact(
        "dns",
        witnesses=witnesses,
        cluster=context.cluster.context,
        from_=client_name(context),
        name=name.rstrip("."),
        outcome=outcome.value,
        ip=ip or None,
    )


def probe_fact(
    context: PodContext,
    host: str,
    port: int,
    protocol: str,
    exchange: Exchange,
    *,
    method: str | None = None,
    path: str | None = None,
    witnesses: tuple[str, ...] = (),
) -> Fact:
    """What a client learned by talking to a host."""
    outcome = exchange.outcome.value
    if exchange.is_denied_by_proxy and exchange.outcome is Outcome.OK:
        outcome = "denied"
    return fact(
        "probe",
        witnesses=witnesses,
        cluster=context.cluster.context,
        from_=client_name(context),
        to=destination_name(context.session.world, exchange.course, host),
        port=port,
        protocol=protocol,
        outcome=outcome,
        code=exchange.answer.status if exchange.answer is not None else None,
        method=method,
        path=path,
    )
