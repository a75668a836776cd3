"""``kubectl create service``."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.cluster.objects import KubeObject
from quizgame.goflags.flagset import Flag, integer, string, string_slice
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.generating import creation_failure, generate, generate_flags, name_given
from quizgame.tools.kubectl.verb import Verb


def _flags(kind: str) -> Callable[[], list[Flag]]:
    def flags() -> list[Flag]:
        shared = [*generate_flags(), string_slice("tcp", "Port pairs can be specified as '<port>:<targetPort>'.")]
        match kind:
            case "ClusterIP":
                return [*shared, string("clusterip", "Assign your own ClusterIP or set to 'None' for headless.")]
            case "NodePort":
                return [*shared, integer("node-port", "Port used to expose the service on each node in a cluster.")]
            case "ExternalName":
                return [*shared, string("external-name", "External name of service")]
        return shared

    return flags


def _port(word: str) -> KubeObject:
    # Source: kubectl pkg/cmd/create/create_service.go parsePorts: the pair also names the port.
    port, colon, target = word.partition(":")
    if not port.isdigit():
        raise KubectlError(f'strconv.Atoi: parsing "{port}": invalid syntax')
    shown: int | str = int(target) if target.isdigit() else target or int(port)
    name = f"{port}-{target}" if colon else port
    return {"name": name, "port": int(port), "protocol": "TCP", "targetPort": shown}


def _verb(kind: str, example: str) -> Verb:
    def run(call: Call) -> None:
        name = name_given(call)
        ports = [_port(word) for word in call.flags.texts("tcp")]
        spec: KubeObject = {"selector": {"app": name}, "type": kind}
        if ports:
            spec["ports"] = ports
        if kind == "ClusterIP" and call.flags.text("clusterip"):
            spec["clusterIP"] = call.flags.text("clusterip")
        is_headless = spec.get("clusterIP") == "None"
        if not ports and not is_headless and kind != "ExternalName":
            raise KubectlError("at least one tcp port specifier must be provided")
        if kind == "NodePort" and call.flags.number("node-port"):
            ports[0]["nodePort"] = call.flags.number("node-port")
        if kind == "ExternalName":
            if not call.flags.text("external-name"):
                raise KubectlError('required flag(s) "external-name" not set')
            spec["externalName"] = call.flags.text("external-name")
        node: KubeObject = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"labels": {"app": name}, "name": name},
            "spec": spec,
            "status": {"loadBalancer": {}},
        }
        generate(call, "services", node, on_refusal=creation_failure(f"{kind} service"))

    return Verb(
        run,
        "NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]",
        _flags(kind),
        f"  # Create a service\n  {example}",
    )


CLUSTERIP = _verb("ClusterIP", "kubectl create service clusterip web --tcp=80:8080")
NODEPORT = _verb("NodePort", "kubectl create service nodeport web --tcp=80:8080")
LOADBALANCER = _verb("LoadBalancer", "kubectl create service loadbalancer web --tcp=80:8080")
EXTERNALNAME = _verb("ExternalName", "kubectl create service externalname ext --external-name example.com")
