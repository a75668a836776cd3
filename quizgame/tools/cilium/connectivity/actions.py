"""What a scenario does, one action at a time: a program run in a pod, or a look at a node.

Source: cilium/cilium cilium-cli/connectivity/check/action.go (what is printed, which statuses count).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from quizgame.tools.cilium.connectivity.expectations import Expectation
from quizgame.tools.cilium.connectivity.site import Member, Peer, Site
from quizgame.tools.facts import Fact
from quizgame.tools.output import Result, render
from quizgame.tools.pod import curl, ping
from quizgame.tools.pod.context import PodContext

WRITE_OUT = r"%{local_ip}:%{local_port} -> %{remote_ip}:%{remote_port} = %{response_code}\n"


@dataclass(frozen=True, slots=True)
class Watch:
    """What Hubble's flows of a program are looked at for."""

    is_watched: bool = True
    ports: tuple[int, ...] = ()
    """Ports that the server may be seen with, beside the peer's own."""
    has_names: bool = False
    """Whether a name has to be looked up."""
    may_reset: bool = False
    """Whether the connection may end with a reset."""
    has_server: bool = False
    """Whether the server's end is looked at as well."""


UNWATCHED = Watch(is_watched=False)
CLIENT_ONLY, BOTH_ENDS = Watch(), Watch(has_server=True)
TO_SERVICE, TO_OUTSIDE = Watch(has_names=True), Watch(has_names=True, may_reset=True)


@dataclass(slots=True)
class Performed:
    """What came of an action."""

    failure: str = ""
    """Why it failed; empty: it did not."""
    shown: str = ""
    """What the program printed, as the log of a failed test shows it."""
    warnings: list[str] = field(default_factory=list)
    """Lines that are printed whether it failed or not."""
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """A program run in a pod."""

    name: str
    """``curl-ipv4-0``."""
    source: Member
    peer: Peer
    argv: tuple[str, ...]
    watch: Watch = UNWATCHED
    then: Callable[[Site, Probe], str] | None = None
    """Looks at what else has to be true once the program has done what it should; returns what is not."""

    @property
    def text(self) -> str:
        """Name and peers, as the tool writes them."""
        peer = self.peer
        return f"{self.name}: {self.source.name} ({self.source.ip}) -> {peer.name} ({peer.address}:{peer.port})"

    @property
    def is_ping(self) -> bool:
        """Whether it sends an echo request."""
        return self.argv[0] == "ping"

    @property
    def command(self) -> str:
        """The command line as the tool writes it."""
        return " ".join(self.argv)

    def perform(self, site: Site, expected: Expectation) -> Performed:
        """Run it; the simulated clock moves by what it takes."""
        program = ping.run if self.is_ping else curl.run
        source = self.source
        result = program(self.argv, PodContext(site.session, source.cluster, source.pod, source.container), ())
        done = Performed(facts=result.exit_facts)
        if not expected.fits(result.exit):
            done.failure = self._complaint(result, expected)
            if result.exit == 0 or expected.exit == 0:
                done.shown = self._shown(result)
        elif self.then is not None:
            done.failure = self.then(site, self)
        return done

    def _complaint(self, result: Result, expected: Expectation) -> str:
        source = self.source
        ended = (
            f"command failed (pod={source.name}, container={source.container}): "
            f"command terminated with exit code {result.exit}"
        )
        if result.exit == 0:
            return f'command "{self.command}" succeeded while it should have failed: {render(result.stdout)}'
        if expected.exit == 0:
            return f'command "{self.command}" failed: {ended}'
        return (
            f'command "{self.command}" failed with unexpected exit code: {ended} '
            f"(expected {expected.exit}, found {result.exit})"
        )

    def _shown(self, result: Result) -> str:
        printed, complaint = render(result.stdout).strip(), render(result.stderr).strip()
        return f"ℹ️  {self.argv[0]} stdout:\n{printed}\nℹ️  {self.argv[0]} stderr:\n{complaint}\n"


@dataclass(frozen=True, slots=True)
class Check:
    """A look at something that is no connection of a pod's."""

    name: str
    look: Callable[[Site], Performed]

    @property
    def text(self) -> str:
        """As the tool writes it."""
        return self.name

    def perform(self, site: Site, expected: Expectation) -> Performed:
        """Look."""
        del expected
        return self.look(site)


Action = Probe | Check


@dataclass(frozen=True, slots=True)
class Scenario:
    """Actions under one name."""

    name: str
    actions: Callable[[Site], Iterator[Action]]
    feature: str = ""
    """The feature without which it is skipped."""
    is_external: bool = False
    """Whether it needs the targets outside."""


def curl_argv(site: Site, peer: Peer, extra: Sequence[str] = (), *, family: str = "-4") -> tuple[str, ...]:
    """The command line with which a pod asks a peer.

    Args:
        site: Where the run takes place.
        peer: Who is asked.
        extra: Further options.
        family: ``-4``, or nothing where the family is left open.
    """
    options = site.options
    limits = [f"--connect-timeout {options.connect_timeout_s:g}"] if options.connect_timeout_s else []
    limits += [f"--max-time {options.request_timeout_s:g}"] if options.request_timeout_s else []
    words = ["curl", "--silent", "--fail", "--show-error", *" ".join(limits).split()]
    words += [family] if family else []
    words += ["--insecure"] if options.is_insecure else []
    if peer.address.endswith("."):
        # Servers do not know their own names with a final dot.
        words += ["-H", f"Host: {peer.address.removesuffix('.')}"]
    return (*words, "-w", WRITE_OUT, "--output", "/dev/null", *extra, peer.url)


def ping_argv(ip: str, *extra: str) -> tuple[str, ...]:
    """The command line with which a pod sends an echo request."""
    return ("ping", "-c", "1", "-W", "2", "-w", "10", *extra, ip)
