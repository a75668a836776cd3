"""The labs that ship: each of their tasks is done by its solution, with a seed that the content check does not play."""

from __future__ import annotations

from pathlib import Path

import pytest

from quizgame.content.packfiles import builtin_folder
from quizgame.content.scenarios import load_scenario_file
from quizgame.game.checker.labs import prove_lab

LABS = sorted(
    path for path in builtin_folder("scenarios").glob("*/scenario.yaml") if "\nkind: Lab\n" in path.read_text("utf-8")
)


def test_there_is_one_for_each_subject() -> None:
    assert {path.parent.name for path in LABS} >= {
        "two-clusters", "first-policies", "dns-egress", "hubble-first-flows", "ipam-and-operator", "gateway-api",
        "encryption", "egress-gateway", "bgp",
    }  # fmt: skip


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.parent.name)
def test_each_task_is_done_by_its_solution(path: Path) -> None:
    source = load_scenario_file(path)
    assert source is not None
    proof = prove_lab(source, 1009)
    assert [str(problem) for problem in proof.problems] == []
    assert proof.tasks == len(source.draw(1009).lab.tasks)


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.parent.name)
def test_it_is_named_as_its_folder(path: Path) -> None:
    source = load_scenario_file(path)
    assert source is not None
    assert source.id == path.parent.name
