"""``kubectl logs``."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.clock import parse_rfc3339, rfc3339_nano
from quizgame.cluster.objects import KubeObject, dig
from quizgame.goflags.flagset import Flag, boolean, duration, integer, string
from quizgame.goflags.times import SECOND
from quizgame.tools.facts import Fact, fact
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.logs.components import entries_of
from quizgame.tools.kubectl.logs.entry import Entry
from quizgame.tools.kubectl.pods import container_names, container_status, default_container, pods_of
from quizgame.tools.kubectl.selection import Target, look_up, parse_names
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import Line

_MOST_FOLLOWED = 5


def _flags() -> list[Flag]:
    return [
        boolean("all-containers", "Get all containers' logs in the pod(s)."),
        boolean("all-pods", "Get logs from all pod(s)."),
        string("container", "Print the logs of this container", short="c"),
        boolean("follow", "Specify if the logs should be streamed.", short="f"),
        boolean("ignore-errors", "If watching / following pod logs, allow for any errors that occur to be non-fatal"),
        integer(
            "max-log-requests",
            "Maximum number of concurrent logs to follow when using by a selector.",
            default=_MOST_FOLLOWED,
        ),
        duration(
            "pod-running-timeout", "The length of time to wait until at least one pod is running", default=20 * SECOND
        ),
        boolean("prefix", "Prefix each log line with the log source (pod name and container name)"),
        boolean(
            "previous",
            "If true, print the logs for the previous instance of the container in a pod if it exists.",
            short="p",
        ),
        string("selector", "Selector (label query) to filter on", short="l"),
        duration("since", "Only return logs newer than a relative duration like 5s, 2m, or 3h."),
        string("since-time", "Only return logs after a specific date (RFC3339)."),
        integer("tail", "Lines of recent log file to display. Defaults to -1, showing all log lines.", default=-1),
        boolean("timestamps", "Include timestamps on each line in the log output"),
    ]


def _refused() -> list[Flag]:
    return [
        boolean(
            "insecure-skip-tls-verify-backend",
            "Skip verifying the identity of the kubelet that logs are requested from.",
        ),
        integer("limit-bytes", "Maximum bytes of logs to return. Defaults to no limit."),
    ]


Source = tuple[KubeObject, str]
"""A pod and the name of one of its containers."""


def _run(call: Call) -> None:
    flags = call.flags
    if not call.args and not flags.text("selector"):
        raise call.usage_error(
            "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a "
            "required argument for the logs command"
        )
    if len(call.args) > 2:
        raise call.usage_error("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.")
    if call.args and flags.text("selector"):
        raise KubectlError("only a selector (-l) or a POD name is allowed")
    sources = [source for pod in _pods(call) for source in _containers(call, pod)]
    entries = {index: _chosen(call, pod, container) for index, (pod, container) in enumerate(sources)}
    for index, (pod, container) in enumerate(sources):
        call.print_lines(_shown(call, entries[index], pod, container))
    if flags.is_on("follow"):
        _follow(call, sources)


def _pods(call: Call) -> list[KubeObject]:
    selector = call.flags.text("selector")
    if selector:
        found = call.api.list("pods", call.namespace, label_selector=selector)
        if not found:
            call.complain(f"No resources found in {call.namespace} namespace.")
        return found
    word = call.args[0]
    target = next(iter(parse_names(call, [word] if "/" in word else ["pods", word]).targets(call)))
    try:
        target = look_up(call, target)
    except ApiError as error:
        # Source: golden kubectl/logs-notfound.
        raise KubectlError(f'error from server (NotFound): {error.message} in namespace "{call.namespace}"') from None
    if target.resource.kind == "Pod":
        return [target.node or {}]
    return _of_workload(call, target)


def _of_workload(call: Call, target: Target) -> list[KubeObject]:
    pods = pods_of(call, target)
    if not pods:
        raise KubectlError("timed out waiting for the condition")
    if len(pods) > 1 and not call.flags.is_on("all-pods"):
        call.complain(f"Found {len(pods)} pods, using pod/{pods[0]['metadata']['name']}")
    return pods if call.flags.is_on("all-pods") else pods[:1]


def _containers(call: Call, pod: KubeObject) -> list[Source]:
    name = pod["metadata"]["name"]
    wanted = call.flags.text("container") or (call.args[1] if len(call.args) == 2 else "")
    if call.flags.is_on("all-containers"):
        return [(pod, each) for each in container_names(pod)]
    if wanted:
        if wanted not in container_names(pod):
            raise KubectlError(f"container {wanted} is not valid for pod {name}")
        container = wanted
    else:
        container, note = default_container(pod)
        if note:
            call.complain(note)
    status = container_status(pod, container)
    if call.flags.is_on("previous") and dig(status, "lastState", "terminated") is None:
        raise KubectlError(
            f'Error from server (BadRequest): previous terminated container "{container}" in pod "{name}" not found',
            is_bare=True,
        )
    waiting = dig(status, "state", "waiting", "reason", default="")
    if waiting in ("ContainerCreating", "PodInitializing", "ErrImagePull", "ImagePullBackOff"):
        why = {
            "ErrImagePull": "trying and failing to pull image",
            "ImagePullBackOff": "trying and failing to pull image",
        }
        raise KubectlError(
            f'Error from server (BadRequest): container "{container}" in pod "{name}" is waiting to '
            f"start: {why.get(waiting, waiting)}",
            is_bare=True,
        )
    return [(pod, container)]


def _chosen(call: Call, pod: KubeObject, container: str) -> Sequence[Entry]:
    flags = call.flags
    entries = entries_of(call.cluster, pod, container, previous=flags.is_on("previous"))
    if flags.number("since"):
        entries = [each for each in entries if each.at_ns >= call.now_ns - flags.number("since")]
    if flags.text("since-time"):
        try:
            since = parse_rfc3339(flags.text("since-time"))
        except ValueError:
            raise KubectlError(
                f'parsing time "{flags.text("since-time")}" as "2006-01-02T15:04:05Z07:00": cannot parse'
            ) from None
        entries = [each for each in entries if each.at_ns >= since]
    tail = flags.number("tail")
    if tail < 0 and flags.text("selector") and not flags.changed("tail"):
        tail = 10
    return entries if tail < 0 else entries[len(entries) - tail :] if tail else []


def _shown(call: Call, entries: Sequence[Entry], pod: KubeObject, container: str) -> list[Line]:
    prefix = f"[pod/{pod['metadata']['name']}/{container}] " if call.flags.is_on("prefix") else ""
    out = []
    for entry in entries:
        stamp = f"{rfc3339_nano(entry.at_ns)} " if call.flags.is_on("timestamps") else ""
        out.append(Line(f"{prefix}{stamp}{entry.text}", _facts(call, entry)))
    return out


def _facts(call: Call, entry: Entry) -> tuple[Fact, ...]:
    if not entry.component:
        return ()
    shown = entry.message.strip()
    return (fact("log", witnesses=(shown,), cluster=call.cluster.context, component=entry.component, message=shown),)


def _follow(call: Call, sources: Sequence[Source]) -> None:
    if len(sources) > call.flags.number("max-log-requests"):
        raise KubectlError(
            f"you are attempting to follow {len(sources)} log streams, but maximum allowed concurrency is "
            f"{call.flags.number('max-log-requests')}, use --max-log-requests to increase the limit"
        )
    following = call.follow()
    if call.session.stream is not None:
        printed, call.result.stdout = call.result.stdout, []
        following.show(printed)
    seen_ns = call.now_ns
    for _ in following.rounds():
        fresh: list[Line] = []
        for pod, container in sources:
            metadata = pod["metadata"]
            present = call.api.find("pods", metadata["name"], metadata["namespace"])
            if present is None or present["metadata"]["uid"] != metadata["uid"]:
                return
            found = entries_of(call.cluster, present, container, previous=False)
            fresh += _shown(call, [each for each in found if seen_ns < each.at_ns <= call.now_ns], pod, container)
        seen_ns = call.now_ns
        if not following.show(fresh):
            return


_EXAMPLES = """  # What an agent has to say
  kubectl -n kube-system logs ds/cilium -c cilium-agent --tail=20

  # What it said before it restarted
  kubectl -n kube-system logs cilium-abcde --previous"""

LOGS = Verb(_run, "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]", _flags, _EXAMPLES, _refused)
