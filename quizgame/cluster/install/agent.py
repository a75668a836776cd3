"""The per-node workloads of a Cilium release: the agent and its Envoy."""

from __future__ import annotations

from quizgame.cluster.agent.encryption import KEYS_SECRET, KEYS_VOLUME
from quizgame.cluster.install import spire
from quizgame.cluster.install.images import image
from quizgame.cluster.install.kind import workload
from quizgame.cluster.install.mesh_config import host_aliases, uses_mirror
from quizgame.cluster.install.values import Values, lookup
from quizgame.cluster.objects import KubeObject

PART_OF = {"app.kubernetes.io/part-of": "cilium"}


def self_reference(name: str, path: str) -> KubeObject:
    """An environment variable that is filled from a field of the pod."""
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def server_address(api_address: str) -> list[KubeObject]:
    """Environment that points to the API server without kube-proxy's help."""
    return [
        {"name": "KUBERNETES_SERVICE_HOST", "value": api_address},
        {"name": "KUBERNETES_SERVICE_PORT", "value": "6443"},
    ]


def anti_affinity(labels: dict[str, str]) -> KubeObject:
    """One pod of a kind on each node."""
    term = {"labelSelector": {"matchLabels": labels}, "topologyKey": "kubernetes.io/hostname"}
    return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}


def probe(port: str | int, *, path: str = "/healthz", failures: int = 3, period: int = 30, **more: int) -> KubeObject:
    """An HTTP probe on the node's loopback address."""
    action = {"host": "127.0.0.1", "path": path, "port": port, "scheme": "HTTP"}
    return {"failureThreshold": failures, "httpGet": action, "periodSeconds": period, "successThreshold": 1, **more}


def agent(values: Values, version: str, api_address: str) -> KubeObject:
    """DaemonSet ``cilium``."""
    # Source: chart 1.19 (names, ports, volumes, order of init containers) as seen in the golden objects; scripts are
    # not copied.
    labels = {"app.kubernetes.io/name": "cilium-agent", **PART_OF, "k8s-app": "cilium"}
    node = [
        self_reference("K8S_NODE_NAME", "spec.nodeName"),
        self_reference("CILIUM_K8S_NAMESPACE", "metadata.namespace"),
    ]
    server = server_address(api_address) if lookup(values, "kubeProxyReplacement", False) else []
    picture = image("cilium", version)
    container: KubeObject = {
        "name": "cilium-agent",
        "image": picture,
        "command": ["cilium-agent"],
        "args": ["--config-dir=/tmp/cilium/config-map"],
        "env": [*node, {"name": "CILIUM_CLUSTERMESH_CONFIG", "value": "/var/lib/cilium/clustermesh/"}, *server],
        "livenessProbe": probe("health", failures=10, timeoutSeconds=5),
        "readinessProbe": probe("health", timeoutSeconds=5),
        "startupProbe": probe("health", failures=300, period=2, initialDelaySeconds=5, timeoutSeconds=1),
        "ports": [
            {"containerPort": 9879, "hostPort": 9879, "name": "health", "protocol": "TCP"},
            {"containerPort": 4244, "hostPort": 4244, "name": "peer-service", "protocol": "TCP"},
        ],
        "securityContext": {
            "capabilities": {
                "add": ["NET_ADMIN", "NET_RAW", "SYS_MODULE", "SYS_ADMIN", "SYS_RESOURCE"],
                "drop": ["ALL"],
            }
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"mountPath": "/sys/fs/bpf", "mountPropagation": "HostToContainer", "name": "bpf-maps"},
            {"mountPath": "/var/run/cilium", "name": "cilium-run"},
            {"mountPath": "/host/etc/cni/net.d", "name": "etc-cni-netd"},
            {"mountPath": "/var/lib/cilium/clustermesh", "name": "clustermesh-secrets", "readOnly": True},
            {"mountPath": "/lib/modules", "name": "lib-modules", "readOnly": True},
            {"mountPath": "/run/xtables.lock", "name": "xtables-lock"},
            {"mountPath": "/var/lib/cilium/tls/hubble", "name": "hubble-tls", "readOnly": True},
            {"mountPath": "/tmp", "name": "tmp"},
        ],
    }
    if has_ipsec(values):
        container["volumeMounts"].append({"mountPath": "/etc/ipsec", "name": KEYS_VOLUME})
    if spire.is_wanted(values):
        container["volumeMounts"].append(spire.socket_volume()[1])
    steps = (
        ("config", ["cilium-dbg", "build-config"]),
        ("mount-cgroup", ["cilium-mount"]),
        ("apply-sysctl-overwrites", ["cilium-sysctlfix"]),
        ("mount-bpf-fs", ["mount-bpf-fs"]),
        ("clean-cilium-state", ["/init-container.sh"]),
        ("install-cni-binaries", ["/install-plugin.sh"]),
    )
    init = [
        {"name": name, "image": picture, "command": command, "env": node if name == "config" else []}
        for name, command in steps
    ]
    pod: KubeObject = {
        "affinity": {"podAntiAffinity": anti_affinity({"k8s-app": "cilium"})},
        "automountServiceAccountToken": True,
        "containers": [container],
        "hostNetwork": True,
        "initContainers": init,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-node-critical",
        "serviceAccountName": "cilium",
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"operator": "Exists"}],
        "volumes": _agent_volumes(values),
    }
    aliases = host_aliases(values)
    if aliases and not uses_mirror(values):
        pod["hostAliases"] = aliases
    made = workload(
        "cilium",
        "kube-system",
        {"k8s-app": "cilium"},
        pod,
        labels=labels,
        pod_labels=labels,
        pod_annotations={"kubectl.kubernetes.io/default-container": "cilium-agent"},
    )
    made["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}
    return made


def has_ipsec(values: Values) -> bool:
    """Whether a release encrypts with IPsec, the chart's default type."""
    return bool(lookup(values, "encryption.enabled", False)) and lookup(values, "encryption.type", "ipsec") == "ipsec"


def keys_secret(values: Values) -> str:
    """Name of the Secret that holds the IPsec key."""
    return str(lookup(values, "encryption.ipsec.secretName", "") or KEYS_SECRET)


def _agent_volumes(values: Values) -> list[KubeObject]:
    hosts = (
        ("cilium-run", "/var/run/cilium", "DirectoryOrCreate"),
        ("bpf-maps", "/sys/fs/bpf", "DirectoryOrCreate"),
        ("etc-cni-netd", "/etc/cni/net.d", "DirectoryOrCreate"),
        ("lib-modules", "/lib/modules", ""),
        ("xtables-lock", "/run/xtables.lock", "FileOrCreate"),
    )
    volumes: list[KubeObject] = [{"emptyDir": {}, "name": "tmp"}]
    volumes += [{"hostPath": {"path": path, "type": kind}, "name": name} for name, path, kind in hosts]
    mesh = [{"secret": {"name": "cilium-clustermesh", "optional": True}}]
    for name, prefix in (
        ("clustermesh-apiserver-remote-cert", "common"),
        ("clustermesh-apiserver-local-cert", "local"),
    ):
        items = [
            {"key": "tls.key", "path": f"{prefix}-etcd-client.key"},
            {"key": "tls.crt", "path": f"{prefix}-etcd-client.crt"},
            {"key": "ca.crt", "path": f"{prefix}-etcd-client-ca.crt"},
        ]
        mesh.append({"secret": {"items": items, "name": name, "optional": True}})
    tls = [
        {"key": "tls.crt", "path": "server.crt"},
        {"key": "tls.key", "path": "server.key"},
        {"key": "ca.crt", "path": "client-ca.crt"},
    ]
    hubble = [{"secret": {"items": tls, "name": "hubble-server-certs", "optional": True}}]
    volumes.append({"name": "clustermesh-secrets", "projected": {"defaultMode": 256, "sources": mesh}})
    volumes.append({"name": "hubble-tls", "projected": {"defaultMode": 256, "sources": hubble}})
    if has_ipsec(values):
        volumes.append({"name": KEYS_VOLUME, "secret": {"secretName": keys_secret(values)}})
    if spire.is_wanted(values):
        volumes.append(spire.socket_volume()[0])
    return volumes


def envoy(version: str, api_address: str, values: Values) -> KubeObject:
    """DaemonSet ``cilium-envoy``."""
    labels = {"app.kubernetes.io/name": "cilium-envoy", **PART_OF, "k8s-app": "cilium-envoy", "name": "cilium-envoy"}
    no_schedule = {"key": "cilium.io/no-schedule", "operator": "NotIn", "values": ["true"]}
    rights = "envoy.securityContext.capabilities"
    pod: KubeObject = {
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [no_schedule]}]
                }
            },
            "podAffinity": anti_affinity({"k8s-app": "cilium"}),
            "podAntiAffinity": anti_affinity({"k8s-app": "cilium-envoy"}),
        },
        "automountServiceAccountToken": True,
        "containers": [
            {
                "name": "cilium-envoy",
                "image": image("cilium-envoy", version),
                "command": ["/usr/bin/cilium-envoy-starter"],
                "args": [
                    *(
                        ["--keep-cap-net-bind-service"]
                        if lookup(values, f"{rights}.keepCapNetBindService", False)
                        else []
                    ),
                    "--",
                    "-c /var/run/cilium/envoy/bootstrap-config.json",
                    "--base-id 0",
                    "--log-level info",
                ],
                "env": [
                    self_reference("K8S_NODE_NAME", "spec.nodeName"),
                    self_reference("CILIUM_K8S_NAMESPACE", "metadata.namespace"),
                    *server_address(api_address),
                ],
                "livenessProbe": probe(9878, failures=10, timeoutSeconds=5),
                "readinessProbe": probe(9878, timeoutSeconds=5),
                "startupProbe": probe(9878, failures=105, period=2, initialDelaySeconds=5, timeoutSeconds=1),
                "ports": [{"containerPort": 9964, "hostPort": 9964, "name": "envoy-metrics", "protocol": "TCP"}],
                "securityContext": {
                    "capabilities": {
                        "add": list(lookup(values, f"{rights}.envoy", ["NET_ADMIN", "SYS_ADMIN"])),
                        "drop": ["ALL"],
                    }
                },
                "terminationMessagePolicy": "FallbackToLogsOnError",
                "volumeMounts": [
                    {"mountPath": "/var/run/cilium/envoy/sockets", "name": "envoy-sockets"},
                    {"mountPath": "/var/run/cilium/envoy/", "name": "envoy-config", "readOnly": True},
                ],
            }
        ],
        "hostNetwork": True,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-node-critical",
        "serviceAccountName": "cilium-envoy",
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"operator": "Exists"}],
        "volumes": [
            {
                "hostPath": {"path": "/var/run/cilium/envoy/sockets", "type": "DirectoryOrCreate"},
                "name": "envoy-sockets",
            },
            {"configMap": {"defaultMode": 256, "name": "cilium-envoy-config"}, "name": "envoy-config"},
        ],
    }
    made = workload("cilium-envoy", "kube-system", {"k8s-app": "cilium-envoy"}, pod, labels=labels, pod_labels=labels)
    made["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}
    return made
