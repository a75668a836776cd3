"""``kubectl expose``."""

from __future__ import annotations

from typing import Any

from quizgame.cluster.objects import KubeObject, dig, labels_of
from quizgame.goflags.flagset import Flag, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import targets_of
from quizgame.tools.kubectl.errors import KubectlError, raise_all
from quizgame.tools.kubectl.generating import generate, generate_flags
from quizgame.tools.kubectl.manifests import file_flags
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb


def _flags() -> list[Flag]:
    return [
        *file_flags("Filename, directory, or URL to files identifying the resource to expose a service"),
        *generate_flags(),
        string("cluster-ip", "ClusterIP to be assigned to the service."),
        string("external-ip", "Additional external IP address to accept into the cluster."),
        string("labels", "Labels to apply to the service created by this call.", short="l"),
        string("load-balancer-ip", "IP to assign to the LoadBalancer."),
        string("name", "The name for the newly created object."),
        string("port", "The port that the service should serve on."),
        string("protocol", "The network protocol for the service to be created."),
        string("selector", "A label selector to use for this service."),
        string("session-affinity", "If non-empty, set the session affinity for the service to this."),
        string("target-port", "Name or number for the port on the container to direct traffic to."),
        string(
            "type",
            "Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName.",
            choices=("ClusterIP", "LoadBalancer", "NodePort"),
        ),
    ]


def _refused() -> list[Flag]:
    return [
        string("override-type", "The method used to override the generated object"),
        string("overrides", "An inline JSON override for the generated object."),
    ]


def _run(call: Call) -> None:
    targets, errors = targets_of(call, call.args)
    raise_all(errors)
    for target in targets:
        generate(call, "services", _service(call, target), done="exposed")


def _service(call: Call, target: Target) -> KubeObject:
    flags, node = call.flags, target.node or {}
    selector = _pairs(flags.text("selector")) if flags.text("selector") else _selector(target)
    ports = _ports(call, target)
    name = flags.text("name") or target.name
    spec: dict[str, Any] = {"selector": selector, "ports": ports}
    for flag, key in (
        ("type", "type"),
        ("cluster-ip", "clusterIP"),
        ("load-balancer-ip", "loadBalancerIP"),
        ("session-affinity", "sessionAffinity"),
    ):
        if flags.text(flag):
            spec[key] = flags.text(flag)
    if flags.text("external-ip"):
        spec["externalIPs"] = [flags.text("external-ip")]
    labels = _pairs(flags.text("labels")) if flags.text("labels") else labels_of(node)
    metadata: KubeObject = {"name": name}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": {"loadBalancer": {}}}


def _pairs(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals:
            raise KubectlError(f"unexpected label spec: {part}")
        found[key] = value
    return found


def _selector(target: Target) -> dict[str, str]:
    node, kind = target.node or {}, target.resource.kind
    if kind == "Pod":
        labels = labels_of(node)
        if not labels:
            raise KubectlError(
                "couldn't retrieve selectors via --selector flag or introspection: the pod has no "
                "labels and cannot be exposed"
            )
        return labels
    if kind == "Service":
        return dict(dig(node, "spec", "selector", default={}))
    if kind in ("Deployment", "ReplicaSet"):
        return dict(dig(node, "spec", "selector", "matchLabels", default={}))
    raise KubectlError(f"cannot expose a {target.resource.kind}.{target.resource.group}")


def _declared(target: Target) -> list[tuple[int, str]]:
    node = target.node or {}
    path = ("spec",) if target.resource.kind == "Pod" else ("spec", "template", "spec")
    return [
        (port["containerPort"], port.get("protocol", "TCP"))
        for container in dig(node, *path, "containers", default=[])
        for port in container.get("ports") or ()
    ]


def _ports(call: Call, target: Target) -> list[KubeObject]:
    flags = call.flags
    wanted = [(int(word), flags.text("protocol") or "TCP") for word in flags.text("port").split(",") if word.isdigit()]
    wanted = wanted or _declared(target)
    if not wanted:
        raise KubectlError(
            "couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples"
        )
    typed = flags.text("target-port")
    out: list[KubeObject] = []
    for place, (number, protocol) in enumerate(wanted, 1):
        goal: int | str = int(typed) if typed.isdigit() else typed or number
        port: KubeObject = {"port": number, "protocol": protocol, "targetPort": goal}
        if len(wanted) > 1:
            port["name"] = f"port-{place}"
        out.append(port)
    return out


EXPOSE = Verb(
    _run,
    "(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] "
    "[--name=name] [--type=type]",
    _flags,
    "  # Put a service before a deployment\n  kubectl expose deployment web --port=80 --target-port=8080",
    _refused,
)
