"""``kubectl debug``: a container more in a pod, or a pod on a node, to look around with.

Source: golden ``kubectl/debug-pod``; kubectl pkg/cmd/debug.
"""

from __future__ import annotations

from quizgame.cluster.clock import rfc3339
from quizgame.cluster.keyed import keyed_suffix
from quizgame.cluster.objects import KubeObject, dig
from quizgame.cluster.patching import PatchType
from quizgame.goflags.flagset import Flag, boolean, duration, string, string_array, string_map
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, Refusal
from quizgame.tools.kubectl.pods import container_names, container_status, pod_named
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.waiting import wait_until
from quizgame.tools.pod.dispatch import run_in_pod

_LEGACY = (
    "--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a "
    'profile, for example "--profile=general".'
)
_PROFILES = ("legacy", "general", "baseline", "netadmin", "restricted", "sysadmin", "auto")
_STARTS_WITHIN_NS = 60 * SECOND


def _flags() -> list[Flag]:
    return [
        boolean("attach", "If true, wait for the container to start running, and then attach as if -it was given."),
        string("container", "Container name to use for debug container.", short="c"),
        string_map("env", "Environment variables to set in the container."),
        string("image", "Container image to use for debug container."),
        string("image-pull-policy", "The image pull policy for the container."),
        string("profile", "Options are legacy, general, baseline, netadmin, restricted or sysadmin.", default="legacy"),
        boolean("quiet", "If true, suppress informational messages.", short="q"),
        boolean("stdin", "Keep stdin open on the container(s) in the pod, even if nothing is attached.", short="i"),
        string("target", "When using an ephemeral container, target processes in this container name."),
        boolean("tty", "Allocate a TTY for the debugging container.", short="t"),
    ]


def _refused() -> list[Flag]:
    return [
        boolean("arguments-only", "If specified, everything after -- is passed to the new container as arguments."),
        string("copy-to", "Create a copy of the target Pod with this name."),
        string("custom", "Path to a JSON or YAML file containing a partial container spec."),
        string_array("filename", "identifying the resource to debug", short="f"),
        boolean("keep-annotations", "If true, keep the original pod annotations."),
        boolean("keep-init-containers", "Run the init containers for the pod.", default=True),
        boolean("keep-labels", "If true, keep the original pod labels."),
        boolean("keep-liveness", "If true, keep the original pod liveness probes."),
        boolean("keep-readiness", "If true, keep the original pod readiness probes."),
        boolean("keep-startup", "If true, keep the original startup probes."),
        boolean("replace", "When used with '--copy-to', delete the original Pod."),
        boolean("same-node", "When used with '--copy-to', schedule the copy on the same node."),
        string_map("set-image", "When used with '--copy-to', a list of name=image pairs."),
        boolean("share-processes", "When used with '--copy-to', enable process namespace sharing.", default=True),
        duration("pod-running-timeout", "How long to wait for the pod"),
    ]


def _run(call: Call) -> None:
    flags = call.flags
    before = flags.args_before_dash
    targets = call.args if before < 0 else call.args[:before]
    command = [] if before < 0 else call.args[before:]
    if not targets:
        raise call.usage_error("NAME is required for debug")
    if not flags.text("image"):
        raise KubectlError("you must specify --image or --copy-to with --set-image")
    if flags.text("profile") not in _PROFILES:
        raise KubectlError(f"unknown profile: {flags.text('profile')}")
    is_attached = flags.is_on("attach") or flags.is_on("stdin")
    if is_attached and not command:
        raise Refusal("an interactive kubectl debug (name a command after --)")
    for target in targets:
        if flags.text("profile") == "legacy" and not flags.is_on("quiet"):
            call.complain(_LEGACY)
        if target.startswith(("node/", "nodes/", "no/")):
            _on_node(call, target.partition("/")[2], command, is_attached=is_attached)
        else:
            _in_pod(call, target, command, is_attached=is_attached)


def _container(call: Call, name: str, command: list[str]) -> KubeObject:
    flags = call.flags
    container: KubeObject = {
        "image": flags.text("image"),
        "imagePullPolicy": flags.text("image-pull-policy") or "Always",
        "name": name,
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    if command:
        container["command"] = list(command)
    for flag in ("stdin", "tty"):
        if flags.is_on(flag):
            container[flag] = True
    return container


def _in_pod(call: Call, word: str, command: list[str], *, is_attached: bool) -> None:
    pod = pod_named(call, word)
    place, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    taken = list(dig(pod, "spec", "ephemeralContainers", default=[]))
    name = call.flags.text("container")
    if name in container_names(pod):
        raise KubectlError(f'pod {place} already contains a container named "{name}"')
    if not name:
        name = f"debugger-{keyed_suffix(call.api.seed, 'debug', namespace, place, len(taken))}"
        call.print(f"Defaulting debug container name to {name}.")
    container = _container(call, name, command)
    if call.flags.text("target"):
        container["targetContainerName"] = call.flags.text("target")
        call.print(
            f'Targeting container "{call.flags.text("target")}". If you don\'t see processes from this container it '
            "may be because the container runtime doesn't support this feature."
        )
    fresh = call.api.patch(
        "pods", place, {"spec": {"ephemeralContainers": [*taken, container]}}, PatchType.MERGE, namespace
    )
    if dig(fresh, "status", "phase") != "Running":
        return
    started = rfc3339(call.now_ns)
    _tell(
        call,
        place,
        namespace,
        {"name": name, "image": container["image"], "state": {"running": {"startedAt": started}}},
    )
    if not is_attached:
        return
    _play(call, call.api.get("pods", place, namespace), name, command)
    ended = {"exitCode": 0, "finishedAt": rfc3339(call.now_ns), "reason": "Completed",
             "startedAt": started}  # fmt: skip
    _tell(call, place, namespace, {"name": name, "image": container["image"], "state": {"terminated": ended}})


def _tell(call: Call, pod: str, namespace: str, status: KubeObject) -> None:
    """Write the status of a debug container, as the kubelet does."""
    node = call.api.get("pods", pod, namespace)
    others = [
        each for each in dig(node, "status", "ephemeralContainerStatuses", default=[]) if each["name"] != status["name"]
    ]
    shown = {"ready": False, "restartCount": 0, "lastState": {}, "imageID": "", **status}
    call.api.patch(
        "pods", pod, {"status": {"ephemeralContainerStatuses": [*others, shown]}}, PatchType.MERGE, namespace,
        subresource="status",
    )  # fmt: skip


def _on_node(call: Call, node: str, command: list[str], *, is_attached: bool) -> None:
    call.api.get("nodes", node)
    present = len(call.api.list("pods", call.namespace))
    name = f"node-debugger-{node}-{keyed_suffix(call.api.seed, 'debug', node, present)}"
    container = call.flags.text("container") or "debugger"
    call.print(f"Creating debugging pod {name} with container {container} on node {node}.")
    pod: KubeObject = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": {"app.kubernetes.io/managed-by": "kubectl-debug"}, "name": name,
                     "namespace": call.namespace},
        "spec": {
            "containers": [_container(call, container, command if not is_attached else [])],
            "hostIPC": True,
            "hostNetwork": True,
            "hostPID": True,
            "nodeName": node,
            "restartPolicy": "Never",
            "tolerations": [{"operator": "Exists"}],
        },
    }  # fmt: skip
    call.api.create("pods", pod, call.namespace, warn=call.warn)
    if not is_attached:
        return

    def is_running() -> bool:
        found = call.api.find("pods", name, call.namespace)
        return found is not None and dig(container_status(found, container), "state", "running") is not None

    if not wait_until(call, is_running, _STARTS_WITHIN_NS):
        raise KubectlError("timed out waiting for the condition")
    _play(call, call.api.get("pods", name, call.namespace), container, command)


def _play(call: Call, pod: KubeObject, container: str, command: list[str]) -> None:
    """Run the command in the container and show what it prints; its exit status is lost, as attaching loses it.

    Simplified: the pod of a node goes on running when its command has ended.
    """
    stdin = call.stdin if call.flags.is_on("stdin") else ()
    done = run_in_pod(call.session, call.cluster, pod, container, command, stdin)
    call.result.stdout += done.stdout
    call.result.stderr += done.stderr


_EXAMPLES = """  # Ask a service from beside a pod's own container
  kubectl debug xwing -it --image=nicolaka/netshoot --profile=general -- curl -s deathstar

  # Look at a node's network
  kubectl debug node/kind-worker -it --image=nicolaka/netshoot --profile=general -- ip route"""

DEBUG = Verb(_run, "(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]", _flags, _EXAMPLES, _refused)
