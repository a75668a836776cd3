"""``kubectl port-forward``: what it says while it runs; nothing on the workstation listens."""

from __future__ import annotations

from quizgame.cluster.objects import KubeObject, dig, name_of
from quizgame.goflags.flagset import Flag, duration, string_slice
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.pods import pods_of
from quizgame.tools.kubectl.selection import look_up, parse_names
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import Line


def _flags() -> list[Flag]:
    return [
        string_slice("address", "Addresses to listen on (comma separated).", default=["localhost"]),
        duration(
            "pod-running-timeout", "The length of time to wait until at least one pod is running", default=60 * SECOND
        ),
    ]


def _run(call: Call) -> None:
    if len(call.args) < 2:
        raise call.usage_error("TYPE/NAME and list of ports are required for port-forward")
    word, *ports = call.args
    target = look_up(call, next(iter(parse_names(call, [word] if "/" in word else ["pods", word]).targets(call))))
    pod = target.node if target.resource.kind == "Pod" else next(iter(pods_of(call, target)), None)
    node = target.node or {}
    pairs = [_pair(target.name, node, target.resource.kind, port, pod or {}) for port in ports]
    if pod is None:
        raise KubectlError("timed out waiting for the condition")
    phase = dig(pod, "status", "phase", default="")
    if phase != "Running":
        raise KubectlError(f"unable to forward port because pod is not running. Current status={phase}")
    shown = [
        Line(f"Forwarding from {place}:{local} -> {remote}")
        for local, remote in pairs
        for place in ("127.0.0.1", "[::1]")
    ]
    following = call.follow()
    following.show(shown)
    while following.wait():
        pass


def _pair(name: str, node: KubeObject, kind: str, text: str, pod: KubeObject) -> tuple[int, int]:
    local, colon, remote = text.partition(":")
    remote = remote if colon else local
    number = _remote(name, node, kind, remote, pod)
    if not local:
        return 30000 + number % 2768, number
    if not local.isdigit():
        if colon:
            raise KubectlError(
                f'invalid ports: error parsing local port "{local}": strconv.ParseUint: parsing '
                f'"{local}": invalid syntax'
            )
        return number, number
    # A service's port is translated to its pods' port; what is typed without a colon stays the local one.
    return int(local), number


def _remote(name: str, node: KubeObject, kind: str, text: str, pod: KubeObject) -> int:
    declared = dig(node, "spec", "ports", default=[]) if kind == "Service" else []
    for port in declared:
        if text in (str(port["port"]), port.get("name")):
            target = port.get("targetPort", port["port"])
            return int(target) if isinstance(target, int) else _named_port(pod, target)
    if text.isdigit():
        if kind == "Service":
            raise KubectlError(f"Service {name} does not have a service port {text}")
        return int(text)
    if kind == "Service":
        raise KubectlError(f"Service '{name}' does not have a named port '{text}'")
    return _named_port(pod, text)


def _named_port(pod: KubeObject, name: str) -> int:
    for container in dig(pod, "spec", "containers", default=[]):
        for port in container.get("ports") or ():
            if port.get("name") == name:
                return int(port["containerPort"])
    raise KubectlError(f"Pod '{name_of(pod) if pod else ''}' does not have a named port '{name}'")


PORT_FORWARD = Verb(
    _run,
    "TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
    _flags,
    "  # Reach a service\n  kubectl port-forward svc/deathstar 8080:80",
)
