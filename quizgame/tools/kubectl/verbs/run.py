"""``kubectl run``."""

from __future__ import annotations

import json
from typing import Any

from quizgame.cluster.objects import KubeObject, dig
from quizgame.cluster.patching import merge_patch
from quizgame.goflags.flagset import Flag, boolean, duration, string, string_array
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, Refusal
from quizgame.tools.kubectl.generating import generate, generate_flags
from quizgame.tools.kubectl.pods import container_status
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.waiting import wait_until
from quizgame.tools.kubectl.writing import NONE, dry_run_of
from quizgame.tools.pod.dispatch import run_in_pod


def _flags() -> list[Flag]:
    return [
        *generate_flags(),
        string_array("annotations", "Annotations to apply to the pod."),
        boolean("attach", "If true, wait for the Pod to start running, and then attach to it."),
        boolean("command", "If true and extra arguments are present, use them as the 'command' field."),
        string_array("env", "Environment variables to set in the container."),
        boolean("expose", "If true, create a ClusterIP service associated with the pod. Requires `--port`."),
        string("image", "The image for the container to run."),
        string("image-pull-policy", "The image pull policy for the container."),
        string("labels", "Comma separated labels to apply to the pod.", short="l"),
        string("overrides", "An inline JSON override for the generated object."),
        duration(
            "pod-running-timeout", "The length of time to wait until at least one pod is running", default=60 * SECOND
        ),
        string("port", "The port that this container exposes."),
        boolean("privileged", "If true, run the container in privileged mode."),
        boolean("quiet", "If true, suppress prompt messages.", short="q"),
        string(
            "restart",
            "The restart policy for this Pod. Legal values [Always, OnFailure, Never].",
            default="Always",
            choices=("Always", "Never", "OnFailure"),
        ),
        boolean("rm", "If true, delete the pod after it exits. Only valid when attaching to the container."),
        boolean("stdin", "Keep stdin open on the container in the pod, even if nothing is attached.", short="i"),
        boolean("tty", "Allocate a TTY for the container in the pod.", short="t"),
    ]


def _run(call: Call) -> None:
    flags = call.flags
    if not flags.changed("image"):
        raise KubectlError('required flag(s) "image" not set')
    if not flags.text("image"):
        raise KubectlError("--image is required")
    before = flags.args_before_dash
    names = call.args if before < 0 else call.args[:before]
    if not names:
        raise call.usage_error("NAME is required for run")
    arguments = [*names[1:], *([] if before < 0 else call.args[before:])]
    if flags.text("restart") not in ("Always", "OnFailure", "Never"):
        raise KubectlError(f"invalid restart policy: {flags.text('restart')}")
    attaches = flags.is_on("attach") or flags.is_on("stdin") or flags.is_on("tty")
    if flags.is_on("rm") and not attaches:
        raise KubectlError("--rm should only be used for attached containers")
    mode = dry_run_of(call)
    pod = _pod(call, names[0], arguments)
    if attaches and mode == NONE:
        _attached(call, pod, arguments)
        return
    generate(call, "pods", pod)
    if flags.is_on("expose"):
        _expose(call, pod)


def _pod(call: Call, name: str, arguments: list[str]) -> KubeObject:
    flags = call.flags
    container: KubeObject = {"image": flags.text("image"), "name": name, "resources": {}}
    if arguments:
        container["command" if flags.is_on("command") else "args"] = arguments
    if flags.text("port"):
        container["ports"] = [{"containerPort": int(flags.text("port"))}]
    if flags.texts("env"):
        container["env"] = [
            {"name": key, "value": value} for key, _, value in (each.partition("=") for each in flags.texts("env"))
        ]
    if flags.text("image-pull-policy"):
        container["imagePullPolicy"] = flags.text("image-pull-policy")
    if flags.is_on("privileged"):
        container["securityContext"] = {"privileged": True}
    for flag, key in (("stdin", "stdin"), ("tty", "tty")):
        if flags.is_on(flag):
            container[key] = True
    labels = _pairs(flags.text("labels").split(",")) if flags.text("labels") else {"run": name}
    metadata: KubeObject = {"labels": labels, "name": name}
    if flags.texts("annotations"):
        metadata["annotations"] = _pairs(flags.texts("annotations"))
    node: KubeObject = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": flags.text("restart")},
        "status": {},
    }
    return merge_patch(node, _overrides(flags.text("overrides"))) if flags.text("overrides") else node


def _pairs(words: list[str]) -> dict[str, str]:
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def _overrides(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise KubectlError(f"invalid overrides: {error.msg}") from None


def _expose(call: Call, pod: KubeObject) -> None:
    if not call.flags.text("port"):
        raise KubectlError("--port must be set when exposing a service")
    port = int(call.flags.text("port"))
    metadata = pod["metadata"]
    service: KubeObject = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": metadata["name"]},
        "spec": {"ports": [{"port": port, "protocol": "TCP", "targetPort": port}], "selector": metadata["labels"]},
        "status": {"loadBalancer": {}},
    }
    generate(call, "services", service)


def _attached(call: Call, pod: KubeObject, arguments: list[str]) -> None:
    """Run a pod for one command, as ``kubectl run --rm -it … -- curl …`` does, and show what it prints."""
    flags = call.flags
    if not arguments:
        raise Refusal("kubectl run with a terminal but without a command (name one after --)")
    name, namespace = pod["metadata"]["name"], call.namespace
    call.api.create("pods", {**pod, "metadata": {**pod["metadata"], "namespace": namespace}}, namespace, warn=call.warn)
    if not wait_until(call, lambda: _is_running(call, name, namespace), flags.number("pod-running-timeout")):
        raise KubectlError("timed out waiting for the condition")
    running = call.api.get("pods", name, namespace)
    done = run_in_pod(call.session, call.cluster, running, name, arguments, call.stdin if flags.is_on("stdin") else ())
    call.result.stdout += done.stdout
    call.result.stderr += done.stderr
    call.result.exit = done.exit
    if flags.is_on("rm"):
        call.api.delete("pods", name, namespace)
        if not flags.is_on("quiet"):
            call.print(f'pod "{name}" deleted from {namespace} namespace')
    if done.exit:
        call.complain(f"pod {namespace}/{name} terminated (Error)")


def _is_running(call: Call, name: str, namespace: str) -> bool:
    pod = call.api.find("pods", name, namespace)
    return pod is not None and dig(container_status(pod, name), "state", "running") is not None


_EXAMPLES = """  # Run a pod
  kubectl run box --image=busybox --restart=Never -- sleep 3600

  # Run a pod for one request
  kubectl run tmp --rm -it --image=curlimages/curl --restart=Never -- curl -s deathstar"""

RUN = Verb(
    _run,
    'NAME --image=image [--env="key=value"] [--port=port] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
    _flags,
    _EXAMPLES,
)
