"""The bandwidth manager on one node: which pods' traffic is held to which rate.

The rates come from annotations of pods and outlive the agent's process, as pinned maps do.
Source: facts F-95, F-96; cilium/cilium v1.19 pkg/datapath/linux/bandwidth/bandwidth.go (probe, UpdateBandwidthLimit),
pkg/endpoint/events.go EndpointPolicyBandwidthEvent; Documentation/network/kubernetes/bandwidth-manager.rst.
Simplified: nodes have the host's ``net.core`` settings at hand, which real nodes of kind have not: there the agent
turns the feature off with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from quizgame.cluster.interfaces import ContainerExit
from quizgame.cluster.objects import annotations_of, dig

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.agent.endpoints import Endpoint

EGRESS, INGRESS = "kubernetes.io/egress-bandwidth", "kubernetes.io/ingress-bandwidth"
PRIORITY = "bandwidth.cilium.io/priority"
HOST_PRIORITY = 7
_PRIORITIES = {"guaranteed": HOST_PRIORITY, "burstable": 9, "besteffort": 6}
_SWITCH, _BBR, _BBR_HOST_ONLY = "enable-bandwidth-manager", "enable-bbr", "enable-bbr-hostns-only"
_FIRST_BBR_KERNEL = (5, 18)
_WORD = 1 << 64
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")
_SUFFIXES = (
    {"m": Fraction(1, 1000)}
    | {suffix: Fraction(10 ** (3 * power)) for power, suffix in enumerate("kMGTPE", 1)}
    | {f"{suffix}i": Fraction(1 << 10 * power) for power, suffix in enumerate("KMGTPE", 1)}
)
BAD_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


@dataclass(frozen=True, slots=True)
class Limit:
    """What the map holds for one endpoint."""

    egress: int | None = None
    """Bytes a second, 0: no limit; ``None``: no entry."""
    ingress: int | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """What one node has put in force."""

    enabled: bool = False
    congestion_control: str = ""
    """``cubic`` or ``bbr``, for the sockets of new pods."""
    warning: str = ""
    """Why the agent did not turn it on although it was asked to."""
    limits: Mapping[int, Limit] = field(default_factory=dict)
    """Endpoint id → limit."""
    complaints: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    """Endpoint id → when and why its annotations could not be read."""

    def limit(self, endpoint: int) -> Limit:
        """The limit of an endpoint; an endless one where there is none."""
        return self.limits.get(endpoint, Limit())


def begin(agent: Agent, config: AgentConfig) -> Bandwidth:
    """What a starting agent puts in force; limits follow with the pods.

    Raises:
        ContainerExit: in the agent's words, where BBR lacks what it needs.
    """
    if not config.is_on(_SWITCH):
        return Bandwidth()
    has_bbr, only_host = config.is_on(_BBR), config.is_on(_BBR_HOST_ONLY)
    problem = ""
    if has_bbr and _kernel(agent) < _FIRST_BBR_KERNEL:
        problem = f"cannot enable --{_BBR}, needs kernel 5.18 or newer"
    elif only_host and not has_bbr:
        problem = f"cannot enable --{_BBR_HOST_ONLY} without enabling --{_BBR}"
    elif has_bbr and not config.has_bpf_host_routing and not only_host:
        problem = "BPF bandwidth manager's BBR setup requires BPF host routing."
    if problem:
        raise ContainerExit(f"failed to start: {problem}")
    if config.is_on("enable-ipsec"):
        return Bandwidth(warning="The bandwidth manager cannot be used with IPSec. Disabling the bandwidth manager.")
    kept = {number: each for number, each in agent.bandwidth.limits.items() if number in agent.endpoints}
    return Bandwidth(True, "bbr" if has_bbr else "cubic", limits=kept)


def _kernel(agent: Agent) -> tuple[int, int]:
    version = str(dig(agent.api.find("nodes", agent.node), "status", "nodeInfo", "kernelVersion", default=""))
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return (int(numbers[1]), int(numbers[2])) if numbers is not None else _FIRST_BBR_KERNEL


def take_limits(agent: Agent, endpoint: Endpoint, pod: Mapping[str, Any]) -> None:
    """Follow a pod's annotations, where the bandwidth manager is on.

    A value for one direction that cannot be read takes the egress entry away and leaves the ingress entry as it is.
    """
    present = agent.bandwidth
    if not present.enabled:
        return
    notes = annotations_of(pod)
    before = present.limit(endpoint.id)
    complaint = ""
    egress, ingress, priority = 0, before.ingress, 0
    try:
        egress = bytes_a_second(notes[EGRESS]) if notes.get(EGRESS) else 0
        priority = _priority(notes.get(PRIORITY, ""))
        ingress = bytes_a_second(notes[INGRESS]) if notes.get(INGRESS) else None
        limit = Limit(egress, ingress, priority)
    except ValueError as problem:
        complaint = str(problem)
        is_ingress = complaint == BAD_QUANTITY and _is_readable(notes.get(EGRESS, ""))
        limit = Limit(egress, before.ingress, priority) if is_ingress else Limit(None, before.ingress)
    _put(agent, endpoint.id, limit, complaint)


def _is_readable(text: str) -> bool:
    return not text or _QUANTITY.fullmatch(text) is not None


def _put(agent: Agent, number: int, limit: Limit, complaint: str) -> None:
    present = agent.bandwidth
    told = present.complaints.get(number)
    if limit == present.limits.get(number) and complaint == (told[1] if told else ""):
        return
    complaints = {each: text for each, text in present.complaints.items() if each != number}
    if complaint:
        complaints[number] = told if told is not None and told[1] == complaint else (agent.now_ns, complaint)
    agent.bandwidth = replace(present, limits={**present.limits, number: limit}, complaints=complaints)


def forget_limits(agent: Agent, number: int) -> None:
    """Take the entries of an endpoint that is gone out of the map."""
    present = agent.bandwidth
    if number in present.limits:
        agent.bandwidth = replace(
            present,
            limits={each: limit for each, limit in present.limits.items() if each != number},
            complaints={each: text for each, text in present.complaints.items() if each != number},
        )


def bytes_a_second(text: str) -> int:
    """Read a rate in bits a second, as a Kubernetes quantity, into bytes a second (an unsigned 64-bit number).

    Raises:
        ValueError: in the words of the quantity's parser.
    """
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(BAD_QUANTITY)
    number, suffix = found[1], found[2] or ""
    scale = _SUFFIXES.get(suffix, Fraction(1))
    if suffix[:1] in ("e", "E") and suffix not in _SUFFIXES:
        scale = Fraction(10) ** int(suffix[1:])
    amount = Fraction(number) * scale
    bits = -(-amount.numerator // amount.denominator)
    return int(Fraction(bits, 8)) % _WORD


def _priority(text: str) -> int:
    """The band of a pod's packets. Source: pkg/datapath/linux/bandwidth: one more than the socket priority."""
    word = text.replace("-", "").lower()
    if not word or word in _PRIORITIES:
        return _PRIORITIES.get(word, 0)
    if not word.isascii() or not word.isdecimal():
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    return int(word) + 1
