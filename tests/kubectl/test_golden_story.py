"""The steps of the goldens' story about the namespace ``web``: each answers as the real kubectl did at that point."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quizgame.tools.kubectl import KUBECTL
from quizgame.tools.output import lines, render
from quizgame.tools.session import Session
from tests.kubectl.test_golden_answers import WEB, words_of

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")

NOTE, TIER = "annotate pod box -n web note=hi", "label pod box -n web tier=test"
NODE_PORT = 'patch svc web -n web -p {"spec":{"type":"NodePort"}}'
SECOND = "set image deployment/web nginx=nginx:1.27 -n web"
STEPS: dict[str, list[str]] = {
    "annotate": WEB,
    "annotate-conflict": [*WEB, NOTE],
    "annotate-remove": [*WEB, NOTE],
    "create-deploy": WEB[:1],
    "create-ns": [],
    "delete-all-deploy": WEB,
    "delete-deploy": WEB,
    "delete-ns": WEB,
    "delete-pod": WEB,
    "expose": WEB[:2],
    "label": WEB,
    "label-again": [*WEB, TIER],
    "label-conflict": [*WEB, TIER],
    "label-overwrite": [*WEB, TIER],
    "label-remove": [*WEB, TIER],
    "logs-empty": WEB,
    "patch-nochange": [*WEB, NODE_PORT],
    "rollout-resume": [*WEB, "rollout pause deployment/web -n web"],
    "rollout-status-deploy": [*WEB, "wait --for=condition=Available deployment/web -n web"],
    "rollout-status-ds": [],
    "rollout-undo": [*WEB, SECOND],
    "run-pod": WEB[:1],
    "uncordon2": ["cordon kind-worker2"],
}
"""Golden → what was done before it."""


def entry(name: str) -> dict[str, Any]:
    index = json.loads((GOLDEN / "index.json").read_text())
    return next(each for each in index if each["id"] == f"kubectl/{name}")


@pytest.mark.parametrize("name", STEPS)
def test_a_step_answers_as_the_real_one(name: str, session: Session) -> None:
    for step in STEPS[name]:
        done = KUBECTL.run(["kubectl", *words_of(step)], session, ())
        assert done.exit == 0, render(done.stderr)
    golden = entry(name)
    stdin = lines((GOLDEN / golden["stdin"]).read_text()) if "stdin" in golden else ()
    result = KUBECTL.run(words_of(golden["command"]), session, stdin)
    stderr = (GOLDEN / golden["stderr"]).read_text() if "stderr" in golden else ""
    assert render(result.stderr) == stderr
    assert render(result.stdout) == (GOLDEN / golden["stdout"]).read_text()
    assert result.exit == golden["exit_code"]
