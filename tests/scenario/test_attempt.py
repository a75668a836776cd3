"""The rules of the game, on the starter scenario."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from quizgame.content.scenarios import ScenarioSource
from quizgame.game.events import Event
from quizgame.game.scenario.attempt import Attempt
from quizgame.game.scenario.debrief import debrief_of
from quizgame.game.scenario.reference import Reference, play
from quizgame.game.scenario.stage import Stage
from quizgame.game.scenario.steps import StepState
from quizgame.tools.output import Line

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
SEE_DROP = "hubble observe -n shop --verdict DROPPED --last 5"
SEE_POLICY = "kubectl -n shop get cnp api-ingress -o yaml"
RIGHT = 'answer cause "The policy on the API"'
POLICY = """\
kubectl -n shop apply -f - <<EOF
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: {name}
spec:
  endpointSelector: {{matchLabels: {{app: api}}}}
  ingress:
    - fromEndpoints: {peers}
      toPorts: [{{ports: [{{port: "{port}", protocol: TCP}}]}}]
EOF"""
PROBE = "kubectl -n shop exec deploy/front -- curl -s -o /dev/null -w '%{http_code}' --max-time 5 http://api/"


def fix(attempt: Attempt, peers: str = "[{matchLabels: {app: front}}]", name: str = "api-ingress") -> str:
    port = attempt.stage.drawn.values["port"]
    return POLICY.format(peers=peers, port=port, name=name)


def earned(attempt: Attempt) -> dict[str, int]:
    return {step.id: step.earned for step in attempt.submit().steps}


@dataclass
class Memory:
    """A journal in memory."""

    events: list[Event] = field(default_factory=list)
    finished: Event | None = None

    def append(self, event: Event) -> None:
        self.events.append(event)

    def finish(self, event: Event) -> None:
        self.events.append(event)
        self.finished = event


def test_this_member_is_the_one_that_the_lines_are_about(attempt: Attempt) -> None:
    assert attempt.stage.drawn.values["ns"] == "shop"


class TestEvidence:
    def test_counts_when_it_is_seen_by_whatever_command(self, attempt: Attempt) -> None:
        assert attempt.run_line("kubectl get pods -A").earned == ()
        assert attempt.run_line("hubble observe --verdict DROPPED -o jsonpb --last 3").earned == ("drop",)
        line = "kubectl -n shop get cnp api-ingress -o jsonpath='{.spec.ingress[0].fromEndpoints[0]}'"
        assert attempt.run_line(line).earned == ("selector",)

    def test_is_not_learned_from_what_did_not_reach_the_screen(self, attempt: Attempt) -> None:
        assert attempt.run_line(f"{SEE_DROP} > flows.txt").earned == ()
        assert attempt.run_line("wc -l flows.txt").earned == ()
        assert attempt.run_line("tail -1 flows.txt").earned == ("drop",)

    def test_comes_too_late_after_the_diagnosis(self, attempt: Attempt) -> None:
        play(attempt, [SEE_DROP, RIGHT, SEE_POLICY])
        assert (earned(attempt)["drop"], earned(attempt)["selector"]) == (20, 0)
        assert debrief_of(attempt).missed == ("The policy names a peer that does not exist",)

    def test_its_name_is_not_told_before_it_is_found(self, attempt: Attempt) -> None:
        steps = attempt.run_line("steps").stdout_text
        assert "selector" not in steps
        assert "Policy denied" not in steps
        attempt.run_line(SEE_DROP)
        assert "Policy denied" in attempt.run_line("steps").stdout_text


class TestDiagnosis:
    def test_is_given_once(self, attempt: Attempt) -> None:
        assert attempt.run_line("answer cause 1 --sure").exit == 0
        again = attempt.run_line("answer cause 2")
        assert (again.exit, again.stderr_text) == (1, "answer: cause has been answered; a diagnosis is given once\n")

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("answer", "usage: answer STEP CHOICE... [--sure|--unsure]; `steps` shows the choices"),
            ("answer cause 9", "answer: there is no choice 9: choose from 1 to 3"),
            ("answer cause The", "answer: 3 choices begin with \"The\": write more of it, or its number"),
            ("answer caus 1", 'answer: there is no diagnosis "caus" (did you mean "cause"?); there are cause'),
            ("answer cause nonsense", 'answer: no choice begins with "nonsense"; `steps` shows them'),
            ("answer cause 1 --certain", "answer: unknown option --certain: there are --sure and --unsure"),
            ("answer cause 'The", "answer: no closing quotation"),
        ],
    )  # fmt: skip
    def test_wrong_use_costs_nothing(self, attempt: Attempt, line: str, message: str) -> None:
        wrong = attempt.run_line(line)
        assert (wrong.exit, wrong.stderr_text) == (2, message + "\n")
        assert attempt.run_line("answer cause the policy on").exit == 0

    def test_is_not_judged_before_the_end(self, attempt: Attempt) -> None:
        attempt.run_line(RIGHT)
        view = next(view for view in attempt.steps() if view.kind == "diagnosis")
        assert (view.earned, view.state) == (None, StepState.ANSWERED)
        attempt.submit()
        view = next(view for view in attempt.steps() if view.kind == "diagnosis")
        assert (view.earned, view.state) == (25, StepState.EARNED)

    def test_options_are_shuffled_by_the_seed_alone(self, make_source: Callable[..., ScenarioSource]) -> None:
        source = make_source()
        orders = []
        for seed in range(8):
            attempt_of = Stage(source.draw(seed))
            step = attempt_of.drawn.scenario.diagnoses[0]
            orders.append(tuple(choice.position for choice in Attempt(attempt_of).choices(step)))
        assert len(set(orders)) > 1
        assert orders[0] == tuple(choice.position for choice in Attempt(Stage(source.draw(0))).choices(step))


class TestRepair:
    def test_any_repair_with_the_right_matrix_counts(self, attempt: Attempt) -> None:
        # Another policy beside the broken one, which is left as it is.
        play(attempt, [fix(attempt, name="second")])
        assert (attempt.submit().solved, earned(attempt)["repair"]) == (True, 25)

    def test_an_allow_all_is_no_repair(self, attempt: Attempt) -> None:
        play(attempt, [fix(attempt, peers="[{}]"), PROBE])
        report = attempt.submit()
        assert (report.solved, earned(attempt)["repair"], earned(attempt)["proof"]) == (False, 0, 0)
        failed = [check for check in report.checks if not check.is_met]
        assert [(check.kind.value, check.expected, check.seen) for check in failed] == [
            ("still denied", "fails", "200")
        ]

    def test_what_must_be_kept_may_be_changed_and_not_deleted(self, attempt: Attempt) -> None:
        play(attempt, [fix(attempt, name="second"), "kubectl -n shop delete cnp api-ingress"])
        assert [check.subject for check in attempt.submit().checks if not check.is_met] == [
            "CiliumNetworkPolicy shop/api-ingress"
        ]

    def test_opening_more_than_any_known_repair_costs_points(self, make_stage: Callable[..., Stage]) -> None:
        def unwatched(data: dict[str, Any]) -> None:
            """A port that no probe watches."""
            text = data["world"]["clusters"][0]["manifests"][0]
            data["world"]["clusters"][0]["manifests"][0] = text.replace(
                "[{containerPort: ${port}}]", "[{containerPort: ${port}}, {containerPort: 6060}]"
            )

        stage = make_stage(unwatched)
        reference = Reference(stage)
        attempt = Attempt(stage, reference=lambda: reference)
        play(
            attempt, [fix(attempt), fix(attempt, name="more").replace(str(attempt.stage.drawn.values["port"]), "6060")]
        )
        report = attempt.submit()
        assert report.solved
        assert [(each.offence.value, each.points) for each in report.deductions] == [("breadth", 1)]
        assert "shop/front -> shop/api:6060/TCP" in report.deductions[0].reason

    def test_breaking_something_else_costs_points(self, attempt: Attempt) -> None:
        closing = (
            "kubectl -n local-path-storage scale deploy local-path-provisioner --replicas 0; "
            "kubectl -n kube-system scale deploy hubble-relay --replicas 0"
        )
        play(attempt, [fix(attempt), closing, "sleep 30"])
        report = attempt.submit()
        assert report.solved
        assert [each.offence.value for each in report.deductions] == ["collateral damage"]

    def test_the_line_since_which_it_holds_is_told(self, attempt: Attempt) -> None:
        play(attempt, [SEE_DROP, fix(attempt), "kubectl get pods -A"])
        result = next(step for step in attempt.submit().steps if step.id == "repair")
        assert result.command == 1


class TestVerification:
    def test_a_probe_proves_the_repair(self, attempt: Attempt) -> None:
        assert attempt.run_line(PROBE).earned == ()
        assert attempt.run_line(fix(attempt)).earned == ()
        assert attempt.run_line(PROBE).earned == ("proof",)

    def test_a_flow_from_before_the_fault_does_not(self, make_stage: Callable[..., Stage]) -> None:
        def slow(data: dict[str, Any]) -> None:
            data["world"]["traffic"][0]["every"] = "50s"

        attempt = Attempt(make_stage(slow))
        attempt.run_line(fix(attempt))
        seen = attempt.run_line("hubble observe -n shop --verdict FORWARDED --last 100")
        assert ("shop/front" in seen.stdout_text, seen.earned) == (True, ())
        attempt.run_line("sleep 60")
        assert attempt.run_line("hubble observe -n shop --verdict FORWARDED --last 100").earned == ("proof",)

    def test_the_word_verify_is_no_proof(self, attempt: Attempt) -> None:
        attempt.run_line(fix(attempt))
        told = attempt.run_line("verify")
        assert (told.exit, told.earned) == (0, ())
        assert "It is not proved yet" in told.stdout_text

    def test_the_word_verify_says_what_was_seen_and_why_it_matters(self, attempt: Attempt) -> None:
        told = attempt.run_line("verify")
        assert told.exit == 1
        assert "FAIL restored: shop/front -> api:80/TCP GET /" in told.stdout_text
        assert "expected: works; seen: timeout" in told.stdout_text
        assert "why it matters: this is what you were called for" in told.stdout_text


class TestConduct:
    def test_a_restart_that_loses_unseen_drops_costs_points(self, attempt: Attempt) -> None:
        restart = "kubectl -n kube-system rollout restart ds/cilium && sleep 60"
        assert [each.offence.value for each in attempt.run_line(restart).deductions] == ["lost evidence"]

    def test_a_restart_after_they_were_seen_costs_nothing(self, attempt: Attempt) -> None:
        attempt.run_line(SEE_DROP)
        assert attempt.run_line("kubectl -n kube-system rollout restart ds/cilium && sleep 60").deductions == ()

    def test_deleting_before_diagnosing_costs_points(self, attempt: Attempt) -> None:
        deleted = attempt.run_line("kubectl -n shop delete cnp api-ingress")
        assert [(each.points, each.reason) for each in deleted.deductions] == [
            (5, "deleted CiliumNetworkPolicy api-ingress before the cause was diagnosed")
        ]

    def test_deleting_what_one_has_made_costs_nothing(self, attempt: Attempt) -> None:
        attempt.run_line("kubectl -n shop create configmap mine --from-literal a=b")
        assert attempt.run_line("kubectl -n shop delete configmap mine").deductions == ()

    def test_looking_at_the_same_again_and_again_costs_least_of_all(self, attempt: Attempt) -> None:
        for _ in range(20):
            attempt.run_line("kubectl -n shop get svc api")
        assert sum(each.points for each in attempt.deductions) == 3

    def test_a_hint_costs_its_price_and_the_brief_tells_it_first(self, attempt: Attempt) -> None:
        assert "Hints: 2, for 3, 6 points" in attempt.run_line("brief").stdout_text
        assert attempt.next_hint_price == 3
        attempt.run_line("hint")
        attempt.run_line("hint")
        assert attempt.run_line("hint").stderr_text == "hint: there are no more hints\n"
        assert [each.points for each in attempt.deductions] == [3, 6]

    def test_the_score_never_falls_below_nothing(self, attempt: Attempt) -> None:
        play(attempt, ["hint", "hint"])
        assert attempt.submit().score == 0


class TestEnd:
    def test_why_and_what_if_open_after_it(self, attempt: Attempt) -> None:
        assert attempt.run_line("why shop/front shop/api 80").stderr_text == "why: opens after `submit`\n"
        attempt.run_line("submit")
        why = attempt.run_line("why shop/front shop/api 80").stdout_text
        assert "CiliumNetworkPolicy shop/api-ingress spec: does not allow" in why

    def test_nothing_earns_points_any_more(self, attempt: Attempt) -> None:
        attempt.run_line("submit")
        assert attempt.run_line(SEE_DROP).earned == ()
        assert attempt.run_line("submit").exit == 1
        assert attempt.run_line("hint").exit == 1
        assert attempt.submit().score == 0

    def test_the_debrief_stands_beside_the_experts_way(self, attempt: Attempt) -> None:
        play(attempt, [SEE_DROP, 'answer cause "The API\'s pods" --sure', "submit"])
        whole = debrief_of(attempt)
        assert whole.learner[0].told == ("Hubble shows the connection dropped at the API's ingress, Policy denied",)
        assert [name for name, _ in whole.experts] == ["reads the drop, then the policy"]
        assert (whole.diagnoses[0].is_right, whole.diagnoses[0].is_sure) == (False, True)
        assert "You were sure" in attempt.results[-1].stdout_text


class TestJournal:
    def test_replaying_the_events_gives_the_same_attempt(self, stage: Stage) -> None:
        journal = Memory()
        first = Attempt(stage, journal=journal)
        for line in (SEE_DROP, "hint", RIGHT, fix(first), PROBE):
            first.let_pass(1.7)
            first.let_pass(2.05)
            first.run_line(line, NOW)
        again = Attempt(stage)
        again.replay(journal.events)
        assert [result.stdout_text for result in again.results] == [result.stdout_text for result in first.results]
        assert again.world.clock.now_ns == first.world.clock.now_ns
        assert again.steps() == first.steps()
        assert again.submit() == first.submit(NOW)
        assert journal.finished is not None
        assert [event.seq for event in journal.events] == [1, 2, 3, 4, 5, 6]

    def test_a_replayed_attempt_goes_on_in_its_journal(self, stage: Stage) -> None:
        journal = Memory()
        Attempt(stage, journal=journal).run_line(SEE_DROP, NOW)
        again = Attempt(stage, journal=journal)
        again.replay(list(journal.events))
        again.run_line(RIGHT, NOW)
        assert [event.payload["line"] for event in journal.events] == [SEE_DROP, RIGHT]
        assert [event.seq for event in journal.events] == [1, 2]

    def test_a_submission_by_the_learner_is_the_last_event(self, stage: Stage) -> None:
        journal = Memory()
        attempt = Attempt(stage, journal=journal)
        attempt.run_line(RIGHT, NOW)
        attempt.run_line("submit", NOW)
        attempt.run_line("kubectl get pods", NOW)
        assert [event.type for event in journal.events] == ["line", "line", "submitted"]
        assert journal.events[-1].payload["answers"] == [{"step": "cause", "right": True, "confidence": None}]

    def test_what_a_screen_gave_is_given_again(self, stage: Stage) -> None:
        journal = Memory()
        shown: list[Line] = []

        def stream(lines: Any) -> bool:
            shown.extend(lines)
            return len(shown) < 30

        def edit(name: str, text: str) -> str:
            return (
                text.replace("app: frontend", "app: front")
                .replace("app: web", "app: front")
                .replace("app: ui", "app: front")
            )

        first = Attempt(stage, journal=journal)
        first.feeds.use_screen(width=100, edit_text=edit, stream=stream)
        first.run_line("hubble observe -f -n shop", NOW)
        first.run_line("kubectl -n shop edit cnp api-ingress", NOW)
        again = Attempt(stage)
        again.replay(journal.events)
        assert again.world.clock.now_ns == first.world.clock.now_ns
        assert again.submit().solved == first.submit(NOW).solved is True


class TestTime:
    def test_a_line_takes_time_besides_its_command(self, attempt: Attempt) -> None:
        attempt.run_line("true")
        attempt.run_line("sleep 5")
        assert attempt.elapsed_s == 9
        assert attempt.remaining_s == 10 * 60 - 9

    def test_the_games_words_take_none(self, attempt: Attempt) -> None:
        play(attempt, ["brief", "steps", "score", "help"])
        assert attempt.elapsed_s == 0


class TestNothingIsWrong:
    @pytest.fixture
    def attempt(self, make_stage: Callable[..., Stage]) -> Attempt:
        def heal(data: dict[str, Any]) -> None:
            """The client is what is wrong: the cluster does what it should."""
            data["fault"] = []
            data["symptoms"] = []
            evidence, diagnosis = data["steps"][0], data["steps"][2]
            evidence["fact"] = {"probe": {"from": "${ns}/front", "to": "${ns}/api", "outcome": "ok"}}
            evidence["points"], diagnosis["points"] = 60, 40
            evidence["rulesOut"] = ["wrong-target-port"]
            diagnosis["options"] = [
                {"text": "Nothing; the client is to blame", "correct": True, "reason": "it works"},
                {"text": "The policy", "reason": "it admits the client"},
                {"text": "The service", "reason": "it leads to the API", "decoy": "wrong-target-port"},
            ]
            data["steps"] = [evidence, diagnosis]

        return Attempt(make_stage(heal))

    def test_that_diagnosis_solves_it(self, attempt: Attempt) -> None:
        play(attempt, [PROBE, "answer cause Nothing"])
        report = attempt.submit()
        assert (report.score, report.solved, report.passed) == (100, True, True)
        assert attempt.judge_now() is None

    def test_blaming_something_does_not(self, attempt: Attempt) -> None:
        play(attempt, [PROBE, "answer cause 'The policy'"])
        report = attempt.submit()
        assert (report.score, report.solved) == (60, False)
