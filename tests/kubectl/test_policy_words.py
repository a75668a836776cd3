"""What ``kubectl create`` says of policies, and what their status then says, as a real cluster of 1.19 did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quizgame.game.worlds import free_world
from tests.lab import BareLab

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden" / "policy-semantics"
RESULTS = json.loads((GOLDEN / "results.json").read_text()) if GOLDEN.is_dir() else []


@pytest.fixture(scope="module")
def settled() -> BareLab:
    """A cluster without policies."""
    return BareLab(free_world())


@pytest.mark.skipif(not RESULTS, reason="the recorded answers of a real API server are not at hand")
@pytest.mark.parametrize("recorded", RESULTS, ids=lambda recorded: recorded["file"])
def test_answer_and_status_are_those_of_a_real_cluster(settled: BareLab, recorded: dict[str, Any]) -> None:
    lab = BareLab(settled.world.fork())
    text = (GOLDEN / recorded["file"]).read_text()
    got = lab.result(f"kubectl create -f - <<'X'\n{text}\nX")
    said = "".join(each.text + each.end for each in (*got.stdout, *got.stderr))
    assert (got.exit, said.rstrip()) == (recorded["apiserver_exit"], recorded["apiserver_output"])
    if got.exit:
        assert lab.out("kubectl get cnp -A --no-headers") == ""
        return
    [policy] = lab.world.cluster.api.list("ciliumnetworkpolicies.cilium.io")
    [condition] = policy["status"]["conditions"]
    complaint = recorded["cilium_error"]
    assert (condition["status"], condition["message"]) == (
        ("False", complaint) if complaint else ("True", "Policy validation succeeded")
    )
