"""One node's Cilium agent: desired state comes from its API server, realized state decides packets.

What an agent has put in force outlives its process, as pinned maps do: a stopped or cut-off agent's node goes on
forwarding by the last realized state. Only the event ring, the DNS proxy and the REST API need the process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.bandwidth import Bandwidth, forget_limits
from quizgame.cluster.agent.bandwidth import begin as begin_bandwidth
from quizgame.cluster.agent.config import AgentConfig
from quizgame.cluster.agent.conntrack import Conntrack
from quizgame.cluster.agent.counters import Counters
from quizgame.cluster.agent.egress import EgressPolicy, check_egress
from quizgame.cluster.agent.encryption import Encryption, begin, expire_keys, next_expiry
from quizgame.cluster.agent.endpoints import Endpoint, EndpointState
from quizgame.cluster.agent.former import config_of
from quizgame.cluster.agent.fqdn import FqdnCache, FqdnEntry
from quizgame.cluster.agent.ipam import AddressesExhausted, NodeIpam
from quizgame.cluster.agent.ipcache import Ipcache, IpcacheEntry
from quizgame.cluster.agent.monitor import EventRing
from quizgame.cluster.agent.pods import container_ports, identity_labels, named_ports, workload_of
from quizgame.cluster.agent.redirect import Redirects
from quizgame.cluster.agent.services import ServiceMap
from quizgame.cluster.agent.sync import sync
from quizgame.cluster.agent.validation import check_config
from quizgame.cluster.auth.table import Authentication
from quizgame.cluster.bgp.speaker import Speaker
from quizgame.cluster.interfaces import CniError
from quizgame.cluster.ipam.demand import expire_pending, forget_pending, next_pending_end
from quizgame.cluster.ipam.node import address_for, begin_addresses, missing_addresses
from quizgame.cluster.keyed import keyed_hex, keyed_int, keyed_slot
from quizgame.cluster.l2.announcer import Announcer
from quizgame.cluster.objects import name_of, namespace_of
from quizgame.goflags.quoting import quote
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.local_identities import LocalIdentities
from quizgame.policy.model import EnforcementMode, Protocol
from quizgame.policy.repository import Repository

if TYPE_CHECKING:
    from quizgame.cluster.agent.envoy import EnvoyConfig
    from quizgame.cluster.agent.nodes import KnownNode
    from quizgame.cluster.agent.remote import RemoteCluster
    from quizgame.cluster.agent.stickiness import Remembered
    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.ipam.podpools import NamespaceWish, PodPool
    from quizgame.cluster.world import Cluster
    from quizgame.policy.endpoint_policy import EndpointPolicy
    from quizgame.policy.labels import Labels

MAX_ENDPOINT_ID = 4095
# Source: cilium/cilium v1.19 pkg/endpoint/id/allocator: ids come from a pool of 1 to 4095.


# Source: reference kubectl, section 5: the text that a kubelet reports while the agent's socket is missing.
CNI_FAILED = 'plugin type="cilium-cni" name="cilium" failed (add): '
AGENT_UNREACHABLE = (
    f"{CNI_FAILED}unable to connect to Cilium agent: failed to create cilium agent client after 30.000000 seconds "
    "timeout: "
    'Get "http://localhost/v1/config": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory'
)


@dataclass(slots=True)
class Agent:
    """The agent of one node and the datapath state that it has realized there."""

    cluster: Cluster
    node: str
    """Name of its node."""
    node_ip: str = ""
    is_running: bool = False
    is_connected: bool = True
    """Whether it reaches the API server."""
    is_initialized: bool = False
    """Whether it has got its first state from the API server since it started."""
    pod_name: str = ""
    """Name of the pod it runs in."""
    started_ns: int = 0
    lost_api_ns: int = 0
    """When it last lost the API server; 0 while it has it."""
    config: AgentConfig = field(default_factory=AgentConfig)
    cursor: int = 0
    """Resource version up to which it has realized."""
    namespace_labels: dict[str, Mapping[str, str]] = field(default_factory=dict)
    identities: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Workload identities of this and of meshed clusters: number → labels as text."""
    identity_by_labels: dict[tuple[str, ...], int] = field(default_factory=dict)
    endpoints: dict[int, Endpoint] = field(default_factory=dict)
    endpoint_by_pod: dict[tuple[str, str], int] = field(default_factory=dict)
    endpoint_by_ip: dict[str, int] = field(default_factory=dict)
    nodes: dict[str, KnownNode] = field(default_factory=dict)
    """``cluster/name`` → node."""
    node_identities: dict[Labels, int] = field(default_factory=dict)
    """Labels of other nodes → the identity of their own that they have for them, where that is on."""
    api_server_ips: tuple[str, ...] = ()
    """Addresses behind the service ``default/kubernetes``."""
    ipam: NodeIpam = field(default_factory=lambda: NodeIpam(0))
    remembered: Remembered = field(default_factory=dict)
    """What its datapath knows of clients of services with session affinity."""
    ipam_before: NodeIpam = field(default_factory=lambda: NodeIpam(0))
    """What the run before this one had given out, until this one has taken it over."""
    waits_for: str = ""
    """What a starting agent needs before it serves anything; empty where it has what it needs."""
    unrestored: tuple[Endpoint, ...] = ()
    """Endpoints of the run before that this one could not keep."""
    pod_pools: dict[str, PodPool] = field(default_factory=dict)
    namespace_wishes: dict[str, NamespaceWish] = field(default_factory=dict)
    """Namespace → what its annotations say of its pods' addresses, for those that say anything."""
    router_ip: str = ""
    health_ip: str = ""
    ingress_ip: str = ""
    """Address that Envoy connects to backends from, for gateways and Ingresses; empty where it has none to serve."""
    ipcache: Ipcache = field(default_factory=Ipcache)
    services: ServiceMap = field(default_factory=ServiceMap)
    repository: Repository = field(default_factory=Repository)
    local_identities: LocalIdentities | None = None
    conntrack: Conntrack = field(default_factory=Conntrack)
    counters: Counters = field(default_factory=Counters)
    fqdn: FqdnCache = field(default_factory=FqdnCache)
    ring: EventRing = field(default_factory=EventRing)
    slices: dict[tuple[str, str], Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    """Namespace and name of a service → its EndpointSlices by name."""
    service_objects: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    remotes: dict[str, RemoteCluster] = field(default_factory=dict)
    """Remote cluster's name → connection."""
    encryption: Encryption = field(default_factory=Encryption)
    egress_policies: dict[str, EgressPolicy] = field(default_factory=dict)
    """Egress gateway policies in force, by name; empty while the feature is off."""
    envoy_configs: dict[tuple[str, str], EnvoyConfig] = field(default_factory=dict)
    """CiliumEnvoyConfigs in force, by namespace (empty: cluster-wide ones) and name."""
    local_options: dict[str, str] = field(default_factory=dict)
    """Run-time options of this agent alone (``cilium-dbg config``); gone after a restart."""
    bgp: Speaker = field(default_factory=Speaker)
    l2: Announcer = field(default_factory=Announcer)
    bandwidth: Bandwidth = field(default_factory=Bandwidth)
    redirects: Redirects = field(default_factory=Redirects)
    auth: Authentication = field(default_factory=Authentication)

    # ------------------------------------------------------------ life

    def start(self, config: Mapping[str, str], pod_name: str) -> None:
        """Begin to run in a pod, with this configuration; the ring starts empty, realized maps are kept.

        Raises:
            ContainerExit: where the agent gives up at once; what was in force stays.
        """
        wanted = config_of(config, self.cluster.cilium_version)
        check_config(wanted, self.cluster.cloud, has_xdp=self.cluster.has_xdp)
        check_egress(wanted)
        addresses = begin_addresses(self, wanted)
        bandwidth = begin_bandwidth(self, wanted)
        self.encryption = begin(self, wanted, pod_name)
        self.bandwidth = bandwidth
        self.auth = self.auth.restarted(self.now_ns)
        if self.ipam.owners:
            self.ipam_before = self.ipam
        self.ipam = addresses
        self.is_running = True
        self.is_initialized = False
        self.pod_name = pod_name
        self.started_ns = self.now_ns
        self.config = wanted
        self.local_options = {}
        self.ring = EventRing()
        self.cursor = 0
        self.unrestored = ()
        self.waits_for = missing_addresses(self) if self.is_connected else ""

    def stop(self) -> None:
        """End the process; the datapath stays as it is."""
        self.is_running = False
        self.is_initialized = False
        self.waits_for = ""
        self.pod_name = ""
        self.ring = EventRing()

    @property
    def context(self) -> str:
        """Kubeconfig context of its cluster."""
        return self.cluster.context

    @property
    def api(self) -> ApiServer:
        """Its cluster's API server."""
        return self.cluster.api

    @property
    def seed(self) -> int:
        """The world's seed."""
        return self.cluster.api.seed

    def neighbours(self) -> list[Agent]:
        """The other agents of the cluster, by node name."""
        return [each for each in self.cluster.agents.values() if isinstance(each, Agent) and each is not self]

    @property
    def now_ns(self) -> int:
        """The simulated instant."""
        return self.cluster.api.clock.now_ns

    def sync(self) -> bool:
        """Realize what has changed at the API server; return whether anything was done."""
        if self.fqdn.entries:
            self.expire_names(self.now_ns)
        if self.ipam.pending:
            expire_pending(self.ipam, self.now_ns)
        expired = bool(self.encryption.keys) and self.is_running and expire_keys(self)
        return sync(self) or expired

    def next_due(self) -> int | None:
        """The instant at which the first name, replaced key or wish for an address runs out; ``None``: none does."""
        names = (entry.expires_ns for entry in self.fqdn.entries.values())
        key = next_expiry(self) if self.is_running else None
        others = (key, next_pending_end(self.ipam) if self.ipam.pending else None)
        return min((*names, *(due for due in others if due is not None)), default=None)

    @property
    def is_serving(self) -> bool:
        """Whether the agent's API, DNS proxy and Hubble server answer."""
        return self.is_running and self.is_initialized

    @property
    def is_waiting(self) -> bool:
        """Whether it runs but cannot serve yet, for want of addresses."""
        return bool(self.waits_for)

    @property
    def place(self) -> str:
        """``context/node``, as links name it."""
        return f"{self.context}/{self.node}"

    @property
    def policy_mode(self) -> EnforcementMode:
        """The enforcement mode in force, run-time option included."""
        return EnforcementMode(self.local_options.get("PolicyEnforcement", self.config.policy_mode))

    def set_option(self, name: str, value: str) -> None:
        """Change a run-time option of this agent alone; it lasts until the agent restarts."""
        self.local_options[name] = value
        self.repository.configure(replace(self.repository.settings, mode=self.policy_mode))

    def reset_policy(self) -> None:
        """Begin with an empty policy repository for the present configuration; known identities are added."""
        self.repository = Repository(
            cluster_name=self.config.cluster_name,
            mode=self.policy_mode,
            default_local_cluster=self.config.default_local_cluster,
            audit=self.config.has_policy_audit,
            l7_proxy=self.config.has_l7_proxy,
            host_firewall=self.config.is_on("enable-host-firewall"),
            node_selectors=self.config.is_on("enable-node-selector-labels"),
        )
        self.local_identities = LocalIdentities(self.repository)

    # ------------------------------------------------------------ CNI

    def cni_add(self, pod: Mapping[str, Any]) -> str:
        """Give a pod an endpoint; return its address. Called again for the same pod, it returns the same address.

        Raises:
            CniError: if the agent does not serve, or has no address.
        """
        key = (namespace_of(pod), name_of(pod))
        known = self.endpoint_by_pod.get(key)
        if known is not None:
            return self.endpoints[known].ip
        if not self.is_serving:
            raise CniError(AGENT_UNREACHABLE)
        try:
            ip = address_for(self, pod)
        except AddressesExhausted as error:
            raise CniError(
                f"{CNI_FAILED}unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure "
                f"{quote(str(error))}"
            ) from None
        labels = identity_labels(pod, self.namespace_labels.get(key[0], {}), self.config.cluster_name)
        number = keyed_slot(
            1, MAX_ENDPOINT_ID, self.endpoints.__contains__, self.seed, "endpoint", self.context, self.node, *key
        )
        if number is None:
            self.ipam.release(ip)
            raise CniError(f"{CNI_FAILED}unable to create endpoint: no more endpoint IDs available")
        parts = (self.context, self.node, *key)
        endpoint = Endpoint(
            id=number,
            identity=self.identity_by_labels.get(labels, ReservedIdentity.INIT),
            labels=labels,
            ip=ip,
            namespace=key[0],
            pod=key[1],
            workload=workload_of(pod),
            named_ports=named_ports(pod),
            state=EndpointState.READY if labels in self.identity_by_labels else EndpointState.WAITING_FOR_IDENTITY,
            mac=_mac(self.seed, "mac", *parts),
            host_mac=_mac(self.seed, "host-mac", *parts),
            ifindex=10 + 2 * keyed_int(self.seed, "ifindex", *parts, below=400),
            interface="lxc" + keyed_hex(self.seed, "lxc", *parts, digits=12),
            container_id=keyed_hex(self.seed, "container", *parts, digits=64),
            created_ns=self.now_ns,
            container_ports=tuple((port, protocol) for _, port, protocol in container_ports(pod)),
        )
        self.put_endpoint(endpoint)
        return ip

    def cni_del(self, namespace: str, name: str) -> None:
        """Take a pod's endpoint away; nothing happens if it has none."""
        forget_pending(self.ipam, f"{namespace}/{name}")
        number = self.endpoint_by_pod.get((namespace, name))
        if number is None:
            return
        self.ipam.release(self.endpoints[number].ip)
        self.abandon(number)

    def abandon(self, number: int) -> None:
        """Take an endpoint out of force; its address stays as it is."""
        endpoint = self.endpoints.pop(number)
        self.endpoint_by_pod.pop(endpoint.key, None)
        self.endpoint_by_ip.pop(endpoint.ip, None)
        self.ipcache.delete(f"{endpoint.ip}/32")
        self.repository.set_named_ports("/".join(endpoint.key), {})
        forget_limits(self, number)

    def put_endpoint(self, endpoint: Endpoint) -> None:
        """Put an endpoint in force, in place of the one with its id."""
        self.endpoints[endpoint.id] = endpoint
        if endpoint.is_pod:
            self.endpoint_by_pod[endpoint.key] = endpoint.id
        if endpoint.ip:
            self.endpoint_by_ip[endpoint.ip] = endpoint.id
            self.ipcache.upsert(
                f"{endpoint.ip}/32",
                IpcacheEntry(
                    endpoint.identity,
                    source="local",
                    namespace=endpoint.namespace,
                    pod=endpoint.pod,
                    cluster=self.config.cluster_name,
                ),
            )

    def relabel(self, endpoint: Endpoint, labels: tuple[str, ...]) -> bool:
        """Give an endpoint the identity of these labels as far as it is known; return whether anything changed."""
        identity = self.identity_by_labels.get(labels)
        changed = replace(
            endpoint,
            labels=labels,
            identity=endpoint.identity if identity is None else identity,
            state=EndpointState.WAITING_FOR_IDENTITY if identity is None else EndpointState.READY,
        )
        if changed == endpoint:
            return False
        self.put_endpoint(changed)
        return True

    # ------------------------------------------------------------ look-ups of the datapath

    def endpoint_at(self, ip: str) -> Endpoint | None:
        """The local endpoint with this address."""
        number = self.endpoint_by_ip.get(ip)
        return None if number is None else self.endpoints[number]

    def identity_of(self, ip: str) -> int:
        """The identity that the datapath gives an address."""
        entry = self.ipcache.lookup(ip)
        return ReservedIdentity.WORLD if entry is None else entry.identity

    def labels_of(self, identity: int) -> tuple[str, ...]:
        """Labels of an identity as text; empty where the agent does not know it."""
        known = self.identities.get(identity)
        return tuple(str(label) for label in self.repository.labels_of(identity)) if known is None else known

    def policy_of(self, endpoint: Endpoint) -> EndpointPolicy:
        """The policy in force for an endpoint."""
        ports = {name: (port, Protocol[protocol]) for name, (port, protocol) in endpoint.named_ports.items()}
        return self.repository.endpoint_policy(endpoint.identity, named_ports=ports)

    def learn_names(self, entry: FqdnEntry) -> None:
        """Record an answer that the DNS proxy saw, and let its addresses have the names' identities."""
        if self.fqdn.learn(entry):
            self.sync_local_identities()

    def expire_names(self, now_ns: int) -> None:
        """Forget names that are past their time to live."""
        if self.fqdn.expire(now_ns):
            self.sync_local_identities()

    def sync_local_identities(self) -> None:
        """Number the prefixes and names that policies need, and put them into the ipcache."""
        local = self.local_identities
        if local is None:
            return
        learned = self.fqdn.addresses()
        for name, ips in list(local.names.items()):
            if {str(ip) for ip in ips} - set(learned.get(f"{name}.", learned.get(name, ()))):
                local.forget(name)
        for name, addresses in learned.items():
            local.learn(name, addresses)
        local.sync()
        wanted = {str(prefix): identity for prefix, identity in local.entries().items()}
        for prefix, entry in list(self.ipcache.entries.items()):
            if entry.source == "generated" and prefix not in wanted:
                self.ipcache.delete(prefix)
        for prefix, identity in wanted.items():
            known = self.ipcache.entries.get(prefix)
            if known is None or known.source == "generated":
                self.ipcache.upsert(prefix, IpcacheEntry(identity, source="generated"))

    # ------------------------------------------------------------ forks

    def fork(self, cluster: Cluster) -> Agent:
        """An independent agent with the same state, in the twin of its cluster."""
        repository = self.repository.fork()
        return Agent(
            cluster=cluster,
            node=self.node,
            node_ip=self.node_ip,
            is_running=self.is_running,
            is_connected=self.is_connected,
            is_initialized=self.is_initialized,
            pod_name=self.pod_name,
            started_ns=self.started_ns,
            lost_api_ns=self.lost_api_ns,
            config=self.config,
            cursor=self.cursor,
            namespace_labels=dict(self.namespace_labels),
            identities=dict(self.identities),
            identity_by_labels=dict(self.identity_by_labels),
            endpoints=dict(self.endpoints),
            endpoint_by_pod=dict(self.endpoint_by_pod),
            endpoint_by_ip=dict(self.endpoint_by_ip),
            nodes=dict(self.nodes),
            node_identities=self.node_identities,
            api_server_ips=self.api_server_ips,
            ipam=self.ipam.fork(),
            ipam_before=self.ipam_before.fork(),
            remembered=dict(self.remembered),
            waits_for=self.waits_for,
            unrestored=self.unrestored,
            pod_pools=dict(self.pod_pools),
            namespace_wishes=dict(self.namespace_wishes),
            router_ip=self.router_ip,
            health_ip=self.health_ip,
            ingress_ip=self.ingress_ip,
            ipcache=self.ipcache.fork(),
            services=self.services.fork(),
            repository=repository,
            local_identities=None if self.local_identities is None else self.local_identities.fork(repository),
            conntrack=self.conntrack.fork(),
            counters=self.counters.fork(),
            fqdn=self.fqdn.fork(),
            ring=self.ring.fork(),
            slices=dict(self.slices),
            service_objects=dict(self.service_objects),
            remotes=dict(self.remotes),
            encryption=self.encryption,
            egress_policies=self.egress_policies,
            envoy_configs=self.envoy_configs,
            local_options=dict(self.local_options),
            bgp=self.bgp.fork(),
            l2=self.l2.fork(),
            bandwidth=self.bandwidth,
            redirects=self.redirects,
            auth=self.auth,
        )


def _mac(seed: int, purpose: str, *parts: str) -> str:
    digits = keyed_hex(seed, purpose, *parts, digits=12)
    first = int(digits[:2], 16) & 0xFC | 0x02
    rest = (digits[start : start + 2] for start in range(2, 12, 2))
    return ":".join((f"{first:02x}", *rest))
