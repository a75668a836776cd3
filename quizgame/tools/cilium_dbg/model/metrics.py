"""What the agent's metrics say, as far as the simulated state has it.

Not among them: what only a process has (``go_*``, ``cilium_process_*``), how long things took, and requests to APIs.
Source: golden ``cilium-dbg/metrics-list``; cilium/cilium v1.19 Documentation/observability/metrics.rst.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.agent.counters import FORWARDED
from quizgame.cluster.agent.encryption import EncryptionMode
from quizgame.cluster.agent.monitor import DROP_TEXTS, DropReason
from quizgame.hubble.serving import cilium_version
from quizgame.tools.cilium_dbg.model.controllers import controllers_of
from quizgame.tools.cilium_dbg.model.endpoints import endpoint_model
from quizgame.tools.cilium_dbg.model.health import health_model
from quizgame.tools.cilium_dbg.model.status import COMMIT

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.world import World


@dataclass(frozen=True, slots=True)
class Metric:
    """One value."""

    name: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def label_text(self) -> str:
        """The labels as the tool prints them."""
        return " ".join(f"{key}={value}" for key, value in self.labels)


def metrics_of(world: World, agent: Agent) -> list[Metric]:
    """The metrics of an agent, sorted."""
    found = [
        *_traffic(agent), *_endpoints(agent), *_policy(agent), *_health(world, agent), *_others(agent),
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.name, each.label_text))


def _traffic(agent: Agent) -> Iterator[Metric]:
    for (reason, direction), count in agent.counters.by_reason().items():
        way = ("direction", direction.name)
        if reason == FORWARDED:
            yield Metric("cilium_forward_count_total", count.packets, (way,))
            yield Metric("cilium_forward_bytes_total", count.bytes, (way,))
        else:
            labels = (way, ("reason", DROP_TEXTS[DropReason(reason)]))
            yield Metric("cilium_drop_count_total", count.packets, labels)
            yield Metric("cilium_drop_bytes_total", count.bytes, labels)


def _endpoints(agent: Agent) -> Iterator[Metric]:
    models = [endpoint_model(agent, each) for each in agent.endpoints.values()]
    yield Metric("cilium_endpoint", len(models))
    for state, number in Counter(str(each["status"]["state"]) for each in models).items():
        yield Metric("cilium_endpoint_state", number, (("endpoint_state", state),))
    enforced = Counter(str(each["status"]["policy"]["realized"]["policy-enabled"]) for each in models)
    for word in ("none", "ingress", "egress", "both", "audit-ingress", "audit-egress", "audit-both"):
        yield Metric("cilium_policy_endpoint_enforcement_status", enforced[word], (("enforcement", word),))


def _policy(agent: Agent) -> Iterator[Metric]:
    yield Metric("cilium_policy", len(agent.repository.policies))
    yield Metric("cilium_policy_max_revision", agent.repository.revision)
    kinds = Counter("reserved" if number < 256 else "cluster_local" for number in agent.identities)
    for kind, number in kinds.items():
        yield Metric("cilium_identity", number, (("type", kind),))
    yield Metric("cilium_fqdn_selectors", sum(1 for _ in agent.repository.fqdn_selectors()))


def _health(world: World, agent: Agent) -> Iterator[Metric]:
    nodes = health_model(world, agent)["nodes"]
    lost = {
        part: sum(
            1
            for node in nodes
            if part in node and any(node[part]["primary-address"][kind].get("status") for kind in ("icmp", "http"))
        )
        for part in ("host", "health-endpoint")
    }
    yield Metric("cilium_unreachable_nodes", lost["host"])
    yield Metric("cilium_unreachable_health_endpoints", lost["health-endpoint"])
    yield Metric("cilium_nodes_all_num", len(agent.nodes))


def _others(agent: Agent) -> Iterator[Metric]:
    failing = sum(1 for each in controllers_of(agent) if each["status"].get("consecutive-failure-count"))
    yield Metric("cilium_controllers_failing", failing)
    yield Metric("cilium_ip_addresses", len(agent.ipam.shown()), (("family", "ipv4"),))
    version = cilium_version(agent.cluster)
    yield Metric("cilium_version", 0, (("arch", "amd64"), ("revision", COMMIT), ("version", version)))
    if agent.encryption.mode is EncryptionMode.IPSEC:
        yield Metric("cilium_ipsec_keys", len(agent.encryption.keys))
        for name, number in sorted(agent.encryption.errors.items()):
            yield Metric("cilium_ipsec_xfrm_error", number, (("error", name), ("type", "inbound")))
