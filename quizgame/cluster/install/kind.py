"""What ``kind create cluster`` leaves behind: nodes, control plane, CoreDNS, kube-proxy, local storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.keyed import keyed_hex, keyed_uuid
from quizgame.cluster.objects import KubeObject

_REGISTRY = "img-k8s.example"
_NODE_CAPACITY = {
    "cpu": "4",
    "ephemeral-storage": "263174212Ki",
    "hugepages-2Mi": "0",
    "memory": "16374508Ki",
    "pods": "110",
}
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system", "local-path-storage")
CONTROL_PLANE_TAINT = {"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"}
_PRESSURES = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)
_NO_CNI = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)


def node_object(
    *,
    seed: int,
    cluster: str,
    name: str,
    address: str,
    is_control_plane: bool,
    version: str,
    now: str,
    labels: Mapping[str, str] | None = None,
    kernel: str = "6.12.48",
) -> KubeObject:
    """A Node as its kubelet registers it, before any CNI plug-in is there.

    Args:
        seed: The world's seed.
        cluster: The kind cluster's name, for the provider id.
        name: The node's name.
        address: Its internal address.
        is_control_plane: Whether it is the control plane.
        version: Kubernetes version, ``v1.35.0``.
        now: The time, RFC 3339.
        labels: More labels.
        kernel: Kernel version.
    """
    shown = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    }
    spec: KubeObject = {"providerID": f"kind://docker/{cluster}/{name}"}
    if is_control_plane:
        shown |= {
            "node-role.kubernetes.io/control-plane": "",
            "node.kubernetes.io/exclude-from-external-load-balancers": "",
        }
        spec["taints"] = [CONTROL_PLANE_TAINT]
    conditions = [_condition(kind, "False", reason, message, now) for kind, reason, message in _PRESSURES]
    conditions.append(_condition("Ready", "False", "KubeletNotReady", _NO_CNI, now))
    status: KubeObject = {
        "addresses": [{"address": address, "type": "InternalIP"}, {"address": name, "type": "Hostname"}],
        "allocatable": _NODE_CAPACITY,
        "capacity": _NODE_CAPACITY,
        "conditions": conditions,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": keyed_uuid(seed, "boot-id", cluster),
            "containerRuntimeVersion": "containerd://2.2.0",
            "kernelVersion": kernel,
            "kubeProxyVersion": "",
            "kubeletVersion": version,
            "machineID": keyed_hex(seed, "machine-id", cluster, name, digits=32),
            "operatingSystem": "linux",
            "osImage": "Debian GNU/Linux 12 (bookworm)",
            "systemUUID": keyed_uuid(seed, "system-uuid", cluster, name),
        },
    }
    annotations = {
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    }
    metadata = {"name": name, "labels": {**shown, **(labels or {})}, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status}


def _condition(kind: str, status: str, reason: str, message: str, now: str) -> KubeObject:
    return {
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
        "message": message,
        "reason": reason,
        "status": status,
        "type": kind,
    }


def api_service(api_address: str, service_ip: str) -> list[tuple[str, KubeObject]]:
    """Service ``default/kubernetes`` and its hand-made endpoints."""
    labels = {"component": "apiserver", "provider": "kubernetes"}
    port = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}
    service: KubeObject = {
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
        "spec": {"clusterIP": service_ip, "ports": [port], "type": "ClusterIP"},
    }
    target = {"name": "https", "port": 6443, "protocol": "TCP"}
    endpoints: KubeObject = {
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
        },
        "subsets": [{"addresses": [{"ip": api_address}], "ports": [target]}],
    }
    endpoint_slice: KubeObject = {
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [api_address], "conditions": {"ready": True}}],
        "ports": [target],
    }
    return [("services", service), ("endpoints", endpoints), ("endpointslices", endpoint_slice)]


def system_objects(*, control_plane: str, version: str, dns_ip: str, kube_proxy: bool) -> list[tuple[str, KubeObject]]:
    """The workloads of a fresh cluster as (plural, object), in the order in which they are created."""
    objects: list[tuple[str, KubeObject]] = []
    accounts = ("coredns", "kube-proxy")
    objects += [("serviceaccounts", {"metadata": {"name": name, "namespace": "kube-system"}}) for name in accounts]
    objects += [("pods", each) for each in _static_pods(control_plane, version)]
    objects += _coredns(dns_ip)
    if kube_proxy:
        objects.append(("daemonsets", _kube_proxy(version)))
    return [*objects, *_local_path()]


def _static_pods(control_plane: str, version: str) -> list[KubeObject]:
    # Source: kubeadm static manifests: host network, node-critical priority; the mirror pod is named after its node.
    images = {
        "etcd": "etcd:3.6.6-0",
        "kube-apiserver": f"kube-apiserver:{version}",
        "kube-controller-manager": f"kube-controller-manager:{version}",
        "kube-scheduler": f"kube-scheduler:{version}",
    }
    return [
        {
            "metadata": {
                "name": f"{component}-{control_plane}",
                "namespace": "kube-system",
                "labels": {"component": component, "tier": "control-plane"},
                "annotations": {"kubernetes.io/config.mirror": component, "kubernetes.io/config.source": "file"},
            },
            "spec": {
                "containers": [{"name": component, "image": f"{_REGISTRY}/{image}"}],
                "hostNetwork": True,
                "nodeName": control_plane,
                "priorityClassName": "system-node-critical",
                "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
            },
        }
        for component, image in images.items()
    ]


def _coredns(dns_ip: str) -> list[tuple[str, KubeObject]]:
    corefile = (
        ".:53 {\n    errors\n    health {\n       lameduck 5s\n    }\n    ready\n"
        "    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n"
        "       fallthrough in-addr.arpa ip6.arpa\n       ttl 30\n    }\n    prometheus :9153\n"
        "    forward . /etc/resolv.conf {\n       max_concurrent 1000\n    }\n    cache 30\n    loop\n    reload\n    "
        "loadbalance\n}\n"
    )
    config = {"metadata": {"name": "coredns", "namespace": "kube-system"}, "data": {"Corefile": corefile}}
    container: KubeObject = {
        "name": "coredns",
        "image": f"{_REGISTRY}/coredns/coredns:v1.13.1",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"containerPort": 53, "name": "dns", "protocol": "UDP"},
            {"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"},
            {"containerPort": 9153, "name": "metrics", "protocol": "TCP"},
        ],
        "volumeMounts": [{"mountPath": "/etc/coredns", "name": "config-volume", "readOnly": True}],
    }
    pod: KubeObject = {
        "containers": [container],
        "dnsPolicy": "Default",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-cluster-critical",
        "serviceAccountName": "coredns",
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}, CONTROL_PLANE_TAINT],
        "volumes": [
            {
                "configMap": {"items": [{"key": "Corefile", "path": "Corefile"}], "name": "coredns"},
                "name": "config-volume",
            }
        ],
    }
    deployment = workload(
        "coredns", "kube-system", {"k8s-app": "kube-dns"}, pod, replicas=2, labels={"k8s-app": "kube-dns"}
    )
    deployment["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    service: KubeObject = {
        "metadata": {
            "name": "kube-dns",
            "namespace": "kube-system",
            "labels": {"k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"},
            "annotations": {"prometheus.io/port": "9153", "prometheus.io/scrape": "true"},
        },
        "spec": {
            "clusterIP": dns_ip,
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
                {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153},
            ],
            "selector": {"k8s-app": "kube-dns"},
        },
    }
    return [("configmaps", config), ("deployments", deployment), ("services", service)]


def _kube_proxy(version: str) -> KubeObject:
    pod: KubeObject = {
        "containers": [
            {
                "name": "kube-proxy",
                "image": f"{_REGISTRY}/kube-proxy:{version}",
                "command": [
                    "/usr/local/bin/kube-proxy",
                    "--config=/var/lib/kube-proxy/config.conf",
                    "--hostname-override=$(NODE_NAME)",
                ],
                "securityContext": {"privileged": True},
            }
        ],
        "hostNetwork": True,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-node-critical",
        "serviceAccountName": "kube-proxy",
        "tolerations": [{"operator": "Exists"}],
    }
    labels = {"k8s-app": "kube-proxy"}
    return workload("kube-proxy", "kube-system", labels, pod, labels=labels)


def _local_path() -> list[tuple[str, KubeObject]]:
    namespace, name = "local-path-storage", "local-path-provisioner"
    account = {"metadata": {"name": f"{name}-service-account", "namespace": namespace}}
    pod: KubeObject = {
        "containers": [
            {
                "name": name,
                "image": "img-k8s.example/kindest/local-path-provisioner:v20251212-v0.29.0-alpha-105-g20ccfc88",
                "command": [
                    "local-path-provisioner",
                    "--debug",
                    "start",
                    "--helper-image",
                    "img-k8s.example/kindest/local-path-helper:v20241212-8ac705d0",
                    "--config",
                    "/etc/config/config.json",
                ],
            }
        ],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "serviceAccountName": f"{name}-service-account",
        "tolerations": [
            {"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane", "operator": "Equal"},
            {"effect": "NoSchedule", "key": "node-role.kubernetes.io/master", "operator": "Equal"},
        ],
    }
    storage_class: KubeObject = {
        "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "rancher.io/local-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    deployment = workload(name, namespace, {"app": name}, pod, replicas=1)
    return [("serviceaccounts", account), ("deployments", deployment), ("storageclasses", storage_class)]


def workload(
    name: str,
    namespace: str,
    selector: Mapping[str, str],
    pod: KubeObject,
    *,
    replicas: int | None = None,
    labels: Mapping[str, str] | None = None,
    pod_labels: Mapping[str, str] | None = None,
    pod_annotations: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> KubeObject:
    """A Deployment (or, without replicas, a DaemonSet) around a pod spec."""
    template: KubeObject = {"metadata": {"labels": dict(pod_labels or selector)}, "spec": pod}
    if pod_annotations:
        template["metadata"]["annotations"] = dict(pod_annotations)
    spec: dict[str, Any] = {"selector": {"matchLabels": dict(selector)}, "template": template}
    if replicas is not None:
        spec["replicas"] = replicas
    metadata: KubeObject = {"name": name, "namespace": namespace}
    if labels:
        metadata["labels"] = dict(labels)
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"metadata": metadata, "spec": spec}
