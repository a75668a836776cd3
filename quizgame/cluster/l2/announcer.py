"""What one agent's L2 announcer holds: the services it tries for, its terms as their leader, and the responder's map.

The announcer ends with the agent; the map outlives it, as pinned maps do, but the datapath goes by it only while the
agent gives signs of life. Source: cilium/cilium v1.19 pkg/datapath/l2responder; bpf option
L2_ANNOUNCEMENTS_MAX_LIVENESS, which is the lease's duration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quizgame.cluster.clock import rfc3339
from quizgame.cluster.conditions import Condition, set_conditions
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.l2.leases import NAMESPACE, Timings, lease_name
from quizgame.cluster.objects import condition_of, name_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.l2.policies import Key, Place

SWITCH = "enable-l2-announcements"
POLICIES = "ciliuml2announcementpolicies.cilium.io"
_WATCHED = (POLICIES, "services", "ciliumnodes.cilium.io")
_MAX_LOG = 200


@dataclass(frozen=True, slots=True)
class Term:
    """One node's time as the leader of a service."""

    acquired_ns: int
    renewed_ns: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """What the announcer has the agent log."""

    at_ns: int
    level: str
    message: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Announcer:
    """The state of one agent's announcer."""

    started_ns: int = -1
    """Start of the agent that it belongs to; -1: none has run with announcements on."""
    version: int = -1
    """The API server's version up to which policies, services and the node's labels are realized."""
    timings: Timings = field(default_factory=Timings)
    wanted: Mapping[Key, tuple[Place, ...]] = field(default_factory=dict)
    """The services that its policies select, with what it would announce for each."""
    joined_ns: Mapping[Key, int] = field(default_factory=dict)
    """Service → since when it has been trying for the lease."""
    terms: Mapping[Key, Term] = field(default_factory=dict)
    """The services that it leads."""
    entries: Mapping[Place, int] = field(default_factory=dict)
    """The responder's map: what the node answers for → since when, which is when it sent a gratuitous ARP."""
    ended_ns: int | None = None
    """When its agent ended; ``None`` while it runs."""
    due_ns: int | None = None
    """When the election of one of its services goes on by itself."""
    log: tuple[LogLine, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    """Policy → what was wrong with it when it was last read."""

    def fork(self) -> Announcer:
        """An independent copy; the mappings are replaced, never changed, so they are shared."""
        return replace(self)

    def note(self, at_ns: int, level: str, message: str, **details: str) -> None:
        """Log a line."""
        self.log = (*self.log, LogLine(at_ns, level, message, tuple(details.items())))[-_MAX_LOG:]

    def answers_since(self, ip: str, device: str, now_ns: int) -> int | None:
        """Since when the node has answered ARP for an address on a device; ``None`` where it does not."""
        if self.ended_ns is not None and now_ns >= self.ended_ns + self.timings.duration:
            return None
        return self.entries.get((ip, device))

    def first_try(self, agent: Agent, key: Key, after_ns: int) -> int:
        """When an agent next tries for a service's lease, not before an instant."""
        joined = self.joined_ns[key]
        period = self.timings.retry + keyed_int(
            agent.seed, "l2-retry", agent.context, agent.node, *key, below=self.timings.jitter + 1
        )
        tries = max(0, -(-(after_ns - joined) // period))
        return joined + tries * period

    def lead(self, key: Key, term: Term) -> None:
        """Begin or go on with a term."""
        self.terms = {**self.terms, key: term}

    def step_down(self, key: Key) -> None:
        """End a term."""
        self.terms = {each: term for each, term in self.terms.items() if each != key}

    def realize(self, now_ns: int) -> bool:
        """Bring the responder's map to what the terms ask for; return whether it changed."""
        places = sorted({place for key in self.terms for place in self.wanted.get(key, ())})
        if places == sorted(self.entries):
            return False
        self.entries = {place: self.entries.get(place, now_ns) for place in places}
        return True


def is_on(agent: Agent) -> bool:
    """Whether an agent takes part in announcing."""
    return agent.is_serving and agent.config.is_on(SWITCH)


def refresh(agent: Agent, devices: Iterable[str]) -> bool:
    """Take policies, services and labels as far as the agent can read them, and report on the policies.

    Returns:
        Whether anything has changed since the last time.
    """
    from quizgame.cluster.l2.policies import examine, selected  # late: the expressions' engine costs start-up

    announcer = agent.l2
    if not agent.is_connected or not _is_behind(agent):
        return False
    announcer.version = agent.cursor
    own = agent.nodes.get(f"{agent.config.cluster_name}/{agent.node}")
    labels = dict(own.labels) if own is not None else {}
    usable = list(devices)
    policies = []
    problems: dict[str, str] = {}
    for obj in agent.api.store.of(POLICIES):
        examination = examine(obj, labels, usable)
        _report(agent, obj, examination.findings)
        if examination.policy is not None:
            policies.append(examination.policy)
        problems |= {name_of(obj): _wrapped(kind, text) for kind, text in examination.findings.items() if text}
    for name, problem in problems.items():
        if announcer.problems.get(name) != problem:
            announcer.note(agent.now_ns, "warn", "Error processing policy event", error=problem)
    announcer.problems = problems
    announcer.wanted = selected(policies, agent.service_objects)
    before = announcer.joined_ns
    announcer.joined_ns = {key: before.get(key, agent.now_ns) for key in announcer.wanted}
    for key in announcer.joined_ns:
        if key not in before:
            lock = f"{NAMESPACE}/{lease_name(key)}"
            announcer.note(agent.now_ns, "info", "Attempting to acquire leader lease...", lock=lock, subsys="klog")
    return True


def _is_behind(agent: Agent) -> bool:
    announcer = agent.l2
    if announcer.version == agent.cursor:
        return False
    is_behind = announcer.version < 0 or agent.api.has_changed(announcer.version, _WATCHED)
    if not is_behind:
        announcer.version = agent.cursor
    return is_behind


def _report(agent: Agent, obj: Mapping[str, object], findings: Mapping[str, str]) -> None:
    """Write a policy's conditions: one for each mistake, and ``False`` once it is mended."""
    wanted = []
    for kind, problem in findings.items():
        present = condition_of(obj, kind)
        if problem or present is not None:
            wanted.append(Condition(kind, "True" if problem else "False", "error", problem))
    if not wanted:
        return
    present_status = obj.get("status")
    status: dict[str, object] = dict(present_status) if isinstance(present_status, Mapping) else {}
    changed = {**status, "conditions": set_conditions(obj, wanted, rfc3339(agent.now_ns))}
    if changed != status:
        agent.api.update_status(POLICIES, obj, changed)


def _wrapped(kind: str, problem: str) -> str:
    """A mistake in the words of the function that found it."""
    steps = {
        "io.cilium/bad-node-selector": "make node selector",
        "io.cilium/bad-interface-regex": "policy compile interface regex",
        "io.cilium/bad-service-selector": "make service selector",
    }
    return f"upsert policy: {steps[kind]}: {problem}"
