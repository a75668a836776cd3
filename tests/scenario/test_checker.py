"""The checker finds what makes a scenario worthless, and says where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from quizgame.content.scenarios import ScenarioSource
from quizgame.game.checker.proof import prove_seed
from quizgame.game.checker.references import Names, reference_problems
from quizgame.game.checker.soundness import evidence_problems, expert_problems, world_problems
from quizgame.game.scenario.reference import Reference
from quizgame.game.scenario.stage import Stage

Change = Callable[[dict[str, Any]], object]


def test_the_starter_proves_itself(make_source: Callable[..., ScenarioSource]) -> None:
    proof = prove_seed(make_source(), 0)
    assert [str(problem) for problem in proof.problems] == []
    assert (proof.expert, max(proof.naive.values()) <= 45) == (100, True)
    assert set(proof.naive) == {"nothing", "survey", "restart", "delete-policies", "allow-all", "decoy", "guess"}


def weak_evidence(data: dict[str, Any]) -> None:
    data["steps"][0]["fact"] = {"labels": {"pod": "${ns}/front", "label": "app=front"}}


def claims_too_much(data: dict[str, Any]) -> None:
    data["decoys"]["other-label"] = {
        "fault": [{"label": {"kind": "Namespace", "name": "${ns}", "set": {"x": "y"}}}, *data["fault"]],
        "reason": "it differs in nothing that matters",
    }
    data["steps"][0]["rulesOut"] = ["wrong-target-port", "other-label"]


def unrefuted_decoy(data: dict[str, Any]) -> None:
    for step in data["steps"][:2]:
        step["rulesOut"] = []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (weak_evidence, 'evidence "drop" is found in the healthy world, too: it proves nothing'),
        (claims_too_much, 'evidence "drop" is found in the world of decoy "other-label", too: it does not rule it out'),
        (unrefuted_decoy, 'no evidence rules the decoy "wrong-target-port" out'),
    ],
)
def test_evidence_that_proves_nothing(make_stage: Callable[[Change], Stage], change: Change, message: str) -> None:
    found = list(evidence_problems(make_stage(change)))
    assert any(problem.message.startswith(message) for problem in found), found
    assert all(problem.place.line > 1 for problem in found)


def harmless_fault(data: dict[str, Any]) -> None:
    data["fault"] = [{"label": {"kind": "Namespace", "name": "${ns}", "set": {"x": "y"}}}]


def open_door(data: dict[str, Any]) -> None:
    data["steps"][3]["still_denied"] = [{"from": "${ns}/front", "to": "kubernetes.default:443"}]


def nobody(data: dict[str, Any]) -> None:
    data["steps"][3]["still_denied"] = [{"from": "${ns}/nobody", "to": "api:80"}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (harmless_fault, "in the broken world this probe must fail; seen: 200"),
        (open_door, "in the healthy world this probe must fail; seen: connected"),
        (nobody, "in the broken world this probe must fail; seen: no such pod runs"),
    ],
)
def test_worlds_that_are_not_as_they_must_be(
    make_stage: Callable[[Change], Stage], change: Change, message: str
) -> None:
    found = [problem.message for problem in world_problems(make_stage(change))]
    assert any(each.startswith(message) for each in found), found


def unknown_client(data: dict[str, Any]) -> None:
    data["steps"][3]["still_denied"][0]["from"] = "${ns}/cleener"


def unknown_traffic(data: dict[str, Any]) -> None:
    data["world"]["traffic"][0]["to"] = "apy:80"


def unknown_peer(data: dict[str, Any]) -> None:
    data["steps"][0]["fact"]["flow"]["from"] = "${ns}/frontend"


def unknown_kept_cluster(data: dict[str, Any]) -> None:
    data["steps"][3]["keep"][0]["cluster"] = "prodd"


@pytest.mark.parametrize(
    ("change", "message", "row"),
    [
        (unknown_client, 'there is no workload "clinic/cleener" in kind-prod (did you', "- from"),
        (unknown_traffic, 'the name "apy" is no service\'s and none of world.outside.names', "- from"),
        (unknown_peer, 'a flow fact names "clinic/frontend", and there is no such workload or service', "fact:"),
        (unknown_kept_cluster, 'there is no cluster "prodd" (did you mean "prod"?)', "cluster: prodd"),
    ],
)  # fmt: skip
def test_what_is_named_and_not_there_is_told_where_it_is_named(
    make_source: Callable[..., ScenarioSource],
    row_of: Callable[[ScenarioSource, int], str],
    change: Change,
    message: str,
    row: str,
) -> None:
    source = make_source(change)
    drawn = next(drawn for seed in range(30) if (drawn := source.draw(seed)).values["ns"] == "clinic")
    stage = Stage(drawn)
    names = Names(stage.contexts)
    names.add(stage.broken)
    (problem,) = [problem for _, problem in reference_problems(drawn, names)]
    assert problem.message.startswith(message)
    assert row_of(source, problem.place.line).startswith(row)


def test_its_effects_are_not_told_besides(make_source: Callable[..., ScenarioSource]) -> None:
    messages = [problem.message for problem in prove_seed(make_source(unknown_client), 0).problems]
    assert any("there is no workload" in message for message in messages)
    assert not any("this probe must" in message for message in messages)


def typing_error(data: dict[str, Any]) -> None:
    data["experts"][0]["lines"].insert(0, "kubctl get pods")


def forgets_to_prove(data: dict[str, Any]) -> None:
    data["experts"][0]["lines"].pop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (typing_error, "the expert's line fails: kubctl: command not found"),
        (forgets_to_prove, 'expert "reads the drop, then the policy" reaches 90 of 100: proof 0 of 10'),
    ],
)
def test_experts_that_are_none(make_stage: Callable[[Change], Stage], change: Change, message: str) -> None:
    stage = make_stage(change)
    found = [problem.message for problem in expert_problems(stage, Reference(stage).runs)]
    assert any(each.startswith(message) for each in found), found


def test_a_scenario_that_a_guesser_passes_is_rejected(make_source: Callable[..., ScenarioSource]) -> None:
    def generous(data: dict[str, Any]) -> None:
        for step, points in zip(data["steps"], (10, 10, 60, 15, 5), strict=True):
            step["points"] = points

    proof = prove_seed(make_source(generous), 0)
    assert proof.naive["guess"] == 60
    assert any('the naive strategy "guess" reaches 60 points' in problem.message for problem in proof.problems)
