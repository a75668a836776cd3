"""How ``cilium-dbg status`` prints the agent's answer. Pure: no cluster is looked at.

Source: reference cilium-dbg, section 3, and its goldens ``status-*``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quizgame.goflags.durations import parse_duration
from quizgame.goflags.tabwriter import TabWriter
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium_dbg.model.times import since

Model = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Details:
    """What is shown beyond the summary."""

    all_addresses: bool = False
    all_clusters: bool = False
    all_controllers: bool = False
    all_redirects: bool = False
    proxy_details: bool = False
    """Details of kube-proxy replacement, clock source and map sizes (``--verbose`` alone)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One or more lines, and what they are about."""

    text: str
    topic: str = ""
    """A key of the answer (``kubernetes``), ``mesh:NAME``, ``controller:NAME`` or ``health:NODE``."""


def aligned(entries: Iterable[Entry]) -> list[Entry]:
    """Set the lines as the tool's tabwriter does; one entry a line."""
    listed = list(entries)
    writer = TabWriter(2, 0, 3)
    writer.write("".join(f"{entry.text}\n" for entry in listed))
    topics = [entry.topic for entry in listed for _ in entry.text.split("\n")]
    return [Entry(text, topic) for text, topic in zip(writer.flush().split("\n"), topics, strict=False)]


def status_entries(model: Model, details: Details, now_ns: int) -> list[Entry]:
    """The lines of the status up to encryption, not yet aligned."""
    return [
        *_subsystems(model),
        *_addresses(model, details),
        *_clusters(model, details, now_ns),
        *_datapath(model, details),
        *_controllers(model, details, now_ns),
        *_proxy(model, details),
        Entry(f"Global Identity Range:\tmin {model['identity-range']['min-identity']}, "
              f"max {model['identity-range']['max-identity']}", "identity-range"),
        Entry(f"Hubble:\t{_hubble(model)}", "hubble"),
        *(_replacement_details(model) if details.proxy_details else ()),
        Entry(f"Encryption:\t{_encryption(model['encryption'])}", "encryption"),
    ]  # fmt: skip


def is_ok(model: Model) -> bool:
    """Whether the agent is well; the status of one that is not stops early, with exit status 1."""
    return bool(model["cilium"]["state"] == "Ok")


def brief(model: Model) -> tuple[str, bool]:
    """The one-line status, and whether it is a failure."""
    for key, name in (("kvstore", "kvstore"), ("kubernetes", "kubernetes"), ("cilium", "cilium")):
        if model[key]["state"] not in ("Ok", "Disabled"):
            return f"error in {name}: {model[key].get('msg', '')}", True
    health = model["cluster"]["ciliumHealth"]
    if health["state"] not in ("Ok", "Disabled"):
        return f"error in cilium-health: {health.get('msg', '')}", False
    for controller in model["controllers"]:
        if controller["status"].get("consecutive-failure-count"):
            return f"error in controller {controller['name']}: {controller['status']['last-failure-msg']}", False
    return "OK", False


def _subsystems(model: Model) -> list[Entry]:
    kubernetes, replacement, cilium = model["kubernetes"], model["kube-proxy-replacement"], model["cilium"]
    apis = '", "'.join(kubernetes.get("k8s-api-versions") or ())
    firewall = model["host-firewall"]
    enabled = firewall["mode"] == "Enabled"
    entries = [
        Entry(f"KVStore:\t{model['kvstore']['state']}\t{model['kvstore'].get('msg', '')}", "kvstore"),
        Entry(f"Kubernetes:\t{kubernetes['state']}\t{kubernetes.get('msg', '')}", "kubernetes"),
        Entry(f'Kubernetes APIs:\t["{apis}"]', "kubernetes"),
        Entry(f"KubeProxyReplacement:\t{replacement['mode']}\t{_devices(replacement)}", "kube-proxy-replacement"),
        Entry(f"Host firewall:\t{firewall['mode']}" + (f"\t[{', '.join(firewall['devices'])}]" if enabled else ""),
              "host-firewall"),
        Entry("SRv6:\tDisabled", "srv6"),
        Entry(f"CNI Chaining:\t{model['cni-chaining']['mode']}", "cni-chaining"),
        Entry(f"CNI Config file:\t{model['cni-file']['msg']}", "cni-file"),
        Entry(f"Cilium:\t{cilium['state']}   {cilium['msg']}", "cilium"),
    ]  # fmt: skip
    stale = model.get("stale") or {}
    if stale:
        listed = ", ".join(f'"{name}" since {instant}' for name, instant in sorted(stale.items()))
        entries.append(Entry(f"Stale status:\t{listed}", "cilium"))
    monitor = model["nodeMonitor"]
    size = f"{monitor['npages']}x{monitor['pagesize']}"
    health = model["cluster"]["ciliumHealth"]
    return [
        *entries,
        Entry(f"NodeMonitor:\tListening for events on {monitor['cpus']} CPUs with {size} of shared memory",
              "nodeMonitor"),
        Entry(f"Cilium health daemon:\t{health['state']}\t{health.get('msg', '')}", "cilium-health"),
        Entry(f"IPAM:\t{model['ipam']['status']}", "ipam"),
    ]  # fmt: skip


def _devices(replacement: Model) -> str:
    direct = replacement.get("directRoutingDevice", "")
    listed = [
        f"{device['name']} {' '.join(device['ip'])}" + (" (Direct Routing)" if device["name"] == direct else "")
        for device in replacement["deviceList"]
    ]
    return f"[{', '.join(listed)}]" if listed else ""


def _addresses(model: Model, details: Details) -> list[Entry]:
    if not details.all_addresses:
        return []
    listed = sorted(f"  {ip} ({owner})" for ip, owner in model["ipam"]["allocations"].items())
    return [Entry("Allocated addresses:"), *(Entry(text, "ipam") for text in listed)]


def _clusters(model: Model, details: Details, now_ns: int) -> list[Entry]:
    clusters = model["cluster-mesh"]["clusters"]
    ready = sum(1 for cluster in clusters if cluster["ready"])
    entries = [Entry(f"ClusterMesh:\t{ready}/{len(clusters)} remote clusters ready", "cluster-mesh")]
    for cluster in clusters:
        if details.all_clusters or not cluster["ready"]:
            entries += [Entry(text, f"mesh:{cluster['name']}") for text in remote_lines(cluster, now_ns)]
    return entries


def _tristate(value: object) -> str:
    return "unknown" if value is None else str(bool(value)).lower()


def remote_lines(cluster: Model, now_ns: int) -> list[str]:
    """The detail of one remote cluster."""
    config = cluster.get("config")
    synced = cluster["synced"]
    ago = since(str(cluster.get("last-failure", "")), now_ns)
    exports = cluster.get("num-service-exports", 0)
    lines = [
        f"   {cluster['name']}: {'ready' if cluster['ready'] else 'not-ready'}, {cluster['num-nodes']} nodes, "
        f"{cluster['num-endpoints']} endpoints, {cluster['num-identities']} identities, "
        f"{cluster['num-shared-services']} services, {exports} MCS-API service exports, "
        f"{cluster['num-failures']} reconnections (last: {ago})",
        f"   └  {cluster['status']}",
    ]
    settings = f"expected={_tristate(config and config['required'])}, "
    settings += f"retrieved={_tristate(config and config['retrieved'])}"
    if config and config["retrieved"]:
        settings += (
            f", cluster-id={config['cluster-id']}, kvstoremesh={str(config['kvstoremesh']).lower()}, "
            f"sync-canaries={str(config['sync-canaries']).lower()}, service-exports=unsupported"
        )
    parts = ", ".join(
        f"{name}={str(synced[name]).lower()}" for name in ("nodes", "endpoints", "identities", "services")
    )
    return [*lines, f"   └  remote configuration: {settings}", f"   └  synchronization status: {parts}"]


_ATTACH = {"tcx": "TCX", "tc": "Legacy TC"}


def _datapath(model: Model, details: Details) -> list[Entry]:
    bandwidth, routing = model["bandwidth-manager"], model["routing"]
    network = routing["inter-host-routing-mode"]
    if routing.get("tunnel-protocol"):
        network += f" [{routing['tunnel-protocol']}]"
    edt = "Disabled"
    if bandwidth.get("enabled"):
        edt = f"EDT with BPF [{bandwidth['congestionControl'].upper()}] [{', '.join(bandwidth['devices'])}]"
    entries = [
        *(Entry(f"{name} BIG TCP:\t" + (f"Enabled\t[{size['maxGRO']}]" if size.get("enabled") else "Disabled"))
          for name, size in (("IPv4", model["ipv4-big-tcp"]), ("IPv6", model["ipv6-big-tcp"]))),
        Entry(f"BandwidthManager:\t{edt}", "bandwidth-manager"),
        Entry(f"Routing:\tNetwork: {network}\tHost: {routing['intra-host-routing-mode']}", "routing"),
        Entry(f"Attach Mode:\t{_ATTACH.get(model['attach-mode'], model['attach-mode'])}"),
        Entry(f"Device Mode:\t{model['datapath-mode']}"),
        Entry(f"Masquerading:\t{_masquerading(model)}", "masquerading"),
    ]  # fmt: skip
    if details.proxy_details:
        entries.append(Entry(f"Clock Source for BPF:\t{model['clock-source']['mode']}"))
    return entries


def _masquerading(model: Model) -> str:
    masquerading = model["masquerading"]
    protocols = masquerading.get("enabledProtocols") or {}
    if not protocols.get("ipv4") and not protocols.get("ipv6"):
        return "Disabled"
    text = "IPTables"
    if masquerading["mode"] == "BPF":
        devices = ", ".join(model["kube-proxy-replacement"]["devices"])
        v4, v6 = masquerading.get("snat-exclusion-cidr-v4", ""), masquerading.get("snat-exclusion-cidr-v6", "")
        text = f"BPF\t[{devices}]\t{v4} {v6}"
    words = {name: "Enabled" if protocols.get(name) else "Disabled" for name in ("ipv4", "ipv6")}
    return f"{text} [IPv4: {words['ipv4']}, IPv6: {words['ipv6']}]"


def _controllers(model: Model, details: Details, now_ns: int) -> list[Entry]:
    listed = sorted(model["controllers"], key=lambda controller: str(controller["name"]))
    failing = [each for each in listed if each["status"].get("consecutive-failure-count")]
    entries = [Entry(f"Controller Status:\t{len(listed) - len(failing)}/{len(listed)} healthy", "controllers")]
    shown = listed if details.all_controllers else failing
    if not shown:
        return entries
    entries.append(Entry("  Name\tLast success\tLast error\tCount\tMessage"))
    for each in shown:
        status = each["status"]
        failures = status.get("consecutive-failure-count", 0)
        message = status["last-failure-msg"] if failures else "no error"
        times = (since(status[f"last-{kind}-timestamp"], now_ns) for kind in ("success", "failure"))
        row = "\t".join((f"  {each['name']}", *times, str(failures), message, ""))
        entries.append(Entry(row, f"controller:{each['name']}" if failures else ""))
    return entries


def _proxy(model: Model, details: Details) -> list[Entry]:
    proxy = model.get("proxy")
    if proxy is None:
        return [Entry("Proxy Status:\tNo managed proxy redirect", "proxy")]
    redirects = proxy["redirects"]
    entries = [
        Entry(f"Proxy Status:\tOK, ip {proxy['ip']}, {len(redirects)} redirects active on ports {proxy['port-range']}, "
              f"Envoy: {proxy['envoy-deployment-mode']}", "proxy"),
    ]  # fmt: skip
    if details.all_redirects and redirects:
        entries.append(Entry("  Protocol\tRedirect\tProxy Port"))
        entries += [Entry(f"  {each['proxy']}\t{each['name']}\t{each['proxy-port']}", "proxy") for each in redirects]
    return entries


def _hubble(model: Model) -> str:
    hubble = model["hubble"]
    if hubble["state"] == "Disabled":
        return "Disabled"
    fields = [f"{hubble['state']} {hubble['msg']}" if hubble.get("msg") else hubble["state"]]
    observer = hubble.get("observer")
    if observer:
        current, most = observer["current-flows"], observer["max-flows"]
        text = f"Current/Max Flows: {current}/{most}" + (f" ({100 * current / most:.2f}%)" if most else "")
        uptime = _seconds(observer["uptime"])
        if uptime:
            text += f", Flows/s: {observer['seen-flows'] / uptime:.2f}"
        fields.append(text)
    fields.append(f"Metrics: {model['hubble-metrics']['state']}")
    return "\t".join(fields)


def _seconds(text: str) -> float:
    return parse_duration(text) / SECOND


def _encryption(model: Model) -> str:
    if model["mode"] != "Wireguard":
        return f"{model['mode']}\t"
    wireguard = model["wireguard"]
    listed = [
        f"{each['name']} (Pubkey: {each['public-key']}, Port: {each['listen-port']}, Peers: {each['peer-count']})"
        for each in wireguard["interfaces"]
    ]
    return f"Wireguard\t[NodeEncryption: {wireguard['node-encryption']}, {', '.join(listed)}]"


def _on(feature: Model) -> str:
    return "Enabled" if feature.get("enabled") else "Disabled"


def _replacement_details(model: Model) -> list[Entry]:
    replacement = model["kube-proxy-replacement"]
    features = replacement["features"]
    port = features["nodePort"]
    # Source: pkg of the tool: the coverage is Full unless socket load balancing is kept to host namespaces.
    lines = [
        "KubeProxyReplacement Details:",
        f"  Status:\t{replacement['mode']}",
        f"  Socket LB:\t{_on(features['socketLB'])}",
        f"  Socket LB Tracing:\t{_on(features['socketLBTracing'])}",
        f"  Socket LB Coverage:\t{'Hostns-only' if features.get('bpfSocketLBHostnsOnly') else 'Full'}",
    ]
    if replacement["deviceList"]:
        lines.append(f"  Devices:\t{_devices(replacement)[1:-1]}")
    if port.get("enabled"):
        lines.append(f"  Mode:\t{port['mode']}")
        if port.get("dsrMode") and port["mode"] != "SNAT":
            lines.append(f"    DSR Dispatch Mode:\t{port['dsrMode']}")
        size = f" (Table Size: {port['lutSize']})" if port.get("lutSize") else ""
        lines.append(f"  Backend Selection:\t{port['algorithm']}{size}")
    lines += [
        f"  Session Affinity:\t{_on(features['sessionAffinity'])}",
        f"  NAT46/64 Support:\t{_on(features['nat46X64'])}",
    ]
    if port.get("enabled"):
        lines.append(f"  XDP Acceleration:\t{port['acceleration']}")
    span = f" (Range: {port['portMin']}-{port['portMax']}) " if port.get("enabled") else " "
    lines += [
        "  Services:",
        "  - ClusterIP:\tEnabled",
        f"  - NodePort:\t{_on(port)}{span}",
        f"  - LoadBalancer:\t{_on(port)} ",
        f"  - externalIPs:\t{_on(features['externalIPs'])} ",
        f"  - HostPort:\t{_on(features['hostPort'])}",
    ]
    if features.get("annotations"):
        lines += ["  Annotations:", *(f"  - {name}" for name in features["annotations"])]
    maps = model["bpf-maps"]
    lines += [
        f"BPF Maps:\tdynamic sizing: on (ratio: {maps['dynamic-size-ratio']:.6f})",
        "  Name\tSize",
        *(f"  {each['name']}\t{each['size']}" for each in maps["maps"]),
    ]
    return [Entry(text) for text in lines]


def modules_summary(levels: Mapping[str, int]) -> list[Entry]:
    """The count of the agent's modules by health, with an empty line after it."""
    counts = " ".join(f"{name}({levels.get(name, 0)})" for name in ("Stopped", "Degraded", "OK"))
    return [Entry(f"Modules Health:\t{counts}"), Entry("")]
