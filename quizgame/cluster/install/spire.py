"""The chart's own SPIRE for mutual authentication: a server and an agent on each node.

Source: chart 1.19, templates/spire (names, ports, volumes); its scripts and files are not copied.
Simplified: the scripts that register the Cilium agent and operator, and those that wait for the server, do nothing.
"""

from __future__ import annotations

from quizgame.cluster.auth.spire import AGENT, NAMESPACE, SERVER
from quizgame.cluster.install.kind import workload
from quizgame.cluster.install.values import Values, lookup
from quizgame.cluster.keyed import keyed_hex
from quizgame.cluster.objects import KubeObject

SOCKETS = "/run/spire/sockets"
_VALUES = "authentication.mutual.spire"
_SPIRE_TAG, _SHELL_TAG = "1.12.4", "1.37.0"
_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoSchedule"),
    ("node-role.kubernetes.io/master", "NoSchedule"),
    ("node-role.kubernetes.io/control-plane", "NoSchedule"),
    ("node.cloudprovider.kubernetes.io/uninitialized", "NoSchedule"),
)


def is_wanted(values: Values) -> bool:
    """Whether a release brings mutual authentication by SPIRE."""
    return bool(lookup(values, "authentication.enabled", False) and lookup(values, f"{_VALUES}.enabled", False))


def socket_volume() -> tuple[KubeObject, KubeObject]:
    """What the Cilium agent's pod needs: the volume, and its mount."""
    volume = {"hostPath": {"path": SOCKETS, "type": "DirectoryOrCreate"}, "name": "spire-agent-socket"}
    return volume, {"mountPath": SOCKETS, "name": "spire-agent-socket"}


def mutual_keys(values: Values) -> dict[str, str]:
    """The keys of ``cilium-config``."""
    if not is_wanted(values):
        return {}
    server = lookup(values, f"{_VALUES}.serverAddress", None) or f"{SERVER}.{namespace_of_release(values)}.svc:8081"
    return {
        "mesh-auth-mutual-enabled": "true",
        "mesh-auth-mutual-listener-port": str(lookup(values, "authentication.mutual.port", 4250)),
        "mesh-auth-mutual-connect-timeout": str(lookup(values, "authentication.mutual.connectTimeout", "5s")),
        "mesh-auth-spiffe-trust-domain": str(lookup(values, f"{_VALUES}.trustDomain", "spiffe.cilium")),
        "mesh-auth-spire-admin-socket": str(lookup(values, f"{_VALUES}.adminSocketPath", f"{SOCKETS}/admin.sock")),
        "mesh-auth-spire-agent-socket": str(
            lookup(values, f"{_VALUES}.agentSocketPath", f"{SOCKETS}/agent/agent.sock")
        ),
        "mesh-auth-spire-server-address": str(server),
        "mesh-auth-spire-server-connection-timeout": str(lookup(values, f"{_VALUES}.connectionTimeout", "30s")),
        "mesh-auth-gc-interval": str(lookup(values, "authentication.gcInterval", "5m0s")),
    }


def namespace_of_release(values: Values) -> str:
    """Where SPIRE is installed."""
    return str(lookup(values, f"{_VALUES}.install.namespace", NAMESPACE))


def spire_objects(values: Values, cluster_name: str) -> list[tuple[str, KubeObject]]:
    """The objects of SPIRE as (plural, object); none where the release brings none."""
    if not is_wanted(values) or not lookup(values, f"{_VALUES}.install.enabled", True):
        return []
    namespace = namespace_of_release(values)
    objects: list[tuple[str, KubeObject]] = []
    if not lookup(values, f"{_VALUES}.install.existingNamespace", False):
        objects.append(("namespaces", {"metadata": {"name": namespace}}))
    objects += [("serviceaccounts", _metadata(name, namespace)) for name in (SERVER, AGENT)]
    domain = str(lookup(values, f"{_VALUES}.trustDomain", "spiffe.cilium"))
    files = (
        (SERVER, {"server.conf": _server_file(domain, cluster_name)}),
        (AGENT, {"agent.conf": _agent_file(domain, cluster_name, namespace)}),
        ("spire-bundle", {"bundle.crt": ""}),
    )
    objects += [("configmaps", {**_metadata(name, namespace), "data": data}) for name, data in files]
    ports = [{"name": "grpc", "port": 8081, "protocol": "TCP", "targetPort": "grpc"}]
    service = {**_metadata(SERVER, namespace), "spec": {"ports": ports, "selector": {"app": SERVER}}}
    service["spec"]["type"] = lookup(values, f"{_VALUES}.install.server.service.type", "ClusterIP")
    objects.append(("services", service))
    objects.append(("statefulsets.apps", _server(values, namespace)))
    objects.append(("daemonsets.apps", _agent(namespace)))
    return objects


def _metadata(name: str, namespace: str) -> KubeObject:
    return {"metadata": {"name": name, "namespace": namespace}}


def _image(name: str, tag: str) -> str:
    return f"cr.test/{name}:{tag}@sha256:{keyed_hex(0, 'image-digest', name, tag, digits=64)}"


def _config_volumes(*names: str) -> list[KubeObject]:
    return [
        {"configMap": {"name": name}, "name": volume} for volume, _, name in (each.partition("=") for each in names)
    ]


def _health(port: int) -> KubeObject:
    return {
        "livenessProbe": {
            "failureThreshold": 2, "httpGet": {"path": "/live", "port": port}, "initialDelaySeconds": 15,
            "periodSeconds": 60, "timeoutSeconds": 3,
        },
        "readinessProbe": {
            "httpGet": {"path": "/ready", "port": port}, "initialDelaySeconds": 5, "periodSeconds": 5,
        },
    }  # fmt: skip


def _server(values: Values, namespace: str) -> KubeObject:
    has_storage = bool(lookup(values, f"{_VALUES}.install.server.dataStorage.enabled", True))
    mounts: list[KubeObject] = [{"mountPath": "/run/spire/config", "name": "spire-config", "readOnly": True}]
    if has_storage:
        mounts.append({"mountPath": "/run/spire/data", "name": "spire-data"})
    mounts.append({"mountPath": "/tmp/spire-server/private", "name": "spire-server-socket"})
    pod: KubeObject = {
        "containers": [
            {"name": "cilium-init", "image": _image("busybox", _SHELL_TAG), "command": ["/bin/sh", "-c"]},
            {
                "name": SERVER,
                "image": _image(f"spiffe/{SERVER}", _SPIRE_TAG),
                "args": ["-config", "/run/spire/config/server.conf"],
                "ports": [{"containerPort": 8081, "name": "grpc", "protocol": "TCP"}],
                "volumeMounts": mounts,
                **_health(8080),
            },
        ],
        "serviceAccountName": SERVER,
        "shareProcessNamespace": True,
        "volumes": [
            *_config_volumes(f"spire-config={SERVER}"),
            {
                "hostPath": {"path": "/var/run/spire-server/sockets", "type": "DirectoryOrCreate"},
                "name": "spire-server-socket",
            },
        ],
    }
    made = workload(SERVER, namespace, {"app": SERVER}, pod, replicas=1, labels={"app": SERVER})
    made["spec"]["serviceName"] = SERVER
    if has_storage:
        size = lookup(values, f"{_VALUES}.install.server.dataStorage.size", "1Gi")
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
        made["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "spire-data"}, "spec": claim}]
    return made


def _agent(namespace: str) -> KubeObject:
    token = {"audience": SERVER, "expirationSeconds": 600, "path": AGENT}
    pod: KubeObject = {
        "containers": [
            {
                "name": AGENT,
                "image": _image(f"spiffe/{AGENT}", _SPIRE_TAG),
                "args": ["-config", "/run/spire/config/agent.conf"],
                "volumeMounts": [
                    {"mountPath": "/run/spire/config", "name": "spire-config", "readOnly": True},
                    {"mountPath": "/run/spire/bundle", "name": "spire-bundle", "readOnly": True},
                    {"mountPath": SOCKETS, "name": "spire-agent-socket"},
                    {"mountPath": "/var/run/secrets/tokens", "name": AGENT},
                ],
                **_health(4251),
            }
        ],
        "dnsPolicy": "ClusterFirstWithHostNet",
        "hostNetwork": True,
        "hostPID": True,
        "initContainers": [{"name": "init", "image": _image("busybox", _SHELL_TAG), "command": ["/bin/sh", "-c"]}],
        "serviceAccountName": AGENT,
        "tolerations": [
            *({"key": key, "effect": effect} for key, effect in _TOLERATED),
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
        ],
        "volumes": [
            *_config_volumes(f"spire-config={AGENT}", "spire-bundle=spire-bundle"),
            socket_volume()[0],
            {"name": AGENT, "projected": {"sources": [{"serviceAccountToken": token}]}},
        ],
    }
    return workload(AGENT, namespace, {"app": AGENT}, pod, labels={"app": AGENT})


def _server_file(domain: str, cluster_name: str) -> str:
    return (
        f'server {{\n  bind_port = "8081"\n  trust_domain = "{domain}"\n  data_dir = "/run/spire/data"\n'
        '  default_x509_svid_ttl = "1h"\n}\nplugins {\n  NodeAttestor "k8s_psat" {\n    plugin_data {\n'
        f'      clusters = {{ "{cluster_name}" = {{ }} }}\n    }}\n  }}\n}}\n'
    )


def _agent_file(domain: str, cluster_name: str, namespace: str) -> str:
    return (
        f'agent {{\n  server_address = "{SERVER}.{namespace}.svc"\n  server_port = "8081"\n'
        f'  socket_path = "{SOCKETS}/agent/agent.sock"\n  admin_socket_path = "{SOCKETS}/admin.sock"\n'
        f'  trust_domain = "{domain}"\n  authorized_delegates = ["spiffe://{domain}/cilium-agent"]\n}}\n'
        f'plugins {{\n  NodeAttestor "k8s_psat" {{\n    plugin_data {{\n      cluster = "{cluster_name}"\n'
        "    }\n  }\n}\n"
    )
