"""Which Helm values have an effect in the simulation: what the chart knows and the model does not, is refused.

A value that the chart does not know either is accepted, as Helm accepts it: it has no effect there.
Source: chart 1.19 values; reference cilium-cli, section 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from quizgame.cluster.install.config import config_data
from quizgame.cluster.install.release import render
from quizgame.cluster.install.values import Values, assign, lookup, merge

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

_CHART_TEXT = """
affinity agent agentNotReadyTaintKey aksbyocni alibabacloud annotateK8sNode annotations apiRateLimit authentication
autoDirectNodeRoutes azure bandwidthManager bgpControlPlane bpf bpfClockProbe certgen cgroup ciliumEndpointSlice
cleanBpfState cleanState cluster clustermesh cni commonLabels conntrackGCInterval conntrackGCMaxInterval
crdWaitTimeout daemon dashboards debug defaultLBServiceIPAM devices directRoutingSkipUnreachable disableEndpointCRD
dnsPolicy dnsProxy egressGateway enableCriticalPriorityClass enableIPv4BIGTCP enableIPv4Masquerade enableIPv6BIGTCP
enableIPv6Masquerade enableK8sTerminatingEndpoint enableLBIPAM enableMasqueradeRouteSource
enableNoServiceEndpointsRoutable enableNonDefaultDenyPolicies enableRemoteNodeMasquerade enableTunnelBIGTCP
enableXTSocketFallback encryption endpointHealthChecking endpointLockdownOnMapOverflow endpointRoutes eni envoy
envoyConfig etcd extraArgs extraConfig extraContainers extraEnv extraHostPathMounts extraInitContainers
extraVolumeMounts extraVolumes forceDeviceDetection gatewayAPI gke healthCheckICMPFailureThreshold healthChecking
healthPort hostFirewall hubble identityAllocationMode identityChangeGracePeriod identityManagementMode image
imagePullSecrets ingressController initResources installNoConntrackIptablesRules ipMasqAgent ipam ipv4
ipv4NativeRoutingCIDR ipv6 ipv6NativeRoutingCIDR k8s k8sClientRateLimit k8sNetworkPolicy k8sServiceHost
k8sServiceHostRef k8sServiceLookupConfigMapName k8sServiceLookupNamespace k8sServicePort keepDeprecatedLabels
keepDeprecatedProbes kubeConfigPath kubeProxyReplacement kubeProxyReplacementHealthzBindAddr l2NeighDiscovery
l2announcements l2podAnnouncements l7Proxy livenessProbe loadBalancer localRedirectPolicies localRedirectPolicy
logSystemLoad maglev monitor MTU name namespaceOverride nat nat46x64Gateway nodeIPAM nodePort nodeSelector
nodeSelectorLabels nodeinit operator pmtuDiscovery podAnnotations podLabels podSecurityContext policyAuditMode
policyCIDRMatchMode policyDenyResponse policyEnforcementMode preflight priorityClassName prometheus readinessProbe
resourceQuotas resources rollOutCiliumPods routingMode scheduling sctp secretsNamespaceAnnotations
secretsNamespaceLabels securityContext serviceAccounts serviceNoBackendResponse sleepAfterInit socketLB
standaloneDnsProxy startupProbe synchronizeK8sNodes sysctlfix terminationGracePeriodSeconds tls tmpVolume
tolerations tunnelPort tunnelProtocol tunnelSourcePortRange underlayProtocol updateStrategy upgradeCompatibility
vtep waitForKubeProxy wellKnownIdentities
"""
_CHART = frozenset(_CHART_TEXT.split())
"""What stands at the top of the chart's values."""
_HARMLESS_TEXT = """
affinity annotations automount crdWaitTimeout dashboards extraVolumeMounts extraVolumes imagePullSecrets
initResources livenessProbe nodeSelector nodeSelectorLabels podAnnotations podDisruptionBudget podLabels
podSecurityContext priorityClassName pullPolicy readinessProbe resources securityContext serviceMonitor
sleepAfterInit startupProbe terminationGracePeriodSeconds tolerations topologySpreadConstraints useDigest
"""
_HARMLESS = frozenset(_HARMLESS_TEXT.split())
"""Parts of paths that have no effect on what can be seen here: where and with what pods may run."""
_FREE_TEXT = """
annotateK8sNode bpf.preallocateMaps hubble.relay.rollOutPods hubble.tls.auto.method hubble.tls.enabled
hubble.ui.rollOutPods k8sServicePort operator.prometheus.enabled operator.rollOutPods waitForKubeProxy
"""
_FREE = frozenset(_FREE_TEXT.split())
"""Values that make no difference to a simulated cluster."""
_SERVER = "k8sServiceHost"
_WAYS: tuple[Mapping[str, Any], ...] = (
    {"encryption": {"type": "ipsec"}, "ipam": {"mode": "cluster-pool"}, "clustermesh": {"useAPIServer": True}},
    {"encryption": {"type": "wireguard"}, "ipam": {"mode": "multi-pool"}},
    {"ipam": {"mode": "eni"}},
)
"""Choices under which other values count."""


class _Watched(dict[str, Any]):
    """Values that keep note of which paths were looked at."""

    def __init__(self, values: Mapping[str, Any], seen: set[str], path: str = "") -> None:
        super().__init__(
            {
                key: _Watched(value, seen, f"{path}{key}.") if isinstance(value, Mapping) else value
                for key, value in values.items()
            }
        )
        self._seen = seen
        self._path = path

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if not isinstance(value, _Watched):
            self._seen.add(f"{self._path}{key}")
        return value

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401  (that would call itself)

    def items(self) -> Any:
        self._seen.add(f"{self._path}*")
        return super().items()

    def keys(self) -> Any:
        self._seen.add(f"{self._path}*")
        return super().keys()

    def __iter__(self) -> Iterator[str]:
        self._seen.add(f"{self._path}*")
        return super().__iter__()


def without_effect(cluster: Cluster, given: Values, version: str) -> list[str]:
    """Paths of given values that a real installation would heed and the simulation would not, sorted."""
    paths = [path for path in _leaves(given) if path.partition(".")[0] in _CHART and not _is_harmless(path)]
    host = str(lookup(given, _SERVER, ""))
    if host in ("", cluster.api_address, f"{cluster.context.removeprefix('kind-')}-control-plane", "auto"):
        paths = [path for path in paths if path != _SERVER]
    seen = _looked_at(cluster, given, version)
    left = [path for path in paths if not _is_seen(path, seen)]
    for choice in _WAYS if left else ():
        wanted: Values = merge(given, choice)
        for path in left:
            steps = path.split(".")
            for length in range(1, len(steps)):
                switch = ".".join((*steps[:length], "enabled"))
                if switch != path:
                    wanted = assign(wanted, switch, True)
        seen = _looked_at(cluster, wanted, version)
        left = [path for path in left if not _is_seen(path, seen)]
    return sorted(left)


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def _is_harmless(path: str) -> bool:
    return path in _FREE or not _HARMLESS.isdisjoint(path.split("."))


def _is_seen(path: str, seen: set[str]) -> bool:
    steps = path.split(".")
    above = chain(*((".".join(steps[:length]), ".".join((*steps[:length], "*"))) for length in range(1, len(steps))))
    return path in seen or any(each in seen for each in above)


def _looked_at(cluster: Cluster, values: Values, version: str) -> set[str]:
    seen: set[str] = set()
    watched = _Watched(values, seen)
    seen.clear()
    config_data(watched, version)
    render(cluster, watched, version)
    return seen
