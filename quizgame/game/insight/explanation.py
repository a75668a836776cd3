"""Explains one flow: the steps of its course, and for each side the trail of its policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from quizgame.cluster.world import World
from quizgame.datapath.authentication import after_handshakes
from quizgame.datapath.course import Course, Side
from quizgame.datapath.exchange import Outcome, tcp
from quizgame.datapath.packet import SYN, Origin, Packet
from quizgame.datapath.servers import listener_of
from quizgame.datapath.takeover import takeover
from quizgame.datapath.trace import Disposition
from quizgame.datapath.walk import PROTOCOLS, decide
from quizgame.game.insight.places import find_destination, find_source
from quizgame.game.insight.question import Question
from quizgame.policy import l7
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.model import Direction, Protocol
from quizgame.policy.trail import RuleSaying, Stance, Trail

EPHEMERAL = 40_000
SILENT_SHOWN = 8


@dataclass(frozen=True, slots=True)
class SideTrail:
    """What policy says at one end."""

    side: Side
    direction: Direction
    trail: Trail


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a flow fares as it does."""

    question: Question
    source: str
    destination: str
    course: Course
    trails: tuple[SideTrail, ...]
    lets_request: bool | None
    """Whether the proxies let the request through; ``None`` where none was asked about or none looks."""
    is_answered: bool
    """Whether something listens there."""
    told: str = ""
    """What Envoy told the client, where the flow ends at Envoy as a gateway's, an Ingress's or an L7 service's."""


def explain_flow(world: World, question: Question) -> Explanation:
    """Work out why; the world is not changed.

    Raises:
        BadQuestion: an end of the flow is not there.
    """
    twin = world.fork()
    origin, source = find_source(twin, question.source)
    address, destination = find_destination(twin, origin, question.destination)
    packet = _first_packet(origin.ip, address, question)
    if question.protocol == "TCP" and takeover(twin, origin, packet) is not None:
        return _at_envoy(twin, question, origin, packet, (source, destination))
    course = decide(twin, origin, packet, admits=after_handshakes(twin))
    request = l7.HttpRequest(question.method, question.path, "", {}) if question.method is not None else None
    trails = tuple(_trails(course, request))
    answers = [each.side.l7.decide(request) for each in trails if each.side.l7 is not None and request is not None]
    known = [answer for answer in answers if answer is not None]
    is_delivered = course.disposition is Disposition.DELIVERED and not course.is_answer_lost
    is_answered = is_delivered and (packet.icmp is not None or listener_of(twin, course) is not None)
    return Explanation(question, source, destination, course, trails, all(known) if known else None, is_answered)


def _at_envoy(world: World, question: Question, origin: Origin, packet: Packet, names: tuple[str, str]) -> Explanation:
    """Play a flow that ends at a node's Envoy, and tell of both of its connections."""
    asked = l7.HttpRequest(question.method or "GET", question.path, packet.destination)
    exchange = tcp(world, origin, packet.destination, question.port, request=asked)
    course, onward = exchange.course, exchange.onward
    trails: tuple[SideTrail, ...] = ()
    if onward is not None:
        course.hops += onward.hops
        trails = tuple(_trails(onward, asked))
    answer = exchange.answer
    told = f"answered {answer.status} {answer.body.strip() if answer.is_local else ''}".strip() if answer else ""
    return Explanation(
        question, *names, course, trails, None, exchange.outcome is Outcome.OK, told or exchange.outcome.value
    )


def _first_packet(source: str, destination: str, question: Question) -> Packet:
    if question.protocol == "ICMP":
        return Packet(source, destination, "ICMPv4", icmp=(question.port, 0))
    flags = SYN if question.protocol == "TCP" else ()
    return Packet(source, destination, question.protocol, EPHEMERAL, question.port, flags)


def _trails(course: Course, request: l7.HttpRequest | None) -> Iterator[SideTrail]:
    for side, direction in ((course.source, Direction.EGRESS), (course.destination, Direction.INGRESS)):
        if side is None or side.decision is None:
            continue
        named = side.endpoint.named_ports if side.endpoint is not None else {}
        ports = {name: (port, Protocol[protocol]) for name, (port, protocol) in named.items()}
        identity = side.endpoint.identity if side.endpoint is not None else ReservedIdentity.HOST
        packet = course.packet
        port = packet.icmp[0] if packet.icmp is not None else packet.destination_port
        trail = side.agent.repository.explain(
            identity, direction, side.peer_identity, port,
            PROTOCOLS[course.packet.protocol], request=request, named_ports=ports,
        )  # fmt: skip
        yield SideTrail(side, direction, trail)


def render(explanation: Explanation) -> str:
    """The explanation as text."""
    told = [_headline(explanation), ""]
    for hop in explanation.course.hops:
        told.append(hop.node)
        for step in hop.steps:
            about = ": ".join(part for part in (step.decided_by, step.detail) if part)
            told.append(f"  {step.kind.value}{': ' if about else ''}{about}")
    for each in explanation.trails:
        told += ["", *_trail_lines(each)]
    return "\n".join(told) + "\n"


def _headline(explanation: Explanation) -> str:
    question, course = explanation.question, explanation.course
    asked = f" {question.method} {question.path}" if question.method is not None else ""
    flow = f"{explanation.source} -> {explanation.destination}:{question.port}/{question.protocol}{asked}"
    return f"{flow}: {_outcome(explanation, course)}"


def _outcome(explanation: Explanation, course: Course) -> str:
    if explanation.told:
        return f"taken over by Envoy, {explanation.told}"
    match course.disposition:
        case Disposition.DROPPED:
            reason = course.drop_reason.name if course.drop_reason is not None else ""
            where = f" at {course.drop_at.value}" if course.drop_at is not None else ""
            return f"dropped{where} ({reason})"
        case Disposition.LOST:
            return f"lost: {course.path.detail}"
        case Disposition.REFUSED:
            return "refused: the service has no backend"
    if explanation.lets_request is False:
        return "connected, and the request is refused by the proxy (403)"
    if not explanation.is_answered:
        return "delivered, and nothing listens on the port"
    return "goes through"


def _trail_lines(each: SideTrail) -> Iterator[str]:
    side, trail = each.side, each.trail
    endpoint = side.endpoint
    name = f"{endpoint.namespace}/{endpoint.pod}" if endpoint is not None else side.agent.node
    identity = endpoint.identity if endpoint is not None else ReservedIdentity.HOST
    yield f"{each.direction.value} of {name} (identity {int(identity)}, {side.agent.place}): {trail.fold().value}"
    yield f"  {trail.why}"
    request = trail.fold_request()
    if request is not None:
        yield f"  the proxy {'lets the request through' if request else 'refuses the request'}"
    for rule in trail.rules:
        yield from _rule_lines(rule)
    if trail.silent:
        shown = ", ".join(str(key) for key in trail.silent[:SILENT_SHOWN])
        more = f" and {len(trail.silent) - SILENT_SHOWN} more" if len(trail.silent) > SILENT_SHOWN else ""
        yield f"  nothing to say here: {shown}{more}"


def _rule_lines(rule: RuleSaying) -> Iterator[str]:
    yield f"  {rule.policy} {rule.path}: {rule.stance.value}"
    for clause in rule.clauses:
        stance = "" if clause.stance is Stance.NOT_APPLICABLE else f"{clause.stance.value}: "
        yield f"    {clause.path}: {stance}{clause.reason}"
