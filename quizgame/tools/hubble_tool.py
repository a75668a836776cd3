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
from quizgame.hubble.following import Watch
from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.serving import relay_of, relay_pod_node
from quizgame.hubble.source import FlowSource, unreachable
from quizgame.tools.folder import FileProblem, is_folder, make_folder, read_file, write_file
from quizgame.tools.following import Following
from quizgame.tools.hubble_completing import proposals
from quizgame.tools.hubble_facts import FlowFacts
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
    screen.printed.exit = run_hubble(list(argv[1:]), environment, screen)
    return screen.printed


@dataclass(slots=True)
class _Screen:
    """Takes what is printed (a ``Sink``), and says how long a followed stream goes on (a ``Watch``)."""

    session: Session
    cluster: Cluster
    printed: Result = field(default_factory=Result)
    """What has been printed and not been shown yet."""
    following: Following = field(init=False)
    _facts: FlowFacts = field(init=False)
    _in_order: list[Line] = field(default_factory=list)
    """Both streams as they come, for a screen."""

    def __post_init__(self) -> None:
        self.following = Following(self.session, [])
        self._facts = FlowFacts(self.session.world, self.cluster)

    @property
    def wants_records(self) -> bool:
        """Every line is kept with what its record tells."""
        return True

    @property
    def since_ns(self) -> int:
        """Since when what happens is news."""
        return self.following.since_ns

    def out(self, text: str, response: GetFlowsResponse | None = None) -> None:
        """Keep lines of stdout."""
        self._keep(self.printed.stdout, text, response)

    def err(self, text: str, response: GetFlowsResponse | None = None) -> None:
        """Keep lines of stderr."""
        self._keep(self.printed.stderr, text, response)

    def flush(self) -> None:
        """Nothing is ever pending."""

    def wait(self) -> bool:
        """Show what is there, and let time pass; ``False`` once the learner interrupts or the span is over."""
        if self.session.stream is not None:
            self.following.show(self._in_order)
            self.printed, self._in_order = Result(), []
        elif self.session.write_out is not None:
            self.following.show(self.printed.stdout)
            self.printed = Result(stderr=self.printed.stderr)
        return self.following.wait()

    def _keep(self, stream: list[Line], text: str, response: GetFlowsResponse | None) -> None:
        flow = response.flow if response is not None else None
        facts = self._facts.of(flow) if flow is not None else ()
        fresh = [Line(part, facts) for part in text.removesuffix("\n").split("\n")]
        stream += fresh
        if self.session.stream is not None:
            self._in_order += fresh


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
