"""The cluster-wide workloads of a Cilium release: operator, Relay, UI, clustermesh-apiserver."""

from __future__ import annotations

from quizgame.cluster.install import spire
from quizgame.cluster.install.agent import PART_OF, anti_affinity, probe, self_reference, server_address
from quizgame.cluster.install.images import image
from quizgame.cluster.install.ipam_config import operator_flavour
from quizgame.cluster.install.kind import workload
from quizgame.cluster.install.mesh_config import host_aliases, uses_mirror
from quizgame.cluster.install.values import Values, lookup
from quizgame.cluster.objects import KubeObject

_NAMESPACE = "kube-system"
_LINUX = {"kubernetes.io/os": "linux"}


def operator(values: Values, version: str, api_address: str) -> KubeObject:
    """Deployment ``cilium-operator``."""
    flavour = operator_flavour(values)
    selector = {"io.cilium/app": "operator", "name": "cilium-operator"}
    labels = {"app.kubernetes.io/name": "cilium-operator", **PART_OF, **selector}
    debug = {"configMapKeyRef": {"key": "debug", "name": "cilium-config", "optional": True}}
    tolerated = (
        "node-role.kubernetes.io/control-plane",
        "node-role.kubernetes.io/master",
        "node.kubernetes.io/not-ready",
        "node.cloudprovider.kubernetes.io/uninitialized",
        "node.cilium.io/agent-not-ready",
    )
    pod: KubeObject = {
        "affinity": {"podAntiAffinity": anti_affinity({"io.cilium/app": "operator"})},
        "automountServiceAccountToken": True,
        "containers": [
            {
                "name": "cilium-operator",
                "image": image(f"operator-{flavour}", version),
                "command": [f"cilium-operator-{flavour}"],
                "args": ["--config-dir=/tmp/cilium/config-map", "--debug=$(CILIUM_DEBUG)"],
                "env": [
                    self_reference("K8S_NODE_NAME", "spec.nodeName"),
                    self_reference("CILIUM_K8S_NAMESPACE", "metadata.namespace"),
                    {"name": "CILIUM_DEBUG", "valueFrom": debug},
                    *server_address(api_address),
                ],
                "livenessProbe": probe("health", period=10, initialDelaySeconds=60, timeoutSeconds=3),
                "readinessProbe": probe("health", failures=5, period=5, timeoutSeconds=3),
                "ports": [
                    {"containerPort": 9234, "hostPort": 9234, "name": "health", "protocol": "TCP"},
                    {"containerPort": 9963, "hostPort": 9963, "name": "prometheus", "protocol": "TCP"},
                ],
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                "terminationMessagePolicy": "FallbackToLogsOnError",
                "volumeMounts": [
                    {"mountPath": "/tmp/cilium/config-map", "name": "cilium-config-path", "readOnly": True}
                ],
            }
        ],
        "hostNetwork": True,
        "nodeSelector": _LINUX,
        "priorityClassName": "system-cluster-critical",
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "serviceAccountName": "cilium-operator",
        "tolerations": [{"key": key, "operator": "Exists"} for key in tolerated],
        "volumes": [{"configMap": {"name": "cilium-config"}, "name": "cilium-config-path"}],
    }
    if spire.is_wanted(values):
        # The operator registers identities with the SPIRE server, as a workload of its node's SPIRE agent.
        volume, mount = spire.socket_volume()
        pod["volumes"].append(volume)
        pod["containers"][0]["volumeMounts"].append(mount)
    made = workload(
        "cilium-operator",
        _NAMESPACE,
        selector,
        pod,
        replicas=int(lookup(values, "operator.replicas", 2)),
        labels=labels,
        pod_labels=labels,
        pod_annotations={"prometheus.io/port": "9963", "prometheus.io/scrape": "true"},
    )
    rolling = {"maxSurge": "25%", "maxUnavailable": "100%"}
    made["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    return made


def relay(values: Values, version: str) -> KubeObject:
    """Deployment ``hubble-relay``."""
    selector = {"k8s-app": "hubble-relay"}
    labels = {"app.kubernetes.io/name": "hubble-relay", **PART_OF, **selector}
    health = {"grpc": {"port": 4222, "service": ""}}
    items = [
        {"key": "tls.crt", "path": "client.crt"},
        {"key": "tls.key", "path": "client.key"},
        {"key": "ca.crt", "path": "hubble-server-ca.crt"},
    ]
    config_items = [{"key": "config.yaml", "path": "config.yaml"}]
    pod: KubeObject = {
        "affinity": {"podAffinity": anti_affinity({"k8s-app": "cilium"})},
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": "hubble-relay",
                "image": image("hubble-relay", version),
                "command": ["hubble-relay"],
                "args": ["serve"],
                "livenessProbe": {**health, "failureThreshold": 12, "initialDelaySeconds": 10, "timeoutSeconds": 10},
                "readinessProbe": {**health, "timeoutSeconds": 3},
                "startupProbe": {**health, "failureThreshold": 20, "initialDelaySeconds": 10, "periodSeconds": 3},
                "ports": [{"containerPort": 4245, "name": "grpc", "protocol": "TCP"}],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "runAsNonRoot": True,
                    "runAsUser": 65532,
                },
                "terminationMessagePolicy": "FallbackToLogsOnError",
                "volumeMounts": [
                    {"mountPath": "/etc/hubble-relay", "name": "config", "readOnly": True},
                    {"mountPath": "/var/lib/hubble-relay/tls", "name": "tls", "readOnly": True},
                ],
            }
        ],
        "nodeSelector": _LINUX,
        "securityContext": {"fsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "serviceAccountName": "hubble-relay",
        "terminationGracePeriodSeconds": 1,
        "volumes": [
            {"configMap": {"items": config_items, "name": "hubble-relay-config"}, "name": "config"},
            {
                "name": "tls",
                "projected": {
                    "defaultMode": 256,
                    "sources": [{"secret": {"items": items, "name": "hubble-relay-client-certs"}}],
                },
            },
        ],
    }
    replicas = int(lookup(values, "hubble.relay.replicas", 1))
    made = workload("hubble-relay", _NAMESPACE, selector, pod, replicas=replicas, labels=labels, pod_labels=labels)
    made["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    return made


def hubble_ui(values: Values, version: str) -> KubeObject:
    """Deployment ``hubble-ui``."""
    selector = {"k8s-app": "hubble-ui"}
    labels = {"app.kubernetes.io/name": "hubble-ui", **PART_OF, **selector}
    mounts = [
        {"mountPath": "/etc/nginx/conf.d/default.conf", "name": "hubble-ui-nginx-conf", "subPath": "nginx.conf"},
        {"mountPath": "/tmp", "name": "tmp-dir"},
    ]
    pod: KubeObject = {
        "automountServiceAccountToken": True,
        "containers": [
            {
                "name": "frontend",
                "image": image("hubble-ui", version),
                "securityContext": {"allowPrivilegeEscalation": False},
                "ports": [{"containerPort": 8081, "name": "http", "protocol": "TCP"}],
                "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
                "terminationMessagePolicy": "FallbackToLogsOnError",
                "volumeMounts": mounts,
            },
            {
                "name": "backend",
                "image": image("hubble-ui-backend", version),
                "securityContext": {"allowPrivilegeEscalation": False},
                "env": [
                    {"name": "EVENTS_SERVER_PORT", "value": "8090"},
                    {"name": "FLOWS_API_ADDR", "value": "hubble-relay:80"},
                ],
                "ports": [{"containerPort": 8090, "name": "grpc", "protocol": "TCP"}],
                "terminationMessagePolicy": "FallbackToLogsOnError",
            },
        ],
        "nodeSelector": _LINUX,
        "securityContext": {"fsGroup": 1001, "runAsGroup": 1001, "runAsUser": 1001},
        "serviceAccountName": "hubble-ui",
        "volumes": [
            {"configMap": {"name": "hubble-ui-nginx"}, "name": "hubble-ui-nginx-conf"},
            {"emptyDir": {}, "name": "tmp-dir"},
        ],
    }
    replicas = int(lookup(values, "hubble.ui.replicas", 1))
    made = workload("hubble-ui", _NAMESPACE, selector, pod, replicas=replicas, labels=labels, pod_labels=labels)
    made["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    return made


def mesh_api_server(values: Values, version: str) -> KubeObject:
    """Deployment ``clustermesh-apiserver``: etcd, the API server's process and, unless off, KVStoreMesh."""
    selector = {"app.kubernetes.io/name": "clustermesh-apiserver", "k8s-app": "clustermesh-apiserver"}
    labels = {**PART_OF, **selector}
    picture = image("clustermesh-apiserver", version)
    identity = [
        {"name": "CLUSTER_NAME", "valueFrom": {"configMapKeyRef": {"key": "cluster-name", "name": "cilium-config"}}},
        {
            "name": "CLUSTER_ID",
            "valueFrom": {"configMapKeyRef": {"key": "cluster-id", "name": "cilium-config", "optional": True}},
        },
    ]
    containers: list[KubeObject] = [
        {
            "name": "etcd",
            "image": picture,
            "command": ["/usr/bin/etcd"],
            "args": ["--client-cert-auth", "--listen-client-urls=https://127.0.0.1:2379,https://[$(HOSTNAME_IP)]:2379"],
            "env": [self_reference("HOSTNAME_IP", "status.podIP")],
            "ports": [
                {"containerPort": 2379, "name": "etcd", "protocol": "TCP"},
                {"containerPort": 9963, "name": "etcd-metrics", "protocol": "TCP"},
            ],
        },
        {
            "name": "apiserver",
            "image": picture,
            "command": ["/usr/bin/clustermesh-apiserver"],
            "args": ["clustermesh", "--cluster-name=$(CLUSTER_NAME)", "--cluster-id=$(CLUSTER_ID)"],
            "env": identity,
            "ports": [
                {"containerPort": 9880, "name": "apiserv-health", "protocol": "TCP"},
                {"containerPort": 9962, "name": "apiserv-metrics", "protocol": "TCP"},
            ],
        },
    ]
    if uses_mirror(values):
        containers.append(
            {
                "name": "kvstoremesh",
                "image": picture,
                "command": ["/usr/bin/clustermesh-apiserver"],
                "args": ["kvstoremesh", "--cluster-name=$(CLUSTER_NAME)", "--cluster-id=$(CLUSTER_ID)"],
                "env": identity,
                "ports": [
                    {"containerPort": 9881, "name": "kvmesh-health", "protocol": "TCP"},
                    {"containerPort": 9964, "name": "kvmesh-metrics", "protocol": "TCP"},
                ],
            }
        )
    pod: KubeObject = {
        "affinity": {
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "podAffinityTerm": {
                            "labelSelector": {"matchLabels": {"k8s-app": "clustermesh-apiserver"}},
                            "topologyKey": "kubernetes.io/hostname",
                        },
                        "weight": 100,
                    }
                ]
            }
        },
        "containers": [{**each, "terminationMessagePolicy": "FallbackToLogsOnError"} for each in containers],
        "nodeSelector": _LINUX,
        "serviceAccountName": "clustermesh-apiserver",
        "volumes": [
            {"name": "etcd-server-secrets", "secret": {"secretName": "clustermesh-apiserver-server-cert"}},
            {"name": "etcd-admin-client", "secret": {"secretName": "clustermesh-apiserver-admin-cert"}},
        ],
    }
    aliases = host_aliases(values)
    if aliases and uses_mirror(values):
        pod["hostAliases"] = aliases
    replicas = int(lookup(values, "clustermesh.apiserver.replicas", 1))
    return workload(
        "clustermesh-apiserver",
        _NAMESPACE,
        {"k8s-app": "clustermesh-apiserver"},
        pod,
        replicas=replicas,
        labels=labels,
        pod_labels=labels,
    )
