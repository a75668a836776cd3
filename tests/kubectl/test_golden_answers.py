"""Commands whose answer depends on little state answer as the real kubectl did: both streams and the exit status."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from quizgame.tools.kubectl import KUBECTL
from quizgame.tools.output import lines, render
from quizgame.tools.session import Session

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden"

BEFORE = {
    "kubectl/apply-cnp-configured": [
        "apply -f cnp-rule1-l7.yaml",
        'patch cnp rule1 --type=merge -p {"spec":{"ingress":[{}]}}',
    ],
    "kubectl/apply-cnp-unchanged": ["apply -f cnp-rule1-l7.yaml"],
    "kubectl/apply-multi-created": ["delete -f starwars.yaml"],
    "kubectl/apply-multi-unchanged": ["delete -f starwars.yaml", "apply -f starwars.yaml"],
    "kubectl/apply-unknown-field-ignore": ["apply --validate=warn -f cnp-unknown-field.yaml"],
    "kubectl/create-exists": ["apply -f ccnp.yaml"],
    "kubectl/create-file": ["apply -f cnp-rule1-l7.yaml"],
    "kubectl/delete-file": ["apply -f knp.yaml"],
    "kubectl/delete-cnp": ["apply -f cnp-l7-on-any.yaml"],
    "kubectl/replace-ok": ["apply -f ccnp.yaml"],
    "kubectl/server-side-apply": ["apply -f ccnp.yaml"],
    "kubectl/diff-unchanged": ["apply -f ccnp.yaml"],
    "kubectl/cordon-again": ["cordon kind-worker2"],
    "kubectl/uncordon": ["cordon kind-worker2"],
    "kubectl/taint-exists": ["taint node kind-worker key1=value1:NoSchedule"],
    "kubectl/taint-remove": ["taint node kind-worker key1=value1:NoSchedule"],
}
"""What has been done before the command, where something has to be."""
WEB = [
    "create ns web",
    "create deployment web --image=nginx --replicas=2 -n web",
    "run box --image=busybox -n web --restart=Never -- sleep 3600",
    "expose deployment web --port=80 -n web",
    "wait --for=condition=Ready pod/box -n web",
]
LEFT_OUT = {
    "bad-input/kubectl-api-unreachable": "another server",
    "bad-input/kubectl-apply-unreachable": "another server",
    "bad-input/kubectl-get-cluster-forbidden": "another user",
    "bad-input/kubectl-get-unreachable-ctx": "another server",
    "bad-input/kubectl-no-kubeconfig": "no kubeconfig",
    "bad-input/kubectl-tls-unknown-ca": "another server",
    "bad-input/kubectl-top-noarg": "a help page, in our own words",
    "bad-input/kubectl-use-context-noarg": "a help page, in our own words",
    "bad-input/kubectl-exec-pending": "a pod that nothing schedules; see test_exec",
    "bad-input/kubectl-logs-pending": "a pod that nothing schedules; see test_logs",
    "bad-input/kubectl-port-forward-pending": "a pod that nothing schedules",
    "kubectl/apply-service-nodeport-taken": "node ports of another world",
}
PREFIXES = (
    "bad-input/kubectl-",
    "kubectl/apply-",
    "kubectl/api-",
    "kubectl/auth-can-i-yes",
    "kubectl/cluster-info",
    "kubectl/completion-",
    "kubectl/config-current",
    "kubectl/config-get-clusters",
    "kubectl/config-get-contexts",
    "kubectl/config-set",
    "kubectl/config-use-context",
    "kubectl/config-view",
    "kubectl/cordon",
    "kubectl/create-",
    "kubectl/delete-cnp",
    "kubectl/delete-file",
    "kubectl/delete-ignore",
    "kubectl/delete-label-none",
    "kubectl/delete-noarg",
    "kubectl/delete-notfound",
    "kubectl/delete-two-kinds",
    "kubectl/describe-noarg",
    "kubectl/describe-notfound",
    "kubectl/diff-unchanged",
    "kubectl/exec-",
    "kubectl/explain-bad",
    "kubectl/expose-",
    "kubectl/get-bad",
    "kubectl/get-bgppeeringpolicy",
    "kubectl/get-bandwidthpolicy",
    "kubectl/get-name-",
    "kubectl/get-noarg",
    "kubectl/get-notfound",
    "kubectl/get-ns-missing",
    "kubectl/get-raw",
    "kubectl/get-unknown",
    "kubectl/kustomize",
    "kubectl/label-",
    "kubectl/logs-badcontainer",
    "kubectl/logs-noarg",
    "kubectl/logs-notfound",
    "kubectl/no-command",
    "kubectl/patch-",
    "kubectl/plugin",
    "kubectl/port-forward-badport",
    "kubectl/port-forward-notfound",
    "kubectl/replace",
    "kubectl/rollout-notfound",
    "kubectl/rollout-restart",
    "kubectl/rollout-pause",
    "kubectl/rollout-undo-none",
    "kubectl/run-",
    "kubectl/scale",
    "kubectl/server-side",
    "kubectl/set-image",
    "kubectl/taint",
    "kubectl/top-",
    "kubectl/uncordon",
    "kubectl/unknown",
    "kubectl/wait-",
)
OWN_STATE = frozenset(
    (
        "kubectl/config-get-contexts-two",
        "kubectl/config-use-context-two",
        "kubectl/uncordon2",
        "kubectl/label-again",
        "kubectl/label-conflict",
        "kubectl/label-overwrite",
        "kubectl/label-remove",
        "kubectl/create-ns",
        "kubectl/create-deploy",
        "kubectl/run-pod",
        "kubectl/patch-nochange",
    )
)
"""Steps of a story that test_verbs tells."""


def _entries() -> Iterator[dict[str, Any]]:
    index = GOLDEN / "index.json"
    if not index.exists():
        return
    for entry in json.loads(index.read_text()):
        if entry["id"].startswith(PREFIXES) and entry["id"] not in LEFT_OUT and entry["id"] not in OWN_STATE:
            yield entry


ENTRIES = list(_entries())


def words_of(command: str) -> list[str]:
    """The words of a recorded command."""
    head, option, rest = command.partition(" -p ")
    if option:
        return [*head.split(), "-p", rest]
    head, option, rest = command.partition(" -o jsonpath=")
    if option:
        return [*head.split(), "-o", f"jsonpath={rest}"]
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


@pytest.mark.skipif(not ENTRIES, reason="the reference outputs are not beside this repository")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_answer_is_the_golden_one(entry: Mapping[str, Any], session: Session) -> None:
    for path in (GOLDEN / "inputs").glob("*.yaml"):
        session.files[path.name] = lines(path.read_text())
    steps = BEFORE.get(entry["id"], []) + (WEB if "web" in entry["command"].split() else [])
    for step in steps:
        done = KUBECTL.run(["kubectl", *words_of(step)], session, ())
        assert done.exit == 0, render(done.stderr)
    stdin = lines((GOLDEN / entry["stdin"]).read_text()) if "stdin" in entry else ()
    result = KUBECTL.run(words_of(entry["command"]), session, stdin)
    stderr = (GOLDEN / entry["stderr"]).read_text() if "stderr" in entry else ""
    assert render(result.stderr) == stderr
    assert render(result.stdout) == (GOLDEN / entry["stdout"]).read_text()
    assert result.exit == entry["exit_code"]
