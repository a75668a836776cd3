"""One learner's attempt at a scenario: what lines earn and cost, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from quizgame.cluster.objects import name_of
from quizgame.content.scenario.steps import DiagnosisStep, EvidenceStep, Step
from quizgame.game.events import Journal, Payload
from quizgame.game.quiz.grading import Confidence
from quizgame.game.scenario import debrief, words
from quizgame.game.scenario.conduct import (
    FREE_REPEATS,
    Deduction,
    Offence,
    Snapshot,
    deleted_objects,
    is_lost_evidence,
    lost_rings,
    snapshot,
)
from quizgame.game.scenario.evidence import holds
from quizgame.game.scenario.exercise import ExerciseAttempt
from quizgame.game.scenario.progress import Given, Progress
from quizgame.game.scenario.proof import proves
from quizgame.game.scenario.repair import Judgement, judge
from quizgame.game.scenario.score import Report, StepResult, breadth_deductions
from quizgame.game.scenario.stage import Stage
from quizgame.game.scenario.steps import Choice, StepView, shuffled_options
from quizgame.game.scenario.views import diagnosis_view, evidence_view, outcome_view
from quizgame.game.scenario.workstation import ALL_PROGRAMS, USAGE, LineResult
from quizgame.game.worlds import INSIGHT_PROGRAMS
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line, Result, failure
from quizgame.tools.registry import PROGRAMS, Programs

if TYPE_CHECKING:
    from quizgame.cluster.world import World
    from quizgame.game.scenario.reference import Reference


class Attempt(ExerciseAttempt):
    """An attempt at one scenario.

    Args:
        stage: The scenario's worlds; the attempt plays on a fork of the broken one.
        world: Another world to play on instead (decoys, the healthy twin).
        journal: Where events go; ``None``: nowhere.
        reference: Gives the experts' results, asked for when the attempt is submitted; ``None``: breadth and collateral
            damage are not judged.
        seq: The number of the next event.
    """

    words = words.WORDS

    def __init__(
        self,
        stage: Stage,
        *,
        world: World | None = None,
        journal: Journal | None = None,
        reference: Callable[[], Reference] | None = None,
        seq: int = 1,
    ) -> None:
        super().__init__(stage, world=world, programs=PROGRAMS, journal=journal, seq=seq)
        self.scenario = stage.drawn.scenario
        self.reference = reference
        self._state = Progress(self.scenario, self._seen)
        self._start_versions = snapshot(self.world)
        self._before_repair = self.world.fork()

    # ------------------------------------------------------------ what a screen shows

    @property
    def is_diagnosed(self) -> bool:
        """Whether every diagnosis has been given, so that no more evidence counts."""
        return self._state.is_diagnosed

    @property
    def deductions(self) -> tuple[Deduction, ...]:
        """What has been taken away so far."""
        return tuple(self._state.deductions)

    @property
    def hints_given(self) -> tuple[str, ...]:
        """The texts of the hints that were bought."""
        return tuple(hint.text for hint in self.scenario.hints[: self._state.hints])

    @property
    def hints_left(self) -> int:
        """How many hints can still be bought."""
        return len(self.scenario.hints) - self._state.hints

    @property
    def next_hint_price(self) -> int | None:
        """What the next hint costs; ``None`` where there is no more."""
        hints = self.scenario.hints
        return hints[self._state.hints].price if self._state.hints < len(hints) else None

    def steps(self) -> list[StepView]:
        """The steps as the learner may see them now."""
        return [self._view(step) for step in self.scenario.steps]

    def _view(self, step: Step) -> StepView:
        match step:
            case EvidenceStep():
                return evidence_view(step, self._state, is_over=self.is_over)
            case DiagnosisStep():
                return diagnosis_view(step, self._state, self.choices(step), is_over=self.is_over)
        return outcome_view(step, self._state, is_over=self.is_over)

    def points_so_far(self) -> int:
        """Points earned less deductions, as far as the learner may know them: repair and diagnoses count at the end."""
        known = sum(view.earned or 0 for view in self.steps())
        return max(0, known - sum(deduction.points for deduction in self._state.deductions))

    def choices(self, step: DiagnosisStep) -> list[Choice]:
        """The options of a diagnosis in the order in which they are shown."""
        return shuffled_options(step, self.stage.drawn.seed, self.scenario.id)

    def judge_now(self) -> Judgement | None:
        """Check the repair as the world is now; ``None`` where the scenario has none."""
        repair = self.scenario.repair
        return judge(self.stage, repair, self.world) if repair is not None else None

    # ------------------------------------------------------------ what the game's words do

    def answer(self, step: DiagnosisStep, chosen: Sequence[int], confidence: Confidence | None) -> bool:
        """Give a diagnosis, once.

        Args:
            step: Which.
            chosen: Positions of the chosen options in the file.
            confidence: How sure the learner is, if that was said.

        Returns:
            Whether it was taken; ``False`` if there was an answer before.
        """
        if step.id in self._state.answers or self.is_over:
            return False
        index = len(self.results)
        self._state.answers[step.id] = Given(tuple(sorted(chosen)), confidence, index)
        right = {position for position, option in enumerate(step.options) if option.correct}
        self._state.earned[step.id] = (step.points if set(chosen) == right else 0, index)
        return True

    def buy_hint(self) -> str | None:
        """Take the next hint and pay for it; ``None`` where there is no more."""
        price = self.next_hint_price
        if price is None or self.is_over:
            return None
        hint = self.scenario.hints[self._state.hints]
        self._state.hints += 1
        if price:
            reason = f"hint {self._state.hints} of {len(self.scenario.hints)}"
            self._state.deductions.append(Deduction(Offence.HINT, reason, price, len(self.results)))
        return hint.text

    def answers(self) -> list[Payload]:
        """The diagnoses that were given, for the journal."""
        return [
            {
                "step": name,
                "right": self._state.points_of(name) > 0,
                "confidence": given.confidence.value if given.confidence is not None else None,
            }
            for name, given in self._state.answers.items()
        ]

    def opening(self) -> Sequence[Line]:
        """The briefing has said everything."""
        return ()

    def ending(self) -> Sequence[str]:
        """Result and debrief as text."""
        return [*debrief.result_lines(self.result), "", *debrief.story_lines(self)]

    def proposals(self, done: Sequence[str]) -> Iterable[str]:
        """Diagnoses, their choices and how sure one is."""
        if done[0] != "answer":
            return ()
        diagnoses = {view.id: view for view in self.steps() if view.kind == "diagnosis"}
        if len(done) == 1:
            return diagnoses
        view = diagnoses.get(done[1])
        numbers = [str(number) for number in range(1, len(view.choices) + 1)] if view is not None else []
        return [*numbers, *words.CONFIDENCE]

    # ------------------------------------------------------------ running a line

    def _perform(self, text: str) -> LineResult:
        charged = len(self._state.deductions)
        before_earned = set(self._state.earned)
        outcome = self._run(text)
        index = outcome.index
        if not self.is_over:
            self._see(outcome)
            if outcome.new_facts:
                self._collect_evidence(index)
            self._collect_proof(outcome.facts, index)
            self._note_repeat(outcome)
        earned = tuple(view.id for view in self.steps() if view.id not in before_earned and (view.earned or 0) > 0)
        outcome = replace(
            outcome, earned=earned, deductions=tuple(self._state.deductions[charged:]), is_over=self.is_over
        )
        self.results.append(outcome)
        return outcome

    def word_of(self, text: str) -> str | None:
        """The word of the game that a line begins with; before the end that is also one that opens only then."""
        first = text.split(maxsplit=1)[:1]
        if first and first[0] in INSIGHT_PROGRAMS and not self.is_over:
            return first[0]
        return super().word_of(text)

    def _run_word(self, word: str, text: str) -> Result:
        if word in INSIGHT_PROGRAMS:
            return failure(f"{word}: opens after `submit`", USAGE)
        return super()._run_word(word, text)

    def _run_command(self, text: str) -> Result:
        before = snapshot(self.world)
        result = super()._run_command(text)
        if not self.is_over:
            self._note_conduct(before, len(self.results))
        return result

    def _note_conduct(self, before: Snapshot, index: int) -> None:
        after = snapshot(self.world)
        gone = lost_rings(before, after)
        if gone and is_lost_evidence(self.session, self._state.open_evidence, gone, self._state.seen):
            places = ", ".join(sorted(place.partition("/")[2] for place in gone))
            self._state.charge(
                Offence.LOST_EVIDENCE, f"restarting {places} emptied ring buffers that held unseen evidence", index
            )
        if not self.is_diagnosed:
            for context, thing in deleted_objects(self.world, before):
                if self._was_there(context, str(thing["metadata"].get("uid", ""))):
                    self._state.charge(
                        Offence.DELETION,
                        f"deleted {thing['kind']} {name_of(thing)} before the cause was diagnosed",
                        index,
                    )
        if before.has_changed(after):
            judgement = self.judge_now()
            if judgement is None or not judgement.is_met:
                self._state.holds_since = None
            elif self._state.holds_since is None:
                self._state.holds_since = index
                self._state.holds_since_ns = self.world.clock.now_ns

    def _was_there(self, context: str, uid: str) -> bool:
        """Whether an object existed when the learner came."""
        first = self._start_versions.versions[context]
        added = (
            change for change in self.world.clusters[context].api.store.changes_since(first) if change.type == "ADDED"
        )
        return all(change.object["metadata"].get("uid") != uid for change in added)

    def _collect_evidence(self, index: int) -> None:
        for step in self._state.open_evidence:
            if holds(step.fact, self._state.seen):
                self._state.earned[step.id] = (step.points, index)

    def _collect_proof(self, facts: Sequence[Fact], index: int) -> None:
        repair, step = self.scenario.repair, self.scenario.verification
        if repair is None or step is None or step.id in self._state.earned:
            return
        if not any(fact.kind in ("probe", "flow") for fact in facts):
            return
        if self._state.holds_since is None:
            return
        judgement = judge(self.stage, repair, self.world)
        if judgement.is_met and proves(self.stage, self.session, judgement, facts, self._state.holds_since_ns):
            self._state.earned[step.id] = (step.points, index)

    def _note_repeat(self, outcome: LineResult) -> None:
        if not outcome.facts or outcome.new_facts or outcome.is_word:
            return
        self._state.repeats += 1
        if self._state.repeats > FREE_REPEATS:
            self._state.charge(Offence.SURVEY, "the line showed nothing that had not been seen", outcome.index)

    # ------------------------------------------------------------ the end

    def _end(self) -> None:
        judgement = self.judge_now()
        state = self._state
        repair, verification = self.scenario.repair, self.scenario.verification
        is_solved = judgement.is_met if judgement is not None else self._is_rightly_diagnosed()
        if repair is not None:
            state.earned[repair.id] = (repair.points if is_solved else 0, state.holds_since if is_solved else None)
            if is_solved and self.reference is not None:
                state.deductions.extend(
                    breadth_deductions(self._before_repair, self.world, self.reference(), repair.breadth, self.scenario)
                )
        if verification is not None and not is_solved:
            state.earned[verification.id] = (0, None)
        results = [
            StepResult(step.id, step.kind, step.points, *state.earned.get(step.id, (0, None)))
            for step in self.scenario.steps
        ]
        self.report = Report(
            self.scenario.id,
            self.stage.drawn.seed,
            tuple(result if result.earned else StepResult(result.id, result.kind, result.points) for result in results),
            tuple(state.deductions),
            is_solved,
            judgement.checks if judgement is not None else (),
        )
        self.shell.tools = Programs(ALL_PROGRAMS)

    def _is_rightly_diagnosed(self) -> bool:
        return all(self._state.points_of(step.id) > 0 for step in self.scenario.diagnoses)
