"""The content check finds what makes a lab worthless, and says where, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from quizgame.content.scenarios import ScenarioSource
from quizgame.game.checker.labs import LabProof, prove_lab
from quizgame.game.checker.proof import summarise_labs

Make = Callable[..., ScenarioSource]
Change = Callable[[dict[str, Any]], object]


def messages(proof: LabProof) -> list[str]:
    return [problem.message for problem in proof.problems]


def test_the_starter_proves_itself(make_lab: Make) -> None:
    (summary,) = summarise_labs(prove_lab(make_lab(), seed) for seed in (0, 1, 2))
    assert [str(problem) for problem in summary.problems] == []
    assert (summary.lab, summary.tasks) == ("first-lab", 3)


def already(data: dict[str, Any]) -> None:
    data["tasks"][0]["done"] = [{"works": {"from": "${ns}/front", "to": "api:80"}}]


def too_early(data: dict[str, Any]) -> None:
    """The second task's state comes about by the first one's solution."""
    data["tasks"][0]["solution"] += "kubectl apply -f closed.yaml\n"
    data["tasks"][0]["done"].append({"object": {"kind": "CiliumNetworkPolicy", "namespace": "${ns}", "name": "api"}})
    data["tasks"][1]["done"] = data["tasks"][1]["done"][:2]
    del data["tasks"][1]["ask"]


def unfinished(data: dict[str, Any]) -> None:
    data["tasks"][1]["solution"] = "kubectl apply -f closed.yaml\nanswer close-it 1\n"


def unanswered(data: dict[str, Any]) -> None:
    data["tasks"][1]["solution"] = data["tasks"][1]["solution"].replace("answer close-it 1", "answer close-it 3")


def failing_line(data: dict[str, Any]) -> None:
    data["tasks"][1]["solution"] = data["tasks"][1]["solution"].replace("! kubectl", "kubectl")


def needless_mark(data: dict[str, Any]) -> None:
    data["tasks"][0]["solution"] = "! " + data["tasks"][0]["solution"]


def typing_error(data: dict[str, Any]) -> None:
    data["tasks"][1]["solution"] = "kubctl get pods\n" + data["tasks"][1]["solution"]


def no_such_namespace(data: dict[str, Any]) -> None:
    data["tasks"][1]["solution"] = "kubectl -n shpo get pods\n" + data["tasks"][1]["solution"]


def wrong_client(data: dict[str, Any]) -> None:
    data["tasks"][1]["done"][0]["fails"]["from"] = "${ns}/frnt"


def wrong_name(data: dict[str, Any]) -> None:
    data["tasks"][2]["done"][0]["works"]["to"] = "apii:80"


def wrong_fact(data: dict[str, Any]) -> None:
    data["tasks"][0]["done"][0]["seen"]["probe"]["to"] = "${ns}/apj"


def wrong_cluster(data: dict[str, Any]) -> None:
    data["tasks"][1]["done"][1]["cluster"] = "prd"


def wrong_kind(data: dict[str, Any]) -> None:
    data["tasks"][1]["done"].append({"object": {"kind": "CiliumNetworkPolcy", "name": "x", "absent": True}})


def wrong_namespace(data: dict[str, Any]) -> None:
    data["tasks"][1]["done"].append({"object": {"kind": "Service", "namespace": "shopp", "name": "x", "absent": True}})


@pytest.mark.parametrize(
    ("change", "message", "key"),
    [
        (already, 'task "see-it-open" is done before the first line', "done"),
        (too_early, 'task "close-it" is done by a line of an earlier task: kubectl apply -f closed.yaml', "done"),
        (unfinished, 'task "close-it" is not done by its solution: seen: probe', "solution"),
        (unanswered, "its question is not answered", "solution"),
        (failing_line, "the solution's line fails: exit status 28: if it should, begin it with", "kubectl -n"),
        (needless_mark, 'the line is expected to fail, as "! " says, and does not', "! kubectl"),
        (typing_error, "the solution's line fails: kubctl: command not found", "kubctl"),
        (no_such_namespace, 'the solution\'s line fails: there is no namespace "shpo"', "kubectl -n shpo"),
        (wrong_client, 'there is no workload "shop/frnt" in kind-prod (did you mean "shop/front"?)', "fails"),
        (wrong_name, 'the name "apii" is no service\'s and none of world.outside.names (did you mean "api"?)', "works"),
        (wrong_fact, 'a probe fact names "shop/apj", and there is no such workload or service', "seen"),
        (wrong_kind, 'no cluster has a kind "CiliumNetworkPolcy" (did you mean "CiliumNetworkPolicy"?)', "kind"),
        (wrong_namespace, 'there is no namespace "shopp" (did you mean "shop"?)', "namespace"),
        (wrong_cluster, 'there is no cluster "prd" (did you mean "prod"?); there are kind-prod, prod', "cluster"),
    ],
)
def test_each_defect_is_told_where_it_is(
    make_lab: Make, row_of: Callable[[ScenarioSource, int], str], change: Change, message: str, key: str
) -> None:
    source = make_lab(change)
    proof = prove_lab(source, _shop_seed(source))
    told = [problem for problem in proof.problems if message in problem.message]
    assert told, messages(proof)
    assert row_of(source, told[0].place.line).removeprefix("- ").startswith(key)


def test_a_mistake_is_told_once_for_all_members(make_lab: Make) -> None:
    source = make_lab(wrong_client)
    (summary,) = summarise_labs(prove_lab(source, seed) for seed in range(3))
    named = [problem.message for problem in summary.problems if "no workload" in problem.message]
    assert len(named) == 1
    assert "seed" not in named[0]
    assert not any("no such pod runs" in problem.message for problem in summary.problems if problem.message != named[0])


def test_a_mistake_of_some_members_names_them(make_lab: Make) -> None:
    def one_value(data: dict[str, Any]) -> None:
        data["vary"]["who"] = ["front", "frnt"]
        data["tasks"][1]["done"][0]["fails"]["from"] = "${ns}/${who}"

    source = make_lab(one_value)
    wrong = [seed for seed in range(5) if source.draw(seed).values["who"] == "frnt"]
    assert 0 < len(wrong) < 5
    (summary,) = summarise_labs(prove_lab(source, seed) for seed in range(5))
    (named,) = [problem.message for problem in summary.problems if "no workload" in problem.message]
    assert named.endswith(f"(seed{'s' if len(wrong) > 1 else ''} {', '.join(map(str, wrong))})")


def _shop_seed(source: ScenarioSource) -> int:
    return next(seed for seed in range(30) if source.draw(seed).values["ns"] == "shop")
