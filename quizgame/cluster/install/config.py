"""The ConfigMap ``cilium-config``: its keys and values, from the release's values."""

from __future__ import annotations

from typing import Any

from quizgame.cluster.agent.former import new_keys
from quizgame.cluster.crds import minor_of
from quizgame.cluster.install.edge import edge_data
from quizgame.cluster.install.ipam_config import ipam_data
from quizgame.cluster.install.spire import mutual_keys
from quizgame.cluster.install.values import Values, lookup

# Source: the true ConfigMap of the 1.19.5 chart (reference golden config-view): keys that no value of ours changes.
_CONSTANT = """
agent-not-ready-taint-key node.cilium.io/agent-not-ready
bpf-distributed-lru false
bpf-events-drop-enabled true
bpf-events-policy-verdict-enabled true
bpf-events-trace-enabled true
bpf-lb-algorithm-annotation false
bpf-lb-map-max 65536
bpf-lb-mode-annotation false
bpf-lb-source-range-all-types false
bpf-map-dynamic-size-ratio 0.0025
bpf-policy-stats-map-max 65536
bpf-root /sys/fs/bpf
cgroup-root /run/cilium/cgroupv2
cilium-endpoint-gc-interval 5m0s
clustermesh-cache-ttl 0s
clustermesh-mcs-api-install-crds true
cni-log-file /var/run/cilium/cilium-cni.log
custom-cni-conf false
datapath-mode veth
direct-routing-skip-unreachable false
dnsproxy-enable-transparent-mode true
dnsproxy-socket-linger-timeout 10
egress-gateway-reconciliation-trigger-interval 1s
enable-auto-protect-node-port-range true
enable-bpf-clock-probe false
enable-drift-checker true
enable-dynamic-config true
enable-endpoint-lockdown-on-policy-overflow false
enable-health-check-loadbalancer-ip false
enable-health-check-nodeport true
enable-ipv4-big-tcp false
enable-ipv6-big-tcp false
enable-masquerade-to-route-source false
enable-metrics true
enable-no-service-endpoints-routable true
enable-policy-secrets-sync true
enable-service-topology false
enable-source-ip-verification true
enable-tcx true
enable-vtep false
enable-well-known-identities false
enable-xt-socket-fallback true
envoy-access-log-buffer-size 4096
envoy-base-id 0
envoy-keep-cap-netbindservice false
health-check-icmp-failure-threshold 3
http-retry-count 3
http-stream-idle-timeout 300
identity-gc-interval 15m0s
identity-heartbeat-timeout 30m0s
identity-management-mode agent
install-no-conntrack-iptables-rules false
ipam-cilium-node-update-rate 15s
iptables-random-fully false
k8s-require-ipv6-pod-cidr false
kube-proxy-replacement-healthz-bind-address
mesh-auth-gc-interval 5m0s
mesh-auth-queue-size 1024
mesh-auth-rotated-identities-queue-size 1024
metrics-sampling-interval 5m
monitor-aggregation-flags all
monitor-aggregation-interval 5s
nat-map-stats-entries 32
nat-map-stats-interval 30s
node-port-bind-protection true
nodes-gc-interval 5m0s
operator-api-serve-addr 127.0.0.1:9234
operator-prometheus-serve-addr :9963
packetization-layer-pmtud-mode blackhole
policy-secrets-namespace cilium-secrets
policy-secrets-only-from-secrets-namespace true
preallocate-bpf-maps false
procfs /host/proc
proxy-cluster-max-connections 1024
proxy-cluster-max-requests 1024
proxy-connect-timeout 2
proxy-idle-timeout-seconds 60
proxy-initial-fetch-timeout 30
proxy-max-active-downstream-connections 50000
proxy-max-concurrent-retries 128
proxy-max-connection-duration-seconds 0
proxy-max-requests-per-connection 0
proxy-use-original-source-address true
proxy-xff-num-trusted-hops-egress 0
proxy-xff-num-trusted-hops-ingress 0
remove-cilium-node-taints true
service-no-backend-response reject
set-cilium-is-up-condition true
set-cilium-node-taints true
synchronize-k8s-nodes true
tofqdns-enable-dns-compression true
tofqdns-idle-connection-grace-period 0s
tofqdns-max-deferred-connection-deletes 10000
tofqdns-preallocate-identities true
tofqdns-proxy-response-max-delay 100ms
tunnel-source-port-range 0-0
unmanaged-pod-watcher-interval 15s
vtep-cidr
vtep-endpoint
vtep-mac
vtep-mask
write-cni-conf-when-ready /host/etc/cni/net.d/05-cilium.conflist
"""

# Key, path of its value, default. Always written. Source: chart 1.19 values and the golden ConfigMap.
_ALWAYS: tuple[tuple[str, str, Any], ...] = (
    ("auto-direct-node-routes", "autoDirectNodeRoutes", False),
    ("bpf-lb-acceleration", "loadBalancer.acceleration", "disabled"),
    ("bpf-lb-external-clusterip", "bpf.lbExternalClusterIP", False),
    ("bpf-lb-sock", "socketLB.enabled", False),
    ("bpf-policy-map-max", "bpf.policyMapMax", 16384),
    ("cluster-id", "cluster.id", 0),
    ("cluster-name", "cluster.name", "default"),
    ("clustermesh-enable-endpoint-sync", "clustermesh.enableEndpointSliceSynchronization", False),
    ("clustermesh-enable-mcs-api", "clustermesh.mcsapi.enabled", False),
    ("cni-exclusive", "cni.exclusive", True),
    ("debug", "debug.enabled", False),
    ("default-lb-service-ipam", "defaultLBServiceIPAM", "lbipam"),
    ("enable-bpf-masquerade", "bpf.masquerade", False),
    ("enable-endpoint-health-checking", "endpointHealthChecking.enabled", True),
    ("enable-health-checking", "healthChecking", True),
    ("enable-hubble", "hubble.enabled", True),
    ("enable-ipv4", "ipv4.enabled", True),
    ("enable-ipv4-masquerade", "enableIPv4Masquerade", True),
    ("enable-ipv6", "ipv6.enabled", False),
    ("enable-ipv6-masquerade", "enableIPv6Masquerade", True),
    ("enable-k8s-networkpolicy", "enableK8sNetworkPolicy", True),
    ("enable-l2-neigh-discovery", "l2NeighDiscovery.enabled", False),
    ("enable-l7-proxy", "l7Proxy", True),
    ("enable-lb-ipam", "enableLBIPAM", True),
    ("enable-node-selector-labels", "nodeSelectorLabels", False),
    ("enable-non-default-deny-policies", "enableNonDefaultDenyPolicies", True),
    ("enable-policy", "policyEnforcementMode", "default"),
    ("enable-sctp", "sctp.enabled", False),
    ("external-envoy-proxy", "envoy.enabled", True),
    ("identity-allocation-mode", "identityAllocationMode", "crd"),
    ("ipam", "ipam.mode", "cluster-pool"),
    ("k8s-require-ipv4-pod-cidr", "k8s.requireIPv4PodCIDR", False),
    ("kube-proxy-replacement", "kubeProxyReplacement", False),
    ("max-connected-clusters", "clustermesh.maxConnectedClusters", 255),
    ("mesh-auth-enabled", "authentication.enabled", False),
    ("monitor-aggregation", "bpf.monitorAggregation", "medium"),
    ("policy-default-local-cluster", "clustermesh.policyDefaultLocalCluster", True),
    ("policy-deny-response", "policyDenyResponse", "none"),
    ("routing-mode", "routingMode", "tunnel"),
    ("tofqdns-dns-reject-response-code", "dnsProxy.dnsRejectResponseCode", "refused"),
    ("tofqdns-endpoint-max-ip-per-hostname", "dnsProxy.endpointMaxIpPerHostname", 1000),
    ("tunnel-protocol", "tunnelProtocol", "vxlan"),
)

# Key and path: written only where the value is given. Source: chart 1.19 values.
_WHERE_GIVEN: tuple[tuple[str, str], ...] = (
    ("bpf-lb-algorithm", "loadBalancer.algorithm"),
    ("bpf-lb-dsr-dispatch", "loadBalancer.dsrDispatch"),
    ("bpf-lb-maglev-hash-seed", "maglev.hashSeed"),
    ("bpf-lb-maglev-table-size", "maglev.tableSize"),
    ("bpf-lb-mode", "loadBalancer.mode"),
    ("bpf-lb-sock-hostns-only", "socketLB.hostNamespaceOnly"),
    ("cni-chaining-mode", "cni.chainingMode"),
    ("devices", "devices"),
    ("envoy-keep-cap-netbindservice", "envoy.securityContext.capabilities.keepCapNetBindService"),
    ("direct-routing-device", "nodePort.directRoutingDevice"),
    ("direct-routing-skip-unreachable", "directRoutingSkipUnreachable"),
    ("enable-endpoint-routes", "endpointRoutes.enabled"),
    ("enable-ip-masq-agent", "ipMasqAgent.enabled"),
    ("hubble-event-buffer-capacity", "hubble.eventBufferCapacity"),
    ("ipv4-native-routing-cidr", "ipv4NativeRoutingCIDR"),
    ("ipv6-native-routing-cidr", "ipv6NativeRoutingCIDR"),
    ("k8s-client-burst", "k8sClientRateLimit.burst"),
    ("k8s-client-qps", "k8sClientRateLimit.qps"),
    ("mtu", "MTU"),
    ("policy-cidr-match-mode", "policyCIDRMatchMode"),
    ("underlay-protocol", "underlayProtocol"),
)

# A feature's switch, and the keys that it brings when on; they are absent when it is off.
# Source: reference cilium-cli.md section 3 (keys of a feature that is off are absent), chart 1.19 templates.
_FEATURES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("hubble.enabled", (
        ("hubble-disable-tls", "false"),
        ("hubble-listen-address", ":4244"),
        ("hubble-network-policy-correlation-enabled", "true"),
        ("hubble-socket-path", "/var/run/cilium/hubble.sock"),
        ("hubble-tls-cert-file", "/var/lib/cilium/tls/hubble/server.crt"),
        ("hubble-tls-client-ca-files", "/var/lib/cilium/tls/hubble/client-ca.crt"),
        ("hubble-tls-key-file", "/var/lib/cilium/tls/hubble/server.key"),
    )),
    ("hubble.metrics.enableOpenMetrics", (("enable-hubble-open-metrics", "true"),)),
    ("policyAuditMode", (("policy-audit-mode", "true"),)),
    ("prometheus.enabled", (
        ("prometheus-serve-addr", ":9962"),
        ("controller-group-metrics", "write-cni-file sync-host-ips sync-lb-maps-with-k8s-services"),
    )),
    ("bgpControlPlane.enabled", (
        ("enable-bgp-control-plane", "true"),
        ("bgp-secrets-namespace", "kube-system"),
        ("enable-bgp-control-plane-status-report", "true"),
        ("bgp-router-id-allocation-mode", "default"),
    )),
    ("envoyConfig.enabled", (("enable-envoy-config", "true"),)),
    ("loadBalancer.l7.backend", (("enable-envoy-config", "true"),)),
    ("egressGateway.enabled", (("enable-egress-gateway", "true"),)),
    ("l2announcements.enabled", (("enable-l2-announcements", "true"),)),
    ("hostFirewall.enabled", (("enable-host-firewall", "true"),)),
    ("ciliumEndpointSlice.enabled", (("enable-cilium-endpoint-slice", "true"),)),
    ("nodeIPAM.enabled", (("enable-node-ipam", "true"),)),
)  # fmt: skip


# Key, the version that changed its default, and the default before. Source: upgrade notes (reference versions.md).
_DEFAULTS_BEFORE: tuple[tuple[str, tuple[int, int], str, str], ...] = (
    ("policy-default-local-cluster", (1, 19), "clustermesh.policyDefaultLocalCluster", "false"),
)


_ENCRYPTION: dict[str, dict[str, str]] = {
    "ipsec": {"enable-ipsec": "true", "ipsec-key-file": "/etc/ipsec/keys"},
    "wireguard": {"enable-wireguard": "true"},
    "ztunnel": {"enable-ztunnel": "true"},
}
"""What each type of encryption always brings."""


def config_data(values: Values, version: str = "1.19.5") -> dict[str, str]:
    """The data of ``cilium-config``, keys sorted.

    Args:
        values: Values of the release; whatever is not given has the chart's default.
        version: Cilium's version, for defaults that changed.
    """
    data: dict[str, str] = {}
    for line in _CONSTANT.strip().splitlines():
        key, _, value = line.partition(" ")
        data[key] = value
    for key, path, default in _ALWAYS:
        data[key] = _text(lookup(values, path, default))
    minor = minor_of(version)
    data |= {
        key: former
        for key, changed, path, former in _DEFAULTS_BEFORE
        if minor < changed and lookup(values, path) is None
    }
    for key, path in _WHERE_GIVEN:
        value = lookup(values, path)
        if value not in (None, ""):
            data[key] = _text(value)
    for path, keys in _FEATURES:
        if lookup(values, path, path == "hubble.enabled"):
            data.update(keys)
    for extend in _EXTENSIONS:
        data.update(extend(values))
    for key in new_keys(version):
        data.pop(key, None)
    for key, value in (lookup(values, "extraConfig", {}) or {}).items():
        data[key] = _text(value)
    return dict(sorted(data.items()))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return str(value)


def _encryption(values: Values) -> dict[str, str]:
    # Source: chart 1.19; versions.md: strict mode's options for egress and ingress.
    data: dict[str, str] = {}
    if lookup(values, "encryption.enabled", False):
        data |= _ENCRYPTION.get(lookup(values, "encryption.type", "ipsec"), {})
        if "enable-ipsec" in data:
            data["enable-ipsec-key-watcher"] = _text(lookup(values, "encryption.ipsec.keyWatcher", True))
            data["ipsec-key-rotation-duration"] = _text(lookup(values, "encryption.ipsec.keyRotationDuration", "5m"))
            data["enable-ipsec-encrypted-overlay"] = _text(lookup(values, "encryption.ipsec.encryptedOverlay", False))
        if "enable-wireguard" in data:
            keepalive = lookup(values, "encryption.wireguard.persistentKeepalive", "0s")
            data["wireguard-persistent-keepalive"] = _text(keepalive)
        if lookup(values, "encryption.nodeEncryption", False):
            data["encrypt-node"] = "true"
    if lookup(values, "encryption.strictMode.egress.enabled", False):
        allows_nodes = lookup(values, "encryption.strictMode.egress.allowRemoteNodeIdentities", False)
        data |= {
            "enable-encryption-strict-mode-egress": "true",
            "encryption-strict-egress-cidr": _text(lookup(values, "encryption.strictMode.egress.cidr", "")),
            "encryption-strict-egress-allow-remote-node-identities": _text(allows_nodes),
        }
    if lookup(values, "encryption.strictMode.enabled", False):
        # The flat options of 1.18, which 1.19 still knows.
        allows_nodes = lookup(values, "encryption.strictMode.allowRemoteNodeIdentities", False)
        data |= {
            "enable-encryption-strict-mode": "true",
            "encryption-strict-mode-cidr": _text(lookup(values, "encryption.strictMode.cidr", "")),
            "encryption-strict-mode-allow-remote-node-identities": _text(allows_nodes),
        }
    if lookup(values, "encryption.strictMode.ingress.enabled", False):
        data["enable-encryption-strict-mode-ingress"] = "true"
    return data


def _hubble_metrics(values: Values) -> dict[str, str]:
    metrics = lookup(values, "hubble.metrics.enabled", [])
    if not metrics or not lookup(values, "hubble.enabled", True):
        return {}
    return {"hubble-metrics": _text(metrics), "hubble-metrics-server": ":9965"}


def _redirects(values: Values) -> dict[str, str]:
    if not (lookup(values, "localRedirectPolicies.enabled", False) or lookup(values, "localRedirectPolicy", False)):
        return {}
    ranges = lookup(values, "localRedirectPolicies.addressMatcherCIDRs") or []
    allowed = {"lrp-address-matcher-cidrs": ",".join(map(str, ranges))} if ranges else {}
    return {"enable-local-redirect-policy": "true", **allowed}


def _bandwidth(values: Values) -> dict[str, str]:
    if not lookup(values, "bandwidthManager.enabled", False):
        return {}
    return {
        "enable-bandwidth-manager": "true",
        "enable-bbr": _text(lookup(values, "bandwidthManager.bbr", False)),
        "enable-bbr-hostns-only": _text(lookup(values, "bandwidthManager.bbrHostNamespaceOnly", False)),
    }


def _l2_announcements(values: Values) -> dict[str, str]:
    if not lookup(values, "l2announcements.enabled", False):
        return {}
    named = {
        "lease-duration": "leaseDuration",
        "renew-deadline": "leaseRenewDeadline",
        "retry-period": "leaseRetryPeriod",
    }
    given = ((key, lookup(values, f"l2announcements.{path}")) for key, path in named.items())
    return {f"l2-announcements-{key}": _text(value) for key, value in given if value}


_EXTENSIONS = (
    ipam_data, edge_data, _encryption, _hubble_metrics, mutual_keys, _l2_announcements, _bandwidth,
    _redirects,
)  # fmt: skip
"""Groups of keys that follow from several values."""
