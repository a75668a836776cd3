"""The Cilium operator of one cluster: what it does while it runs, and what waits while it does not.

Source: facts F-11 to F-16 (duties), reference kubectl section 8 (conditions it writes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quizgame.cluster.agent.config import AgentConfig
from quizgame.cluster.agent.policies import complaint_about
from quizgame.cluster.auth.spire import MUTUAL
from quizgame.cluster.bgp.clusterconfigs import reconcile_bgp
from quizgame.cluster.clock import rfc3339
from quizgame.cluster.gateway.controller import EdgeControllers
from quizgame.cluster.ipam.multipool import PoolAllocator
from quizgame.cluster.ipam.operator_side import check_operator, give_addresses
from quizgame.cluster.lbipam import assign_addresses
from quizgame.cluster.objects import condition_of, dig, name_of, with_condition
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.world import Cluster

POLICIES = ("ciliumnetworkpolicies.cilium.io", "ciliumclusterwidenetworkpolicies.cilium.io")
IDENTITIES = "ciliumidentities.cilium.io"
ENDPOINTS = "ciliumendpoints.cilium.io"
IDENTITY_TIMEOUT_S = 1800
"""Seconds without a user after which an identity is collected. Source: config ``identity-heartbeat-timeout``."""
VALID = "Policy validation succeeded"


@dataclass(slots=True)
class Operator:
    """The active operator. Standby replicas change nothing and are not modelled."""

    cluster: Cluster
    is_running: bool = False
    is_connected: bool = True
    """Whether it reaches the API server; without it nothing is done, and what it has done stays."""
    pod_name: str = ""
    config: AgentConfig = field(default_factory=AgentConfig)
    cursor: int = 0
    unused_since: dict[str, int] = field(default_factory=dict)
    """Identity without endpoints → the instant when the operator first saw it so."""
    has_pools: bool = False
    """Whether LB-IPAM has seen a pool."""
    pod_pools: PoolAllocator = field(default_factory=PoolAllocator)
    edge: EdgeControllers = field(default_factory=EdgeControllers)
    """Gateway API and Ingress."""

    def start(self, config: Mapping[str, str], pod_name: str) -> None:
        """Begin to run in a pod with this configuration.

        Raises:
            ContainerExit: where the operator gives up at once.
        """
        self.pod_name = pod_name
        self.config = AgentConfig(dict(config))
        check_operator(self)
        self.is_running = True
        self.cursor = 0
        self.unused_since = {}
        self.has_pools = False
        self.pod_pools = PoolAllocator()
        self.edge.begin(self.api, self.config)

    def stop(self) -> None:
        """End; everything it maintained stays as it is."""
        self.is_running = False
        self.pod_name = ""

    @property
    def api(self) -> ApiServer:
        """Its cluster's API server."""
        return self.cluster.api

    @property
    def node(self) -> str:
        """The node that its pod is on; empty where there is none."""
        return str(dig(self.api.find("pods", self.pod_name, "kube-system"), "spec", "nodeName", default=""))

    def connect(self, *, is_connected: bool) -> bool:
        """Lose the API server or find it again; return whether that is news."""
        if is_connected == self.is_connected:
            return False
        self.is_connected = is_connected
        return True

    def sync(self) -> bool:
        """Do what is due; return whether any object was written."""
        if not self.is_running or not self.is_connected:
            return False
        now_ns = self.api.clock.now_ns
        before = self.api.store.version
        if self.cursor != before:
            self._validate_policies(now_ns)
            give_addresses(self)
            self.edge.sync(self.api, self.config)
            self.has_pools = assign_addresses(self.api, self.config, was_awake=self.has_pools)
            # Again, for the addresses that its services have got now.
            self.edge.sync(self.api, self.config)
            reconcile_bgp(self.api, self.config)
            self._register_identities()
            self._note_unused(now_ns)
        self._collect_identities(now_ns)
        self.cursor = self.api.store.version
        return self.cursor != before

    def next_due(self) -> int | None:
        """The next instant at which there is something to collect; ``None`` if nothing waits."""
        if not self.is_running or not self.is_connected or not self.unused_since:
            return None
        return min(self.unused_since.values()) + IDENTITY_TIMEOUT_S * SECOND

    def fork(self, cluster: Cluster) -> Operator:
        """An independent operator with the same state, in the twin of its cluster."""
        return Operator(
            cluster,
            self.is_running,
            self.is_connected,
            self.pod_name,
            self.config,
            self.cursor,
            dict(self.unused_since),
            self.has_pools,
            self.pod_pools.fork(),
            self.edge.fork(),
        )

    def _validate_policies(self, now_ns: int) -> None:
        for resource in POLICIES:
            for policy in self.api.store.of(resource):
                problem = complaint_about(policy)
                status, message = ("False", problem) if problem else ("True", VALID)
                known = condition_of(policy, "Valid")
                if known is not None and (known["status"], known.get("message")) == (status, message):
                    continue
                conditions = with_condition(
                    dig(policy, "status", "conditions", default=[]), "Valid", status, rfc3339(now_ns), message=message
                )
                self.api.update_status(resource, policy, {**(policy.get("status") or {}), "conditions": conditions})

    def _register_identities(self) -> None:
        if self.config.is_on(MUTUAL):
            spire = self.cluster.spire
            spire.follow(self.api)
            spire.register(self.api)

    def _note_unused(self, now_ns: int) -> None:
        used = {str(dig(each, "status", "identity", "id", default="")) for each in self.api.store.of(ENDPOINTS)}
        unused = [name_of(each) for each in self.api.store.of(IDENTITIES) if name_of(each) not in used]
        self.unused_since = {name: self.unused_since.get(name, now_ns) for name in unused}

    def _collect_identities(self, now_ns: int) -> None:
        due = [name for name, since in self.unused_since.items() if now_ns - since >= IDENTITY_TIMEOUT_S * SECOND]
        for name in due:
            del self.unused_since[name]
            if self.api.find(IDENTITIES, name) is not None:
                self.api.delete(IDENTITIES, name)
