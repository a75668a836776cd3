"""``cilium-dbg status``: one agent's health, line by line. Source: reference cilium-dbg, section 3."""

from __future__ import annotations

from quizgame.cluster.agent.remote import RemoteCluster
from quizgame.cluster.clock import rfc3339_nano
from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.links import HEALTH_PORT
from quizgame.goflags.durations import format_duration
from quizgame.goflags.flagset import boolean, duration, string
from quizgame.goflags.tabwriter import TabWriter
from quizgame.goflags.times import SECOND
from quizgame.hubble.serving import NodeHubble, cilium_version
from quizgame.tools.cilium_dbg.call import Call, Sub
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, lines, not_simulated

APIS = (
    "cilium/v2::CiliumCIDRGroup", "cilium/v2::CiliumClusterwideNetworkPolicy", "cilium/v2::CiliumEndpoint",
    "cilium/v2::CiliumNetworkPolicy", "core/v1::Pods", "networking.k8s.io/v1::NetworkPolicy",
)  # fmt: skip
COMMIT = "4f21a6d0"
PROBE_INTERVAL = "1m36.566274746s"
SOCKET = 'Get "http://localhost/v1/healthz": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory'


def _status(call: Call) -> Result:
    for flag in ("all-redirects", "output"):
        if call.flags.changed(flag):
            return not_simulated(f"cilium-dbg status --{flag}")
    agent = call.agent
    if not agent.is_serving:
        if call.flags.is_on("brief"):
            return Result(stderr=lines("cilium: daemon unreachable\n"), exit=1)
        return Result(stderr=lines(f"{SOCKET}\nIs the agent running?\n\n"), exit=1)
    problem = _api_problem(call)
    if call.flags.is_on("brief"):
        if problem:
            return Result(stderr=lines(f"error in kubernetes: {problem}\n"), exit=1)
        return Result(stdout=lines("OK\n", (_component(call, "cilium", "ok"),)))
    rows = [*_head(call, problem), *_tail(call)] if not problem else _head(call, problem)
    writer = TabWriter(2, 0, 3)
    writer.write("".join(f"{text}\n" for text, _ in rows))
    shown = writer.flush().split("\n")
    facts = [known for text, known in rows for _ in text.split("\n")]
    return Result(
        stdout=[Line(text, known) for text, known in zip(shown, facts, strict=False)], exit=1 if problem else 0
    )


def _component(call: Call, name: str, status: str, message: str = "") -> Fact:
    return fact(
        "component", cluster=call.cluster, node=call.agent.node, name=name, status=status, message=message or None
    )


def _api_problem(call: Call) -> str:
    agent = call.agent
    if agent.is_connected:
        return ""
    address = call.context.cluster.api_address
    return f'Get "https://{address}:6443/version": dial tcp {address}:6443: i/o timeout'


_Rows = list[tuple[str, tuple[Fact, ...]]]


def _head(call: Call, problem: str) -> _Rows:
    agent, config = call.agent, call.agent.config
    version = cilium_version(call.context.cluster)
    kubernetes = agent.api.version.removeprefix("v")
    devices = f"[eth0   {agent.node_ip} (Direct Routing)]"
    replaces = f"True\t{devices}" if config.has_kube_proxy_replacement else "False\t"
    ranges = ", ".join(agent.ipam.ranges)
    ready = f"Ok\t{kubernetes.rpartition('.')[0]} (v{kubernetes}) [linux/amd64]"
    rows: _Rows = [
        ("KVStore:\tDisabled\t", ()),
        (f"Kubernetes:\t{f'Failure{chr(9)}{problem}' if problem else ready}",
         (_component(call, "kubernetes", "failure" if problem else "ok", problem),)),
        (f"Kubernetes APIs:\t[{', '.join(f'{chr(34)}{name}{chr(34)}' for name in APIS)}]", ()),
        (f"KubeProxyReplacement:\t{replaces}",
         (fact("config", cluster=call.cluster, node=agent.node, key="kube-proxy-replacement",
               value=str(config.has_kube_proxy_replacement).lower()),)),
        ("Host firewall:\tDisabled", ()),
        ("SRv6:\tDisabled", ()),
        ("CNI Chaining:\tnone", ()),
        ("CNI Config file:\tsuccessfully wrote CNI configuration file to /host/etc/cni/net.d/05-cilium.conflist", ()),
    ]  # fmt: skip
    if problem:
        text = f"Failure\t{version}\tKubernetes service is not ready: {problem}"
        rows.append((f"Cilium:\t{text}", (_component(call, "cilium", "failure", problem),)))
    else:
        rows.append((f"Cilium:\tOk\t{version} (v{version}-{COMMIT})", (_component(call, "cilium", "ok"),)))
    used = len(agent.ipam.owners)
    rows += [
        ("NodeMonitor:\tListening for events on 4 CPUs with 64x4096 of shared memory", ()),
        ("Cilium health daemon:\tOk\t", ()),
        (f"IPAM:\tIPv4: {used}/{agent.ipam.capacity} allocated from {ranges}, ",
         (fact("node", cluster=call.cluster, node=agent.node, pod_cidr=ranges,
               status=f"{used}/{agent.ipam.capacity}"),)),
    ]  # fmt: skip
    if call.flags.is_on("all-addresses") or call.flags.is_on("verbose"):
        rows.append(("Allocated addresses:", ()))
        rows += [(f"  {ip} ({owner})", ()) for ip, owner in sorted(agent.ipam.owners.items())]
    rows += _mesh(call)
    return rows


def _mesh(call: Call) -> _Rows:
    agent = call.agent
    ready = [remote for remote in agent.remotes.values() if remote.is_ready]
    rows: _Rows = [(f"ClusterMesh:\t{len(ready)}/{len(agent.remotes)} remote clusters ready", ())]
    shows_all = call.flags.is_on("all-clusters") or call.flags.is_on("verbose")
    for name in sorted(agent.remotes):
        remote = agent.remotes[name]
        if shows_all or not remote.is_ready:
            status = "ready" if remote.is_ready else "not-ready"
            known = (fact("mesh", cluster=call.cluster, remote=name, status=status, message=remote.problem or None),)
            rows += [(text, known) for text in _remote(call, remote)]
    return rows


def _remote(call: Call, remote: RemoteCluster) -> list[str]:
    view = remote.view
    counts = (0, 0, 0, 0)
    if view is not None:
        counts = (len(view.nodes), len(view.endpoints), len(view.identities), len(view.services))
    ago = "never"
    if remote.failures and remote.last_failure_ns:
        ago = f"{format_duration((call.agent.now_ns - remote.last_failure_ns) // SECOND * SECOND)} ago"
    word = "ready" if remote.is_ready else "not-ready"
    head = (
        f"   {remote.name}: {word}, {counts[0]} nodes, {counts[1]} endpoints, {counts[2]} identities, "
        f"{counts[3]} services, 0 MCS-API service exports, {remote.failures} reconnections (last: {ago})"
    )
    if not remote.is_ready:
        flags = "nodes=false, endpoints=false, identities=false, services=false"
        return [
            head,
            f"   └  {remote.problem}",
            "   └  remote configuration: expected=unknown, retrieved=unknown",
            f"   └  synchronization status: {flags}",
        ]
    number = view.cluster_id if view is not None else 0
    return [
        head,
        "   └  etcd: 1/1 connected, leases=0, lock leases=0, has-quorum=true: "
        "endpoint status checks are disabled, ID: c6ba18866da7dfd8",
        f"   └  remote configuration: expected=true, retrieved=true, cluster-id={number}, kvstoremesh=true, "
        "sync-canaries=true, service-exports=unsupported",
        "   └  synchronization status: nodes=true, endpoints=true, identities=true, services=true",
    ]


def _tail(call: Call) -> _Rows:
    agent, config = call.agent, call.agent.config
    network = f"Tunnel [{config.tunnel_protocol}]" if config.is_tunnel else "Native"
    host = "BPF" if config.has_bpf_host_routing else "Legacy"
    ranges = ", ".join(agent.ipam.ranges)
    masquerade = "IPTables [IPv4: Enabled, IPv6: Disabled]"
    if config.is_on("enable-bpf-masquerade"):
        v6 = "Enabled" if config.is_on("enable-ipv6-masquerade") else "Disabled"
        masquerade = f"BPF\t[eth0]\t{ranges}\t[IPv4: Enabled, IPv6: {v6}]"
    if not config.is_on("enable-ipv4-masquerade", default=True):
        masquerade = "Disabled"
    redirects = sum(
        len(agent.policy_of(endpoint).redirects()) for endpoint in agent.endpoints.values() if endpoint.is_pod
    )
    controllers = 14 + 4 * len(agent.endpoints)
    envoy = "external" if config.is_on("external-envoy-proxy", default=True) else "embedded"
    low = 256 if not config.cluster_id else config.cluster_id << 16
    rows: _Rows = [
        ("IPv4 BIG TCP:\tDisabled", ()),
        ("IPv6 BIG TCP:\tDisabled", ()),
        ("BandwidthManager:\tDisabled", ()),
        (f"Routing:\tNetwork: {network}\tHost: {host}",
         (fact("config", cluster=call.cluster, node=agent.node, key="routing-mode", value=network),)),
        ("Attach Mode:\tTCX", ()),
        ("Device Mode:\tveth", ()),
        (f"Masquerading:\t{masquerade}", ()),
        (f"Controller Status:\t{controllers}/{controllers} healthy", ()),
        (f"Proxy Status:\tOK, ip {agent.router_ip}, {redirects} redirects active on ports 10000-20000, "
         f"Envoy: {envoy}", ()),
        (f"Global Identity Range:\tmin {low}, max {(config.cluster_id << 16) + 65535}", ()),
        (f"Hubble:\t{_hubble(call)}", ()),
        ("Encryption:\tDisabled\t", ()),
    ]  # fmt: skip
    return [*rows, *_health(call), ("Modules Health:\tStopped(0) Degraded(0) OK(8)", ()), ("", ())]


def _hubble(call: Call) -> str:
    agent = call.agent
    if not agent.config.has_hubble:
        return "Disabled"
    node = NodeHubble(agent, "")
    full = 100 * node.flow_count / agent.ring.capacity
    return (
        f"Ok\tCurrent/Max Flows: {node.flow_count}/{agent.ring.capacity} ({full:.2f}%), "
        f"Flows/s: {node.rate():.2f}\tMetrics: Disabled"
    )


def _health(call: Call) -> _Rows:
    agent = call.agent
    links = fabric_of(call.context.session.world).links
    unreachable: _Rows = []
    total = 0
    for other in agents_of(call.context.cluster):
        total += 1
        if links.allows(agent.place, other.place, "TCP", HEALTH_PORT) and links.allows(
            agent.place, other.place, "UDP", 8472
        ):
            continue
        name = f"{agent.config.cluster_name}/{other.node}"
        known = (_component(call, f"health {other.node}", "unreachable"),)
        unreachable.append((f"  {name}\t{other.node_ip}\t0/1\t0/1", known))
    at = rfc3339_nano(agent.now_ns // (60 * SECOND) * 60 * SECOND)
    head = f"Cluster health:\t{total - len(unreachable)}/{total} reachable\t({at})\t(Probe interval: {PROBE_INTERVAL})"
    return [(head, ()), ("Name\tIP\tNode\tEndpoints", ()), *unreachable]


COMMANDS = (
    Sub(
        "status", "status", "Display status of daemon", _status,
        lambda: [
            boolean("all-addresses", "Show all allocated addresses, not just count"),
            boolean("all-clusters", "Show all clusters"),
            boolean("all-controllers", "Show all controllers, not just failing"),
            boolean("all-health", "Show all health status, not just failing"),
            boolean("all-nodes", "Show all nodes, not just localhost"),
            boolean("all-redirects", "Show all redirects"),
            boolean("brief", "Only print a one-line status message"),
            string("output", "json| yaml| jsonpath='{}'", short="o"),
            boolean("require-k8s-connectivity", "When false, Kubernetes connectivity is not required", default=True),
            duration("timeout", "Sets the timeout to use when querying for health", default=30 * SECOND),
            boolean(
                "verbose", "Equivalent to --all-addresses --all-controllers --all-nodes --all-redirects --all-health"
            ),
        ],
    ),
)  # fmt: skip
