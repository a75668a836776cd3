"""The rules of labs, on the starter lab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from quizgame.content.scenario.variables import first_values
from quizgame.content.scenarios import ScenarioSource
from quizgame.game.events import Event
from quizgame.game.exercises import attempt_at
from quizgame.game.lab.attempt import LabAttempt
from quizgame.game.quiz.reviews import reviews_of
from quizgame.game.scenario.stage import Stage
from quizgame.game.scenario.steps import StepState

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
CALL = "kubectl -n shop exec deploy/front -- curl -s -o /dev/null -w '%{http_code}\\n' --max-time 2 http://api/"
CLOSE = "kubectl apply -f closed.yaml"
OPEN = """\
kubectl -n shop apply -f - <<EOF
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
    - fromEndpoints: [{matchLabels: {app: front}}]
EOF"""
RIGHT = "answer close-it 'The packet is dropped'"
WRONG = "answer close-it 'The program'"
Make = Callable[..., ScenarioSource]


@dataclass
class Memory:
    """A journal in memory."""

    events: list[Event] = field(default_factory=list)

    def append(self, event: Event) -> None:
        self.events.append(event)

    def finish(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def lab(lab_stage: Stage) -> LabAttempt:
    found = attempt_at(lab_stage)
    assert isinstance(found, LabAttempt)
    return found


def play(lab: LabAttempt, *lines: str) -> LabAttempt:
    for line in lines:
        lab.run_line(line)
    return lab


def done(lab: LabAttempt) -> list[str]:
    return list(lab.progress.done)


class TestTasks:
    def test_come_one_after_another_and_are_told_when_done(self, lab: LabAttempt) -> None:
        first = lab.run_line(CALL)
        assert first.earned == ("see-it-open",)
        assert "[x] 1 of 3: See that everything is open" in first.told_text
        assert "Cilium enforces nothing for it" in first.told_text
        assert "Task 2 of 3: Close the door" in first.told_text
        assert first.stdout_text == "200\n", "the game's words are no output of the command"
        assert lab.run_line("true").told == ()

    def test_all_of_them_end_the_lab(self, lab: LabAttempt) -> None:
        play(lab, CALL, CLOSE, CALL, RIGHT)
        assert (done(lab), lab.is_over) == (["see-it-open", "close-it"], False)
        last = lab.run_line(OPEN)
        assert "All tasks are done" in last.told_text
        report = lab.result
        assert (report.score, report.solved, report.passed) == (100, True, True)
        assert [step.command for step in report.steps] == [0, 3, 4]
        assert lab.run_line(CALL).stdout_text == "200\n", "the clusters stay"

    def test_ended_before_they_count_by_their_share(self, lab: LabAttempt) -> None:
        play(lab, CALL, "end")
        report = lab.result
        assert ([step.points for step in report.steps], report.score) == ([33, 33, 34], 33)
        assert (report.solved, report.passed) == (False, False)
        assert [view.state for view in lab.steps()] == [StepState.EARNED, StepState.MISSED, StepState.MISSED]

    def test_state_counts_at_once_when_its_turn_comes(self, make_lab: Make) -> None:
        def swap(data: dict[str, Any]) -> None:
            data["tasks"][1] = {**data["tasks"][1], "done": data["tasks"][1]["done"][:2], "ask": None}

        lab = of(make_lab(swap))
        lab.run_line(CLOSE)
        assert done(lab) == []
        play(lab, "kubectl -n shop delete cnp api", CALL, CLOSE)
        assert done(lab) == ["see-it-open", "close-it"]

    def test_what_was_seen_before_its_turn_does_not_count(self, lab: LabAttempt) -> None:
        """The failing call was made while the first task was current."""
        play(lab, CLOSE, CALL, "kubectl -n shop delete cnp api", CALL, CLOSE, RIGHT)
        assert done(lab) == ["see-it-open"]
        lab.run_line(CALL)
        assert done(lab) == ["see-it-open", "close-it"]

    def test_unless_it_says_ever(self, make_lab: Make) -> None:
        def ever(data: dict[str, Any]) -> None:
            data["tasks"][1]["done"][2]["ever"] = True

        lab = of(make_lab(ever))
        play(lab, CLOSE, CALL, "kubectl -n shop delete cnp api", CALL, CLOSE, RIGHT)
        assert done(lab) == ["see-it-open", "close-it"]

    def test_time_may_do_the_rest(self, make_lab: Make) -> None:
        """What comes about while nobody types is noticed with the next line, whatever it is."""

        def wait(data: dict[str, Any]) -> None:
            data["tasks"][0]["done"] = [{"works": {"from": "${ns}/late", "to": "api:80"}}]

        lab = of(make_lab(wait))
        play(lab, "kubectl -n shop create deployment late --image=registry.example.com/late:1.0")
        lab.let_pass(30)
        assert "see-it-open" in (*lab.run_line("brief").earned, *done(lab))


class TestChecks:
    @pytest.mark.parametrize(
        ("check", "is_met"),
        [
            ({"object": {"kind": "Deployment", "namespace": "shop", "name": "fro*"}}, True),
            ({"object": {"kind": "Deployment", "namespace": "shop", "name": "nobody"}}, False),
            ({"object": {"kind": "Deployment", "namespace": "shop", "name": "nobody", "absent": True}}, True),
            ({"object": {"kind": "Gateway", "namespace": "shop", "name": "*", "absent": True}}, True),
            ({"object": {"kind": "Service", "namespace": "shop", "name": "api", "field": "spec.ports[0].port",
                         "value": 80}}, True),
            ({"object": {"kind": "Service", "namespace": "shop", "name": "api", "field": "spec.ports[0].port",
                         "value": "8*1"}}, False),
            ({"object": {"kind": "Service", "namespace": "shop", "name": "api", "field": "spec.*clusterIPs"}}, True),
            ({"object": {"kind": "ConfigMap", "namespace": "kube-system", "name": "cilium-config",
                         "field": "data.enable-hubble", "value": True}}, True),
            ({"object": {"kind": "Deployment", "namespace": "shop", "name": "api",
                         "condition": {"type": "Available"}}}, True),
            ({"object": {"kind": "Deployment", "namespace": "shop", "name": "api",
                         "condition": {"type": "Available", "status": "False"}}}, False),
            ({"works": {"from": "shop/front", "to": "api:80", "http": {"path": "/"}}}, True),
            ({"works": {"from": "shop/front", "to": "shop/api:8080"}, "cluster": "prod"}, True),
            ({"works": {"from": "shop/front", "to": "api:81"}}, False),
            ({"fails": {"from": "shop/front", "to": "api:81"}, "cluster": "kind-prod"}, True),
            ({"fails": {"from": "shop/nobody", "to": "api:80"}}, False),
            ({"any": [{"works": {"from": "shop/front", "to": "api:81"}},
                      {"object": {"kind": "Service", "namespace": "shop", "name": "api"}}]}, True),
            ({"all": [{"works": {"from": "shop/front", "to": "api:80"}},
                      {"object": {"kind": "Service", "namespace": "shop", "name": "none"}}]}, False),
        ],
    )  # fmt: skip
    def test_state(self, make_lab: Make, check: dict[str, Any], is_met: bool) -> None:
        lab = of(make_lab(lambda data: data["tasks"][0].update(done=[check])))
        (finding,) = lab.findings()
        assert finding.is_met is is_met
        assert bool(finding.seen) is not is_met

    def test_facts_of_another_cluster_are_not_meant(self, make_lab: Make) -> None:
        for cluster, expected in (("prod", ["see-it-open"]), ("kind-prod", ["see-it-open"]), ("kind-other", [])):
            lab = of(make_lab(lambda data, name=cluster: data["tasks"][0]["done"][0].update(cluster=name)))
            assert done(play(lab, CALL)) == expected

    def test_nothing_that_is_tried_shows_in_the_cluster(self, lab: LabAttempt) -> None:
        play(lab, CALL, CLOSE)
        before = lab.run_line("hubble observe -n shop --verdict DROPPED --last 50").stdout_text
        play(lab, "true", "verify")
        assert lab.run_line("hubble observe -n shop --verdict DROPPED --last 50").stdout_text == before


class TestWords:
    def test_verify_tells_check_by_check(self, lab: LabAttempt) -> None:
        play(lab, CALL, CLOSE)
        told = lab.run_line("verify")
        assert told.exit == 1
        text = " ".join(told.stdout_text.split())
        assert "ok fails: shop/front -> api:80/TCP" in text
        assert "ok CiliumNetworkPolicy shop/api is there, Valid is True" in text
        assert "outcome timeout not shown since this task began" in text
        assert "open the question is answered" in text

    def test_a_wrong_answer_is_explained_and_given_again(self, lab: LabAttempt) -> None:
        play(lab, CALL, CLOSE, CALL)
        wrong = lab.run_line(WRONG)
        assert (wrong.exit, wrong.stdout_text) == (1, "No: It never sees the packet.\n")
        assert wrong.earned == ()
        right = lab.run_line(RIGHT)
        assert right.stdout_text.startswith("Right: ")
        assert right.earned == ("close-it",)

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("answer", "usage: answer TASK CHOICE; `steps` shows the choices"),
            ("answer open-it 1", 'answer: "open-it" asks nothing; there are close-it'),
            ("answer close-it 1", "answer: close-it is not the current task"),
        ],
    )
    def test_wrong_use_is_told(self, lab: LabAttempt, line: str, message: str) -> None:
        assert lab.run_line(line).stderr_text == message + "\n"

    def test_hints_are_free_and_end(self, lab: LabAttempt) -> None:
        assert lab.run_line("hint").stdout_text.startswith("Hint 1 of 1: ")
        assert lab.run_line("hint").stderr_text == "hint: there are no more hints\n"
        assert lab.submit().deductions == ()

    def test_later_questions_are_not_shown_before_their_turn(self, lab: LabAttempt) -> None:
        assert "refused" not in lab.run_line("steps").stdout_text
        assert "rather than being refused?" in play(lab, CALL).run_line("tasks").stdout_text

    def test_what_decides_is_open_from_the_start(self, lab: LabAttempt) -> None:
        assert "goes through" in lab.run_line("why shop/front shop/api 80").stdout_text


class TestJournal:
    def test_replaying_the_events_gives_the_same_lab(self, lab_stage: Stage) -> None:
        journal = Memory()
        first = LabAttempt(lab_stage, journal=journal)
        for line in (CALL, CLOSE, "hint", CALL, WRONG, RIGHT, OPEN):
            first.let_pass(1.5)
            first.run_line(line, NOW)
        again = LabAttempt(lab_stage)
        again.replay(journal.events)
        assert [result.told_text for result in again.results] == [result.told_text for result in first.results]
        assert (again.steps(), again.result) == (first.steps(), first.result)
        assert [event.type for event in journal.events] == ["line"] * 7 + ["submitted"]
        assert journal.events[0].payload["earned"] == {"see-it-open": 33}

    def test_first_answers_tell_of_the_learner_and_tasks_do_not(self, lab_stage: Stage) -> None:
        journal = Memory()
        lab = LabAttempt(lab_stage, journal=journal)
        for line in (CALL, CLOSE, CALL, WRONG, RIGHT, OPEN):
            lab.run_line(line, NOW)
        (review,) = reviews_of("lab", journal.events[-1])
        assert (review.item, review.right, review.competency) == ("first-lab/close-it", False, "interpret-policies")
        assert review.comes_back is False


def of(source: ScenarioSource) -> LabAttempt:
    """An attempt at the member that has the first value of each variable."""
    return LabAttempt(Stage(source.with_values(first_values(source.vary))))
