"""Exchanges of single datagrams over the datapath: UDP questions and echo requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from quizgame.datapath.authentication import shake_hands
from quizgame.datapath.course import Course, Side
from quizgame.datapath.exchange import Exchange, Outcome, can_open, first_packet, reject
from quizgame.datapath.legs import Leg, Stop, legs, reply, send
from quizgame.datapath.packet import Origin, Packet
from quizgame.datapath.payloads import echo_data
from quizgame.datapath.recorder import HOP_NS, Recorder
from quizgame.datapath.trace import Disposition
from quizgame.datapath.walk import decide

if TYPE_CHECKING:
    from quizgame.cluster.world import World


class DatagramProxy(Protocol):
    """What proxies do with a datagram and its answer."""

    def passes(self, side: Side, recorder: Recorder) -> bool:
        """Look at the datagram at one side's proxy; ``False``: the proxy answers itself."""
        ...  # pragma: no cover

    def returns(self, side: Side, recorder: Recorder) -> None:
        """Look at the answer on its way back."""
        ...  # pragma: no cover


def udp(
    world: World,
    origin: Origin,
    destination: str,
    port: int,
    *,
    at_server: Callable[[Course, Recorder], bool],
    timeout_ns: int,
    start_ns: int,
    number: int = 0,
    proxy: DatagramProxy | None = None,
    payload: bytes = b"",
) -> Exchange:
    """Send one datagram and wait for the answer.

    Args:
        world: The settled world.
        origin: The client.
        destination: An address.
        port: Destination port.
        at_server: Called when the datagram has been delivered; returns whether an answer comes back.
        timeout_ns: How long the client waits.
        start_ns: When it starts.
        number: Tells datagrams of one instant apart.
        proxy: What proxies on the way do with it; without one they let everything through.
        payload: What the datagram holds. Whoever answers leaves the answer's bytes with the recorder.
    """
    course = decide(world, origin, first_packet(world, origin, destination, port, "UDP", start_ns, number))
    recorder = Recorder(course, start_ns)
    recorder.request = payload
    if course.source is not None:
        recorder.socket_translation(course.source)
    if course.disposition is Disposition.REFUSED:
        reject(course, recorder, ())
        recorder.commit()
        return Exchange(Outcome.REFUSED, course, HOP_NS)
    is_answered = _datagram(world, course, recorder, legs(course), at_server, proxy)
    if is_answered and course.source is not None:
        recorder.socket_reverse_translation(course.source)
        recorder.wait(HOP_NS)
    shake_hands(world, course, start_ns)
    recorder.track((), 2 if is_answered else 1, 180 if is_answered else 90)
    recorder.commit()
    if not is_answered:
        return Exchange(Outcome.TIMEOUT, course, timeout_ns)
    return Exchange(Outcome.OK, course, recorder.now_ns - start_ns)


def _datagram(
    world: World,
    course: Course,
    recorder: Recorder,
    over: list[Leg],
    at_server: Callable[[Course, Recorder], bool],
    proxy: DatagramProxy | None,
) -> bool:
    """Send a datagram over the legs; return whether an answer came back over the first of them."""
    leg, *onward = over
    send(course, recorder, leg, (), is_first=True)
    if not can_open(world, course, leg):
        return False
    if leg.ends_at is Stop.SERVER:
        is_answered = at_server(course, recorder)
    else:
        side = course.source if leg.ends_at is Stop.SOURCE_PROXY else course.destination
        is_answered = True
        if side is None or proxy is None or proxy.passes(side, recorder):
            is_answered = _datagram(world, course, recorder, onward, at_server, proxy)
        if is_answered and side is not None and proxy is not None:
            proxy.returns(side, recorder)
    if is_answered:
        reply(course, recorder, leg, ())
    return is_answered


def ping(
    world: World, origin: Origin, destination: str, *, timeout_ns: int, start_ns: int | None = None, number: int = 1
) -> Exchange:
    """Send one echo request, with its sequence number, and wait for the reply."""
    start = world.clock.now_ns if start_ns is None else start_ns
    packet = Packet(origin.ip, destination, "ICMPv4", icmp=(8, 0), size=84)
    course = decide(world, origin, packet)
    recorder = Recorder(course, start)
    recorder.request = recorder.answer = echo_data(world.seed, origin.ip, destination, number, start)
    leg = legs(course)[0]
    if course.disposition is not Disposition.REFUSED:
        send(course, recorder, leg, (), is_first=True)
    is_answered = course.disposition is Disposition.DELIVERED and not course.is_answer_lost
    if is_answered:
        reply(course, recorder, leg, ())
    shake_hands(world, course, start)
    recorder.track((), 2 if is_answered else 1, 168 if is_answered else 84)
    recorder.commit()
    if not is_answered:
        return Exchange(Outcome.TIMEOUT, course, timeout_ns)
    return Exchange(Outcome.OK, course, recorder.now_ns - start)
