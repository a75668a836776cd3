"""``kubectl exec``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizgame.cluster.apierror import ApiError, bad_request
from quizgame.cluster.objects import dig
from quizgame.goflags.flagset import Flag, boolean, duration, string
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, Refusal
from quizgame.tools.kubectl.pods import container_names, container_status, default_container, pod_named
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import NOT_SIMULATED, lines
from quizgame.tools.pod.dispatch import run_in_pod

_SHELLS = frozenset(("sh", "bash", "/bin/sh", "/bin/bash", "ash", "/bin/ash"))


def _flags() -> list[Flag]:
    return [
        string("container", "Container name. If omitted, the default container is used.", short="c"),
        duration(
            "pod-running-timeout", "The length of time to wait until at least one pod is running", default=60 * SECOND
        ),
        boolean("quiet", "Only print output from the remote session", short="q"),
        boolean("stdin", "Pass stdin to the container", short="i"),
        boolean("tty", "Stdin is a TTY", short="t"),
    ]


def _refused() -> list[Flag]:
    return [string("filename", "to use to exec into the resource", short="f")]


def _run(call: Call) -> None:
    before_dash = call.flags.args_before_dash
    if not call.args or before_dash == 0:
        raise KubectlError("pod, type/name or --filename must be specified")
    if before_dash < 0 and len(call.args) > 1:
        raise call.usage_error("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
    command = call.args[1:]
    if not command or before_dash > 1:
        raise KubectlError("you must specify at least one command for the container")
    pod = pod_named(call, call.args[0])
    container = _container(call, pod)
    if call.flags.is_on("tty") and command[0] in _SHELLS and len(command) == 1 and not call.stdin:
        raise Refusal(f"an interactive {command[0]} in a pod (give it a command: {command[0]} -c '…')")
    _execute(call, pod, container, command)


def _container(call: Call, pod: Mapping[str, Any]) -> str:
    name = pod["metadata"]["name"]
    phase = dig(pod, "status", "phase", default="")
    if phase in ("Succeeded", "Failed"):
        raise KubectlError(f"cannot exec into a container in a completed pod; current phase is {phase}")
    container = call.flags.text("container")
    if container:
        if container not in container_names(pod):
            raise bad_request(f"container {container} is not valid for pod {name}")
    else:
        container, note = default_container(pod)
        if note and not call.flags.is_on("quiet"):
            call.complain(note)
    if not dig(pod, "spec", "nodeName"):
        raise bad_request(f"pod {name} does not have a host assigned")
    if dig(container_status(pod, container), "state", "running") is None:
        raise _not_running(pod, container)
    return container


def _not_running(pod: Mapping[str, Any], container: str) -> KubectlError | ApiError:
    # Source: reference bad-input, section 2: the kubelet's answer for a container that is not there.
    return KubectlError(f'unable to upgrade connection: container not found ("{container}")')


def _execute(call: Call, pod: Mapping[str, Any], container: str, command: Sequence[str]) -> None:
    stdin = call.stdin if call.flags.is_on("stdin") else ()
    done = run_in_pod(call.session, call.cluster, pod, container, command, stdin)
    result = call.result
    result.stdout += done.stdout
    result.stderr += done.stderr
    result.exit = done.exit
    # A refusal in the game's own voice is no end of a program.
    is_refused = done.exit == NOT_SIMULATED and any(line.text.startswith("quizgame: ") for line in done.stderr)
    if done.exit and not is_refused:
        result.stderr += lines(f"command terminated with exit code {done.exit}\n", done.exit_facts)


_EXAMPLES = """  # Ask a service from a pod
  kubectl exec xwing -- curl -s deathstar

  # Look at an agent's endpoints
  kubectl -n kube-system exec ds/cilium -- cilium-dbg endpoint list"""

EXEC = Verb(_run, "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]", _flags, _EXAMPLES, _refused)
