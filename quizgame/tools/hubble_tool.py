"""The fake ``hubble``: the real command over the Relay of the current context."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from quizgame.cluster.world import Cluster
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.command.run import run_hubble
from quizgame.hubble.flow import Endpoint, Flow
from quizgame.hubble.following import Watch
from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.serving import relay_of, relay_pod_node
from quizgame.hubble.sink import PrintedLine, RecordingSink
from quizgame.hubble.source import FlowSource, unreachable
from quizgame.tools.facts import Fact, fact
from quizgame.tools.folder import FileProblem, is_folder, make_folder, read_file, write_file
from quizgame.tools.following import Following
from quizgame.tools.hubble_completing import proposals
from quizgame.tools.naming import peer_name
from quizgame.tools.output import Line, Result, lines, render
from quizgame.tools.session import Session

COMMAND_S = 1.0
"""Simulated seconds that a call takes."""
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_HOME = "/root"
_VARIABLES = ("HUBBLE_", "NO_COLOR", "XDG_CONFIG_HOME")
"""Variables that the command looks at."""


@dataclass(frozen=True, slots=True)
class HubbleTool:
    """``hubble`` on the workstation (a ``Tool``)."""

    name: str = "hubble"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Run ``hubble``; a server address reaches the current context's Relay without a port-forward."""
        session.world.advance(COMMAND_S)
        world, cluster = session.world, session.world.cluster

        def connect(address: str, watch: Watch) -> FlowSource:
            host, _, port = address.rpartition(":")
            if host not in _LOCAL_HOSTS:
                raise unreachable(host, port)
            return relay_of(world, world.cluster, address, watch)

        return run_with(argv, session, cluster, stdin, connect)

    def complete(self, argv: Sequence[str], session: Session) -> Iterable[str]:
        """Words that could stand in place of the last one (a ``CompletingTool``)."""
        return proposals(argv[1:], session, session.world.cluster)


def run_with(
    argv: Sequence[str],
    session: Session,
    cluster: Cluster,
    stdin: Sequence[Line],
    connect: Callable[[str, Watch], FlowSource],
    *,
    has_kubeconfig: bool = True,
) -> Result:
    """Run ``hubble`` against some server, with facts on each printed flow.

    Args:
        argv: ``argv[0]`` is the name typed.
        session: The shell.
        cluster: Whose flows they are, for the facts.
        stdin: What is piped in.
        connect: Gives the server at an address to whom it is handed, who may follow.
        has_kubeconfig: Whether ``--port-forward`` finds a cluster.
    """
    screen = _Screen(session, cluster)
    environment = HubbleEnvironment(
        now_ns=lambda: session.world.clock.now_ns,
        connect=lambda address: connect(address, screen),
        is_terminal=session.is_screen,
        open_file=lambda path: _open(session, path),
        forward=(lambda context, namespace: _forward(session, context, namespace, screen)) if has_kubeconfig else None,
        write_file=lambda path, text: _write(session, path, text),
        stdin=BytesIO(render(stdin).encode()),
        default_field_mask=(),
        environ={
            "HOME": session.variables.get("HOME", _HOME),
            **{name: value for name, value in session.variables.items() if name.startswith(_VARIABLES)},
        },
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


def _write(session: Session, path: str, text: str) -> None:
    try:
        parts = path.split("/")[:-1]
        for end in range(1, len(parts) + 1):
            place = "/".join(parts[:end]) or "/"
            if not is_folder(session, place):
                make_folder(session, place)
        write_file(session, path, lines(text))
    except FileProblem as problem:
        raise OSError(2, problem.message, path) from None


def _forward(session: Session, context: str, namespace: str, watch: Watch) -> FlowSource:
    """Relay of a context through a forwarded port. Source: cilium/cilium v1.19 hubble/cmd/common/conn/conn.go."""
    world = session.world
    if context and context not in world.clusters:
        raise CommandFailure(f'failed to create k8s port forwader: context "{context}" does not exist')
    cluster = world.clusters[context] if context else world.cluster
    if cluster.api.find("services", "hubble-relay", namespace) is None:
        reason = 'services "hubble-relay" not found'
        raise CommandFailure(f'failed to port forward: failed to get service "hubble-relay": {reason}')
    if not relay_pod_node(cluster):
        reason = "no pods found for service: hubble-relay"
        raise CommandFailure(f'failed to port forward: failed to get service "hubble-relay": {reason}')
    return relay_of(world, cluster, "127.0.0.1:4245", watch)


HUBBLE = HubbleTool()
