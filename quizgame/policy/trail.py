"""Why policy decides as it does: what each rule says of a flow, and what won.

The trail is worked out clause by clause from the rules, apart from the map state that verdicts are looked up in; its
fold must equal the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from quizgame.policy.compiled import CompiledClause, CompiledRule, NamedPorts, resolve_ports
from quizgame.policy.decision import Decision, PolicyVerdict
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.l7 import Request, l7_allows
from quizgame.policy.map_state import Posture
from quizgame.policy.model import Direction, EnforcementMode, L7Kind, PolicyKey, PortMatch, Protocol, proxy_priority
from quizgame.policy.ports import prefix_length

if TYPE_CHECKING:
    from quizgame.policy.repository import Repository


_Names = Mapping[str, Sequence[tuple[int, Protocol]]]


class Stance(Enum):
    """What a clause, or a whole rule, says of a flow."""

    NOT_APPLICABLE = "not applicable"
    ALLOWS = "allows"
    DENIES = "denies"
    DOES_NOT_ALLOW = "does not allow"
    """Of a rule: it closes the endpoint and opens nothing for this flow."""


@dataclass(frozen=True, slots=True)
class ClauseSaying:
    """What one clause says."""

    path: str
    """In the manifest, e.g. ``spec.ingress[0].toPorts[1]``."""
    stance: Stance
    reason: str
    via: L7Kind | None = None
    """The proxy that it redirects to, where it allows by way of one."""
    lets_request: bool | None = None
    """Whether it lets the request through, where one was asked about and a proxy looks at it."""
    breadth: tuple[int, int, bool] = (0, -2, False)
    """Precedence of its proxy, port bits that it matched by, and whether it names the peer; the greatest of equal
    weight wins."""

    @property
    def weight(self) -> int:
        """3 for a deny, 2 for a redirect, 1 for a plain allow, else 0."""
        if self.stance is Stance.DENIES:
            return 3
        return 0 if self.stance is not Stance.ALLOWS else 2 if self.via is not None else 1


@dataclass(frozen=True, slots=True)
class RuleSaying:
    """What one rule that selects the endpoint says."""

    policy: PolicyKey
    path: str
    """``spec`` or ``specs[N]``."""
    closes: bool
    """Whether it puts the endpoint in default deny in this direction."""
    clauses: tuple[ClauseSaying, ...]

    @property
    def stance(self) -> Stance:
        """The rule as a whole."""
        stances = {clause.stance for clause in self.clauses}
        if Stance.DENIES in stances:
            return Stance.DENIES
        if Stance.ALLOWS in stances:
            return Stance.ALLOWS
        return Stance.DOES_NOT_ALLOW if self.closes else Stance.NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Winner:
    """The clause that decided."""

    policy: PolicyKey
    path: str


@dataclass(frozen=True, slots=True)
class Trail:
    """The reasons of one decision."""

    direction: Direction
    identity: int
    peer: int
    port: int
    protocol: int
    rules: tuple[RuleSaying, ...]
    """Of the rules that select the endpoint and have a say in this direction."""
    silent: tuple[PolicyKey, ...]
    """The policies that do not select the endpoint, or have no say in this direction."""
    exemption: str
    """Why no policy applies at all; empty where policies do."""
    posture: Posture
    host_enters: bool
    """Whether the peer is the node itself, which gets in unless a rule denies it."""
    decision: Decision
    """As looked up in the map state."""

    def fold(self) -> PolicyVerdict:
        """Return the verdict that the sayings add up to."""
        sayings = self._sayings()
        if any(saying.stance is Stance.DENIES for saying in sayings):
            return self._refusal()
        allowing = [saying for saying in sayings if saying.stance is Stance.ALLOWS]
        if any(saying.via is not None for saying in allowing):
            return PolicyVerdict.REDIRECTED
        if allowing or self.exemption or not self.posture.enforced or self.host_enters:
            return PolicyVerdict.ALLOWED
        return self._refusal()

    def fold_request(self) -> bool | None:
        """Return whether the proxy lets the request through; ``None`` where none looks at it."""
        if self.fold() is not PolicyVerdict.REDIRECTED:
            return None
        answers = [saying.lets_request for saying in self._sayings() if saying.lets_request is not None]
        return any(answers) if answers else None

    @property
    def winner(self) -> Winner | None:
        """The clause that decided; ``None`` where no clause did."""
        found = [(rule, saying) for rule in self.rules for saying in rule.clauses if saying.weight]
        if not found:
            return None
        rule, saying = max(found, key=lambda pair: (pair[1].weight, pair[1].breadth))
        return Winner(rule.policy, saying.path)

    @property
    def why(self) -> str:
        """What decided, in one sentence."""
        winner = self.winner
        if self.exemption:
            return self.exemption
        if winner is not None:
            return _WHY[self.fold()].format(policy=winner.policy, path=winner.path)
        if not self.posture.enforced:
            return f"no policy puts the endpoint in default deny at {self.direction.value}"
        if self.host_enters:
            return "the node itself may enter its pods unless a rule denies it"
        if any(rule.closes for rule in self.rules):
            return f"default deny: no rule allows it, and {_names(self.rules)} put the endpoint in default deny"
        return "default deny: no rule allows it, and the endpoint is closed whether or not a policy selects it"

    def _sayings(self) -> list[ClauseSaying]:
        return [saying for rule in self.rules for saying in rule.clauses]

    def _refusal(self) -> PolicyVerdict:
        return PolicyVerdict.AUDITED if self.posture.audit else PolicyVerdict.DENIED


_WHY: Final = {
    PolicyVerdict.DENIED: "{policy} denies it ({path}); deny beats every allow",
    PolicyVerdict.AUDITED: "{policy} denies it ({path}); deny beats every allow, but the agent only audits",
    PolicyVerdict.REDIRECTED: "{policy} allows it by way of the proxy ({path})",
    PolicyVerdict.ALLOWED: "{policy} allows it ({path})",
}


def _names(rules: Iterable[RuleSaying]) -> str:
    return ", ".join(dict.fromkeys(str(rule.policy) for rule in rules if rule.closes))


def explain(
    repository: Repository,
    identity: int,
    direction: Direction,
    peer: int,
    port: int,
    protocol: int,
    *,
    request: Request | None = None,
    named_ports: NamedPorts | None = None,
) -> Trail:
    """Say what every rule says of a flow at one endpoint; see `Repository.endpoint_policy` for the arguments."""
    policy = repository.endpoint_policy(identity, named_ports)
    exempt = repository.is_exempt(identity)
    selecting = () if exempt else repository.selecting_rules(identity)
    concerned = [compiled for compiled in selecting if compiled.rule.concerns(direction)]
    posture = policy.state(direction).posture
    host_enters = direction is Direction.INGRESS and peer == ReservedIdentity.HOST and posture.allows_local_host
    decision = policy.lookup(direction, peer, port, protocol)
    speaker = _Speaker(repository, direction, peer, port, protocol, posture, host_enters, request, decision)
    names = repository.port_names(direction, named_ports or {})
    rules = tuple(speaker.rule_saying(compiled, names) for compiled in concerned)
    heard = {saying.policy for saying in rules}
    return Trail(
        direction=direction,
        identity=identity,
        peer=peer,
        port=port,
        protocol=protocol,
        rules=rules,
        silent=tuple(key for key in repository.policies if key not in heard),
        exemption=_exemption(repository) if exempt else "",
        posture=posture,
        host_enters=host_enters,
        decision=decision,
    )


def _exemption(repository: Repository) -> str:
    if repository.settings.mode is EnforcementMode.NEVER:
        return "the enforcement mode is never: policies are there and nothing is enforced"
    return "the host firewall is off: no policy applies to nodes"


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Works out what clauses say of one flow."""

    repository: Repository
    direction: Direction
    peer: int
    port: int
    protocol: int
    posture: Posture
    host_enters: bool
    request: Request | None
    decision: Decision

    def rule_saying(self, compiled: CompiledRule, names: _Names) -> RuleSaying:
        clauses = tuple(
            self._saying(clause, names) for clause in compiled.clauses if clause.clause.direction is self.direction
        )
        rule = compiled.rule
        return RuleSaying(rule.policy, rule.path, rule.default_deny(self.direction), clauses)

    def _saying(self, compiled: CompiledClause, names: _Names) -> ClauseSaying:
        clause = compiled.clause

        def out(reason: str) -> ClauseSaying:
            return ClauseSaying(clause.path, Stance.NOT_APPLICABLE, reason)

        if not compiled.selectors:
            return out("it selects no peer")
        if not compiled.ports:
            return out("it names no port" if clause.peers is not None else "it names neither peer nor port")
        slot = self.repository.identities.slots.get(self.peer, 0)
        if not self.repository.clause_peers(compiled) >> slot & 1:
            return out("it is about other peers")
        ports = resolve_ports(compiled.ports, names)
        matching = [port for port in ports if port.covers(self.protocol, self.port)]
        if not matching:
            return out("it is about other ports" if ports else "its port name stands for no number here")
        via = clause.l7.kind if clause.l7 is not None and self.posture.proxy else None
        precedence = -proxy_priority(clause.l7) if clause.l7 is not None and via is not None else 0
        breadth = precedence, max(self._bits(port) for port in matching), not compiled.is_wildcard
        if clause.is_deny:
            return ClauseSaying(clause.path, Stance.DENIES, "peer and port match", breadth=breadth)
        lets = self._lets_request(compiled, matching, via)
        reason = "peer and port match"
        if via is not None and lets is not None:
            reason += ", and so does the request" if lets else ", the request does not"
        return ClauseSaying(clause.path, Stance.ALLOWS, reason, via, lets, breadth)

    def _bits(self, port: PortMatch) -> int:
        return prefix_length(port, self.port) if port.protocol else -1

    def _lets_request(self, compiled: CompiledClause, matching: list[PortMatch], via: L7Kind | None) -> bool | None:
        """Return whether a clause that allows the packet also lets the request through."""
        l7 = self.decision.l7
        if l7 is None or self.request is None or l7.decide(self.request) is None:
            return None
        if via is None:
            return l7.kind is not L7Kind.DNS or any(port.first == port.last for port in matching)
        rules = compiled.clause.l7
        if rules is None or rules.kind is not l7.kind:
            return False
        if not self.posture.enforced or (l7.kind is not L7Kind.DNS and self.host_enters and compiled.spares_host):
            return True
        return l7_allows(rules, self.request)
