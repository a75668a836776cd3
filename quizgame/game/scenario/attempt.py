"""One learner's attempt at a scenario: lines in, lines with facts and points out, events for the journal.

Rules for this file: nothing here reads a real clock or a file. What a line did is recorded in the journal before it is
returned, so that whatever was shown can be shown again; replaying the recorded lines gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from quizgame.cluster.objects import name_of
from quizgame.content.scenario.steps import DiagnosisStep, EvidenceStep, Step
from quizgame.game.events import Event, Journal, Payload
from quizgame.game.quiz.grading import Confidence
from quizgame.game.scenario import words
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
from quizgame.game.scenario.evidence import facts_of, holds
from quizgame.game.scenario.feeds import Feeds
from quizgame.game.scenario.progress import Given, Progress
from quizgame.game.scenario.proof import proves
from quizgame.game.scenario.recording import LINE, SUBMITTED, Recorder
from quizgame.game.scenario.repair import Judgement, judge
from quizgame.game.scenario.score import Report, StepResult, breadth_deductions
from quizgame.game.scenario.stage import Stage
from quizgame.game.scenario.steps import Choice, StepView, shuffled_options
from quizgame.game.scenario.views import diagnosis_view, evidence_view, outcome_view
from quizgame.game.worlds import INSIGHT_PROGRAMS
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line, Result, lines, render
from quizgame.tools.registry import PROGRAMS, Programs
from quizgame.tools.session import Session
from quizgame.tools.shell.executor import Shell

if TYPE_CHECKING:
    from quizgame.cluster.world import World
    from quizgame.game.scenario.reference import Reference

LINE_S = 2.0
"""Simulated seconds that typing a line takes, besides what the command takes."""


@dataclass(frozen=True, slots=True)
class LineResult:
    """What one line did."""

    index: int
    """Its place among the lines of the attempt, from 0."""
    line: str
    stdout: tuple[Line, ...]
    stderr: tuple[Line, ...]
    exit: int
    facts: tuple[Fact, ...]
    """Everything that its output shows."""
    new_facts: tuple[Fact, ...]
    """What had not been seen before."""
    earned: tuple[str, ...] = ()
    """Ids of the steps that it earned, as far as the learner may know (never the repair, before it is submitted)."""
    deductions: tuple[Deduction, ...] = ()
    is_over: bool = False
    """Whether the attempt has been submitted, by this line or before it."""

    @property
    def stdout_text(self) -> str:
        """Its standard output."""
        return render(self.stdout)

    @property
    def stderr_text(self) -> str:
        """Its messages."""
        return render(self.stderr)


class Attempt:
    """An attempt at one scenario.

    Args:
        stage: The scenario's worlds; the attempt plays on a fork of the broken one.
        world: Another world to play on instead (decoys, the healthy twin).
        journal: Where events go; ``None``: nowhere.
        reference: Gives the experts' results, asked for when the attempt is submitted; ``None``: breadth and collateral
            damage are not judged.
        seq: The number of the next event.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        world: World | None = None,
        journal: Journal | None = None,
        reference: Callable[[], Reference] | None = None,
        seq: int = 1,
    ) -> None:
        self.stage = stage
        self.scenario = stage.drawn.scenario
        self.world = (world if world is not None else stage.broken).fork()
        self.results: list[LineResult] = []
        self.report: Report | None = None
        self.feeds = Feeds()
        files = {name: lines(text) for name, text in self.scenario.files.items()}
        self.session = Session(self.world, files=files)
        self.feeds.attach(self.session)
        self.shell = Shell(self.session, Programs(PROGRAMS))
        self.reference = reference
        self.started_ns = self.world.clock.now_ns
        self._recorder = Recorder(journal, seq)
        self._waited_ms = 0
        self._state = Progress(self.scenario)
        self._start_versions = snapshot(self.world)
        self._before_repair = self.world.fork()

    # ------------------------------------------------------------ what a screen does

    def run_line(self, text: str, now: datetime | None = None) -> LineResult:
        """Run a line: a word of the game, or a shell command. Recorded before it is returned.

        Args:
            text: As typed; a here-document with its body is one line.
            now: The real instant, for the journal; only needed with one.
        """
        was_over = self.is_over
        waited_ms, self._waited_ms = self._waited_ms, 0
        self.feeds.begin()
        outcome = self._perform(text)
        if not was_over:
            simulated = self.world.clock.timestamp()
            self._recorder.line(
                outcome, self._state, now, waited_ms=waited_ms, fed=self.feeds.fed(), simulated=simulated
            )
            if self.report is not None:
                self._recorder.end(self.report, self._state, now)
        return outcome

    def let_pass(self, seconds: float) -> None:
        """Let simulated time pass while the learner thinks; recorded with the next line."""
        milliseconds = round(seconds * 1000)
        self._waited_ms += milliseconds
        self.world.advance(milliseconds / 1000)

    def submit(self, now: datetime | None = None) -> Report:
        """End the attempt and judge it; the same report again, if it has ended."""
        if self.report is None:
            self._judge_finally()
            self._recorder.end(self.result, self._state, now)
        return self.result

    def replay(self, events: Iterable[Event]) -> None:
        """Bring a fresh attempt to where recorded events had left it; the journal is not written.

        The caller makes sure that pack and engine are those of the recording (`can_replay`).
        """
        for event in events:
            self._recorder.seq = event.seq + 1
            if event.type == LINE:
                self.let_pass(event.payload["waited_ms"] / 1000)
                self._waited_ms = 0
                with self.feeds.replaying(event.payload["fed"]):
                    self._perform(event.payload["line"])
            elif event.type == SUBMITTED and self.report is None:
                self._judge_finally()

    # ------------------------------------------------------------ what a screen shows

    @property
    def is_over(self) -> bool:
        """Whether the attempt has been submitted."""
        return self.report is not None

    @property
    def is_diagnosed(self) -> bool:
        """Whether every diagnosis has been given, so that no more evidence counts."""
        return self._state.is_diagnosed

    @property
    def elapsed_s(self) -> float:
        """Simulated seconds since the learner arrived."""
        return (self.world.clock.now_ns - self.started_ns) / 1e9

    @property
    def remaining_s(self) -> float:
        """Simulated seconds until the time that the scenario names is over; below 0 it is. Nothing ends by it."""
        return self.scenario.minutes * 60 - self.elapsed_s

    @property
    def seen(self) -> Mapping[Fact, int]:
        """Fact → index of the line that showed it first."""
        return self._state.seen

    @property
    def deductions(self) -> tuple[Deduction, ...]:
        """What has been taken away so far."""
        return tuple(self._state.deductions)

    @property
    def hints_given(self) -> tuple[str, ...]:
        """The texts of the hints that were bought."""
        return tuple(hint.text for hint in self.scenario.hints[: self._state.hints])

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

    def judge_for_word(self) -> Report:
        """Judge the attempt within a line; the journal is written when the line is recorded."""
        if self.report is None:
            self._judge_finally()
        return self.result

    @property
    def result(self) -> Report:
        """The report of a submitted attempt.

        Raises:
            ValueError: if it has not been submitted.
        """
        if self.report is None:
            raise ValueError("the attempt has not been submitted")
        return self.report

    # ------------------------------------------------------------ running a line

    def _perform(self, text: str) -> LineResult:
        index = len(self.results)
        charged = len(self._state.deductions)
        before_seen = dict(self._state.seen)
        before_earned = set(self._state.earned)
        word = words.word_of(text)
        if word is not None and not (self.is_over and word in INSIGHT_PROGRAMS):
            result = words.run(self, text)
        else:
            result = self._run_shell(text, index)
        facts = facts_of((*self.feeds.streamed, *result.stdout, *result.stderr))
        new = tuple(fact for fact in facts if fact not in before_seen)
        if not self.is_over:
            for fact in new:
                self._state.seen.setdefault(fact, index)
            if new:
                self._collect_evidence(index)
            self._collect_proof(facts, index)
            self._note_repeat(text, facts, new, index)
        earned = tuple(view.id for view in self.steps() if view.id not in before_earned and (view.earned or 0) > 0)
        outcome = LineResult(
            index, text, tuple(result.stdout), tuple(result.stderr), result.exit, facts, new, earned,
            tuple(self._state.deductions[charged:]), self.is_over,
        )  # fmt: skip
        self.results.append(outcome)
        return outcome

    def _run_shell(self, text: str, index: int) -> Result:
        if not text.strip():
            return Result()
        self.world.advance(LINE_S)
        before = snapshot(self.world)
        result = self.shell.run_line(text)
        self.world.settle()
        if not self.is_over:
            self._note_conduct(before, index)
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

    def _note_repeat(self, text: str, facts: Sequence[Fact], new: Sequence[Fact], index: int) -> None:
        if not facts or new or words.word_of(text) is not None:
            return
        self._state.repeats += 1
        if self._state.repeats > FREE_REPEATS:
            self._state.charge(Offence.SURVEY, "the line showed nothing that had not been seen", index)

    # ------------------------------------------------------------ the end

    def _judge_finally(self) -> None:
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
        self.shell.tools = Programs({**PROGRAMS, **INSIGHT_PROGRAMS})

    def _is_rightly_diagnosed(self) -> bool:
        return all(self._state.points_of(step.id) > 0 for step in self.scenario.diagnoses)

    # ------------------------------------------------------------ the journal

    def started(self) -> Payload:
        """The payload of the event that begins the attempt."""
        return {"scenario": self.scenario.id, "title": self.scenario.title, "domain": self.scenario.domain,
                "minutes": self.scenario.minutes, "seed": self.stage.drawn.seed}  # fmt: skip
