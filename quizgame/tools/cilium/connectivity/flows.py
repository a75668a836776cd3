"""Looking at Hubble's flows of an action: are those there that should be, and none that should not.

Source: cilium/cilium cilium-cli/connectivity/check/action.go: GetEgressRequirements, GetIngressRequirements,
matchFlowRequirements, printFlows. With monitor aggregation, what it may hide is not looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Protocol

from quizgame.addresses import is_ipv4
from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.monitor import Direction, EventType, MonitorEvent, Verdict
from quizgame.cluster.fabric import agents_of
from quizgame.hubble.making import record_of
from quizgame.hubble.printers.kinds import flow_type
from quizgame.hubble.printers.names import host_names
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.serving import build_version
from quizgame.hubble.timestamps import time_formatter
from quizgame.tools.cilium.call import Call
from quizgame.tools.cilium.connectivity.actions import Action, Probe
from quizgame.tools.cilium.connectivity.expectations import Expectation, Outcome
from quizgame.tools.cilium.connectivity.site import Site
from quizgame.tools.facts import Fact

DNS_PORT = 53
_time_of = attrgetter("time_ns")
Filter = Callable[[MonitorEvent], bool]
Mark = Mapping[str, int]
"""Place of an agent → how many events its ring had seen."""


class Say(Protocol):
    """Prints lines of a test's log."""

    def __call__(self, text: str, facts: tuple[Fact, ...] = ()) -> None:
        """Print them."""
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class Requirement:
    """A flow that is looked for."""

    name: str
    """As the log calls it: ``SYN``."""
    fits: Filter
    is_hidden: bool = False
    """Whether monitor aggregation may hide it."""


@dataclass(frozen=True, slots=True)
class RequirementSet:
    """Flows that together show one connection."""

    first: Requirement
    middle: tuple[Requirement, ...] = ()
    last: Requirement | None = None
    never: tuple[Requirement, ...] = ()
    """What must not be there."""


@dataclass(slots=True)
class Match:
    """What was found."""

    first: int = -1
    last: int = -1
    failures: int = 0
    matched: dict[int, bool] = field(default_factory=dict)
    """Index of a flow → whether it was wanted."""

    def merge(self, other: Match) -> None:
        """Add what another set of requirements found."""
        if self.first < 0 or 0 <= other.first < self.first:
            self.first = other.first
        self.last = max(self.last, other.last, other.first)
        self.failures += other.failures
        self.matched |= other.matched


# ---------------------------------------------------------------- filters


def _between(source: str, destination: str) -> Filter:
    """Packets between two addresses; an empty one fits all."""

    def fits(event: MonitorEvent) -> bool:
        return source in ("", event.source.ip) and destination in ("", event.destination.ip)

    return fits


def _transport(protocol: str, source_ports: tuple[int, ...], destination_ports: tuple[int, ...]) -> Filter:
    def fits(event: MonitorEvent) -> bool:
        return (
            event.protocol == protocol
            and (not source_ports or event.source_port in source_ports)
            and (not destination_ports or event.destination_port in destination_ports)
        )

    return fits


def _all(*filters: Filter) -> Filter:
    return lambda event: all(fits(event) for fits in filters)


def _any(*filters: Filter) -> Filter:
    return lambda event: any(fits(event) for fits in filters)


def _flags(*wanted: str) -> Filter:
    return lambda event: set(event.flags) == set(wanted)


def _flag(wanted: str) -> Filter:
    return lambda event: wanted in event.flags


def _icmp(kind: int) -> Filter:
    return lambda event: event.icmp is not None and event.icmp[0] == kind


def _dropped(event: MonitorEvent) -> bool:
    return event.verdict is Verdict.DROPPED and event.type is not EventType.L7


def _dropped_as(outcome: Outcome, direction: Direction) -> Filter:
    """A drop, where that is asked for of this end and for certain reasons."""
    if not outcome.is_at_this_end:
        return _dropped

    def fits(event: MonitorEvent) -> bool:
        return _dropped(event) and event.direction is direction and event.drop_reason in outcome.reasons

    return fits


def _refused_by_proxy(event: MonitorEvent) -> bool:
    return event.type is EventType.L7 and event.verdict is Verdict.DROPPED


def _http(method: str) -> Filter:
    return lambda event: event.l7 is not None and event.l7.http is not None and event.l7.http.method == method


# ---------------------------------------------------------------- requirements


@dataclass(frozen=True, slots=True)
class _Ends:
    """The packets of an action's connection."""

    request: Filter
    response: Filter

    @property
    def either(self) -> Filter:
        return _any(self.request, self.response)


def _ends(probe: Probe) -> _Ends:
    source, peer = probe.source.ip, probe.peer
    target = peer.address if is_ipv4(peer.address) else ""
    there, back = _between(source, target), _between(target, source)
    if probe.is_ping:
        return _Ends(_all(there, _icmp(8)), _all(back, _icmp(0)))
    ports = (peer.port, *probe.watch.ports)
    return _Ends(_all(there, _transport("TCP", (), ports)), _all(back, _transport("TCP", ports, ())))


def _of_ping(ends: _Ends, outcome: Outcome, drop: Filter, *, tolerates_drop: bool) -> RequirementSet:
    request = Requirement("ICMP request", ends.request)
    response = Requirement("ICMP response", ends.response)
    if outcome.is_drop:
        return RequirementSet(request, last=Requirement("Drop", _all(ends.request, drop)), never=(response,))
    last = Requirement("ICMP response", ends.response, is_hidden=True)
    if tolerates_drop:
        return RequirementSet(request, last=last)
    return RequirementSet(request, last=last, never=(Requirement("Drop", _all(ends.either, _dropped)),))


def _of_tcp_drop(ends: _Ends, drop: Filter) -> RequirementSet:
    return RequirementSet(
        Requirement("SYN", _all(ends.request, _flags("SYN"))),
        last=Requirement("Drop", _all(ends.request, drop)),
        never=(
            Requirement("SYN-ACK", _all(ends.response, _flags("SYN", "ACK"))),
            Requirement("FIN", _all(ends.either, _flag("FIN"))),
        ),
    )


def _of_tcp(ends: _Ends, *, may_reset: bool, is_seen_whole: bool) -> RequirementSet:
    last = Requirement("FIN", _all(ends.either, _flag("FIN")))
    never = [Requirement("L3/L4 Drop", _all(ends.either, _dropped))]
    if may_reset:
        last = Requirement("FIN or RST", _all(ends.either, _any(_flag("FIN"), _flag("RST"))), is_hidden=True)
    else:
        never.append(Requirement("RST", _all(ends.either, _flag("RST"))))
    answer = Requirement("SYN-ACK", _all(ends.response, _flags("SYN", "ACK")), is_hidden=not is_seen_whole)
    return RequirementSet(Requirement("SYN", _all(ends.request, _flags("SYN"))), (answer,), last, tuple(never))


def _of_names(probe: Probe) -> RequirementSet:
    source = probe.source.ip
    ports = (DNS_PORT,)
    asked = _all(_between(source, ""), _any(_transport("UDP", (), ports), _transport("TCP", (), ports)))
    answered = _all(_between("", source), _any(_transport("UDP", ports, ()), _transport("TCP", ports, ())))
    return RequirementSet(Requirement("DNS request", asked), last=Requirement("DNS response", answered))


def egress_requirements(probe: Probe, expected: Expectation) -> list[RequirementSet]:
    """What is to be seen at the client."""
    outcome, ends = expected.egress, _ends(probe)
    drop = _dropped_as(outcome, Direction.EGRESS)
    if probe.is_ping:
        return [_of_ping(ends, outcome, drop, tolerates_drop=expected.ingress.is_drop)]
    found = [_of_names(probe)] if probe.watch.has_names or outcome.has_dns else []
    if outcome.is_drop and not outcome.is_l7:
        return [*found, _of_tcp_drop(ends, drop)]
    whole = _of_tcp(ends, may_reset=probe.watch.may_reset, is_seen_whole=False)
    found.append(whole)
    if outcome.is_drop:
        last = Requirement("L7 Drop", _all(ends.request, _refused_by_proxy))
        found.append(RequirementSet(whole.first, whole.middle, last, whole.never))
    elif outcome.method:
        last = Requirement("HTTP", _all(ends.request, _http(outcome.method)))
        found.append(RequirementSet(whole.first, whole.middle, last, whole.never))
    return found


def ingress_requirements(probe: Probe, expected: Expectation) -> list[RequirementSet]:
    """What is to be seen at the server."""
    outcome, ends = expected.ingress, _ends(probe)
    if outcome.is_silent or not probe.watch.has_server:
        return []
    drop = _dropped_as(outcome, Direction.INGRESS)
    if probe.is_ping:
        return [_of_ping(ends, outcome, drop, tolerates_drop=False)]
    return [_of_tcp_drop(ends, drop) if outcome.is_drop else _of_tcp(ends, may_reset=False, is_seen_whole=True)]


# ---------------------------------------------------------------- matching


def match(flows: list[MonitorEvent], wanted: RequirementSet, *, is_aggregated: bool, log: list[str]) -> Match:
    """Look for flows that meet the requirements, beginning anew behind each candidate for the first.

    Args:
        flows: By time.
        wanted: The requirements.
        is_aggregated: Whether the monitor hides some.
        log: Gets a line for each requirement.
    """
    offset, best = 0, Match(failures=1)
    while True:
        found = Match()
        index = _look(flows, offset, wanted.first, found, log)
        if index < 0:
            return found if offset == 0 else best
        found.first = index
        needed = (*wanted.middle, *((wanted.last,) if wanted.last is not None else ()))
        for requirement in needed:
            if not (requirement.is_hidden and is_aggregated):
                _look(flows, offset, requirement, found, log)
        for requirement in wanted.never:
            _look(flows, offset, requirement, found, log, is_wanted=False)
        if not found.failures:
            return found
        best, offset = found, found.first + 1


def _look(
    flows: list[MonitorEvent], offset: int, requirement: Requirement, found: Match, log: list[str],
    *, is_wanted: bool = True,
) -> int:  # fmt: skip
    index = next((at for at in range(offset, len(flows)) if requirement.fits(flows[at])), -1)
    place = "not found" if index < 0 else f"found at {index}"
    if index >= 0:
        found.matched[index] = is_wanted
        found.last = max(found.last, index)
    if (index >= 0) is is_wanted:
        log.append(f"✅ {requirement.name} {place}")
    else:
        log.append(f"ℹ️  {requirement.name} {place}")
        found.failures += 1
    return index


class Telescope:
    """Watches the flows of actions.

    Args:
        call: The running command.
        site: Where it runs.
    """

    def __init__(self, call: Call, site: Site) -> None:
        self._site = site
        self._validates = site.options.validation != "disabled"
        self._prints = call.flags.is_on("print-flows")
        self._prints_all = call.flags.is_on("all-flows")
        self._is_aggregated = any(
            cluster.config.get("monitor-aggregation", "medium") != "none" for cluster in site.clusters()
        )
        self._names = host_names(PrintOptions())
        self._stamp = time_formatter("StampMilli")

    def mark(self) -> Mark:
        """Where the rings of all agents are now."""
        return {agent.place: agent.ring.seen for agent in self._agents()}

    def _agents(self) -> Iterator[Agent]:
        return chain.from_iterable(agents_of(cluster) for cluster in self._site.clusters())

    def _flows(self, probe: Probe, mark: Mark) -> list[MonitorEvent]:
        """Flows from and to the client since the mark."""
        ip, found = probe.source.ip, []
        for agent in self._agents():
            new = agent.ring.seen - mark.get(agent.place, 0)
            events = agent.ring.events[-new:] if new > 0 else ()
            found += [event for event in events if ip in (event.source.ip, event.destination.ip)]
        found.sort(key=_time_of)
        return found

    def look(self, action: Action, expected: Expectation, mark: Mark, failure: str, say: Say) -> str:
        """Look at the flows of an action that is over.

        Args:
            action: The action.
            expected: What it should have come to.
            mark: Where the rings were before it.
            failure: Why it failed; empty: it did not.
            say: Prints lines of the test's log.

        Returns:
            Why it fails now, though the command did what it should; empty where it does not.
        """
        if not isinstance(action, Probe):
            return ""
        say("📄 Following flows...")
        flows, results, problem = self._flows(action, mark), {}, ""
        ends = (
            (action.source.name, egress_requirements(action, expected)),
            (action.peer.name, ingress_requirements(action, expected)),
        )
        for peer, wanted in ends:
            if self._validates and action.watch.is_watched and wanted:
                results[peer] = self._validate(peer, wanted, flows, say)
                if results[peer].failures or results[peer].first < 0:
                    problem = problem or _complaint(peer, results[peer])
        if self._prints or failure or problem:
            for peer, _ in ends:
                self._print(action, peer, flows, results.get(peer, Match()), say)
        return problem

    def _validate(self, peer: str, wanted: list[RequirementSet], flows: list[MonitorEvent], say: Say) -> Match:
        say(f"📄 Validating flows for peer {peer}")
        whole = Match()
        log: list[str] = []
        for each in wanted:
            log.clear()
            whole.merge(match(flows, each, is_aggregated=self._is_aggregated, log=log))
            say("\n".join(log))
        if whole.failures or whole.first < 0:
            say(f"❌ {_complaint(peer, whole)}")
        else:
            say(f"✅ Flow validation successful for peer {peer} {_places(whole)}")
        return whole

    def _print(self, probe: Probe, peer: str, flows: list[MonitorEvent], found: Match, say: Say) -> None:
        if not flows:
            say(f"📄 No flows recorded for peer {peer} during action {probe.name}")
            return
        version = build_version(self._site.cluster)
        lines = [f"📄 Flow logs for peer {peer}:"]
        for index, event in enumerate(flows):
            is_outside = (found.first > 0 and index < found.first) or (0 < found.last < index)
            if is_outside and not self._prints_all:
                continue
            flow = record_of(event, version).flow
            if flow is None:
                continue
            sign = {None: "❓", True: "✅", False: "❌"}[found.matched.get(index)]
            source, destination = self._names(flow)
            lines.append(
                f"{sign} [{index}] {self._stamp(flow.time)}: {source} -> {destination} {flow_type(flow)} "
                f"{flow.verdict} {flow.traffic_direction} {flow.drop_reason_desc} ({flow.summary})"
            )
        say("\n".join([*lines, ""]))


def _places(found: Match) -> str:
    return f"(first: {found.first}, last: {found.last}, matched: {len(found.matched)})"


def _complaint(peer: str, found: Match) -> str:
    return f"Flow validation failed for peer {peer}: {found.failures} failures {_places(found)}"
