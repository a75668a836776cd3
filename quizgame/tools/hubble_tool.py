"""The fake ``hubble``: the real command over the Relay of the current context."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from quizgame.cluster.world import Cluster
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.run import run_hubble
from quizgame.hubble.flow import Endpoint, Flow
from quizgame.hubble.following import Watch
from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.serving import relay_of
from quizgame.hubble.sink import PrintedLine, RecordingSink
from quizgame.hubble.source import FlowSource
from quizgame.tools.facts import Fact, fact
from quizgame.tools.folder import FileProblem, read_file
from quizgame.tools.following import Following
from quizgame.tools.hubble_completing import proposals
from quizgame.tools.naming import peer_name
from quizgame.tools.output import Line, Result, render
from quizgame.tools.session import Session

COMMAND_S = 1.0
"""Simulated seconds that a call takes."""


@dataclass(frozen=True, slots=True)
class HubbleTool:
    """``hubble`` on the workstation (a ``Tool``)."""

    name: str = "hubble"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Run ``hubble``; a server address reaches the current context's Relay without a port-forward."""
        session.world.advance(COMMAND_S)
        world, cluster = session.world, session.world.cluster
        return run_with(
            argv, session, cluster, stdin, lambda address, watch: relay_of(world, world.cluster, address, watch)
        )

    def complete(self, argv: Sequence[str], session: Session) -> Iterable[str]:
        """Words that could stand in place of the last one (a ``CompletingTool``)."""
        return proposals(argv[1:], session, session.world.cluster)


def run_with(
    argv: Sequence[str],
    session: Session,
    cluster: Cluster,
    stdin: Sequence[Line],
    connect: Callable[[str, Watch], FlowSource],
) -> Result:
    """Run ``hubble`` against some server, with facts on each printed flow.

    Args:
        argv: ``argv[0]`` is the name typed.
        session: The shell.
        cluster: Whose flows they are, for the facts.
        stdin: What is piped in.
        connect: Gives the server at an address to whom it is handed, who may follow.
    """
    screen = _Screen(session, cluster)
    environment = HubbleEnvironment(
        now_ns=lambda: session.world.clock.now_ns,
        connect=lambda address: connect(address, screen),
        is_terminal=session.is_screen,
        open_file=lambda path: _open(session, path),
        stdin=BytesIO(render(stdin).encode()),
        default_field_mask=(),
        environ={name: value for name, value in session.variables.items() if name.startswith(("HUBBLE_", "NO_COLOR"))},
    )
    status = run_hubble(list(argv[1:]), environment, screen.sink)
    return screen.result(status)


@dataclass(slots=True)
class _Screen:
    """What has been printed, and how long a followed stream goes on."""

    session: Session
    cluster: Cluster
    sink: RecordingSink = field(default_factory=RecordingSink)
    following: Following = field(init=False)
    _facts: dict[int, tuple[Fact, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.following = Following(self.session, [])

    @property
    def since_ns(self) -> int:
        """Since when what happens is news (``Watch``)."""
        return self.following.since_ns

    def wait(self) -> bool:
        """Show what is there, and let time pass; ``False`` once the learner interrupts or the span is over."""
        if self.session.stream is not None:
            self.following.show([self._line(printed) for printed in self._take()])
        return self.following.wait()

    def result(self, status: int) -> Result:
        """What has not been shown yet."""
        result = Result(exit=status)
        for printed in self._take():
            (result.stderr if printed.to_stderr else result.stdout).append(self._line(printed))
        return result

    def _take(self) -> list[PrintedLine]:
        taken, self.sink.lines = self.sink.lines, []
        return taken

    def _line(self, printed: PrintedLine) -> Line:
        response = printed.response
        if response is None or response.flow is None:
            return Line(printed.text)
        known = self._facts.get(id(response))
        if known is None:
            known = self._facts[id(response)] = (flow_fact(self.session, self.cluster, response),)
        return Line(printed.text, known)


def flow_fact(session: Session, cluster: Cluster, response: GetFlowsResponse) -> Fact:
    """What a reader learns from a printed flow; replies are told from the client's side, as compact prints them."""
    flow = response.flow or Flow()
    source, destination = flow.source or Endpoint(), flow.destination or Endpoint()
    ip = flow.ip
    source_ip, destination_ip = (ip.source, ip.destination) if ip is not None else ("", "")
    port, protocol = _port(flow)
    if flow.is_reply:
        source, destination = destination, source
        source_ip, destination_ip = destination_ip, source_ip
    http = flow.l7.http if flow.l7 is not None else None
    dns = flow.l7.dns if flow.l7 is not None else None
    names = [*flow.destination_names, *flow.source_names]
    to = peer_name(
        session.world, destination.namespace, destination.pod_name, destination.identity, destination_ip,
        destination.cluster_name,
    )  # fmt: skip
    if not destination.pod_name and flow.destination_service is not None:
        to = f"{flow.destination_service.namespace}/{flow.destination_service.name}"
    elif not destination.pod_name and names:
        to = names[0]
    witnesses = tuple(each for each in (destination.pod_name or destination_ip, str(flow.verdict)) if each)
    return fact(
        "flow",
        witnesses=witnesses,
        cluster=cluster.context,
        node=flow.node_name.rpartition("/")[2],
        from_=peer_name(
            session.world, source.namespace, source.pod_name, source.identity, source_ip, source.cluster_name
        ),
        to=to,
        from_cluster=source.cluster_name or None,
        to_cluster=destination.cluster_name or None,
        port=port or None,
        protocol=protocol or None,
        verdict=str(flow.verdict),
        reason=str(flow.drop_reason_desc) if flow.drop_reason else None,
        direction=str(flow.traffic_direction),
        type=_type(flow),
        reply=str(bool(flow.is_reply)).lower(),
        http=f"{http.method} {_path(http.url)}" if http is not None else None,
        code=http.code if http is not None and http.code else None,
        dns=dns.query.rstrip(".") if dns is not None else None,
    )


_TYPES = {1: "drop", 4: "trace", 5: "policy-verdict", 7: "trace-sock", 129: "l7"}


def _type(flow: Flow) -> str:
    return _TYPES.get(flow.event_type.type if flow.event_type is not None else 0, "other")


def _path(url: str) -> str:
    rest = url.partition("://")[2] or url
    return "/" + rest.partition("/")[2]


def _port(flow: Flow) -> tuple[int, str]:
    l4 = flow.l4
    if l4 is None:
        return 0, ""
    for protocol, header in (("TCP", l4.tcp), ("UDP", l4.udp), ("SCTP", l4.sctp)):
        if header is not None:
            return (header.source_port if flow.is_reply else header.destination_port), protocol
    return 0, "ICMP" if l4.icmpv4 is not None or l4.icmpv6 is not None else ""


def _open(session: Session, path: str) -> BinaryIO:
    try:
        return BytesIO(render(read_file(session, path)).encode())
    except FileProblem as problem:
        raise OSError(2, problem.message, path) from None


HUBBLE = HubbleTool()
