"""What the screens work on: library, blueprint, store, clock; and what they ask of them.

Rules for this file: no Textual. Everything here runs on the desk's thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import BankQuestion, Library
from quizgame.errors import QuizgameError
from quizgame.game.quiz.exam import ExamSession
from quizgame.game.quiz.focus import Focus
from quizgame.game.quiz.learner import Mastery, Readiness, estimate_mastery, estimate_readiness
from quizgame.game.quiz.plan import plan_exam
from quizgame.game.quiz.practice import PracticeSession, Subject, plan_practice
from quizgame.game.quiz.progress import cards_by_competency
from quizgame.game.quiz.report import ExamReport, report_from
from quizgame.game.quiz.scheduling import Card
from quizgame.game.quiz.selection import focused
from quizgame.game.quiz.templates.table import TEMPLATES, templates_in
from quizgame.game.quiz.templates.template import Template
from quizgame.game.quiz.templates.variants import Bank
from quizgame.store.store import Attempt, Store
from quizgame.tui.launch import ExamTerms, PracticeTerms

if TYPE_CHECKING:
    from quizgame.tui.scenario.shelf import OpenAttempt, Shelf

FORECAST_DAYS = 14


@dataclass(frozen=True, slots=True)
class ScenarioEntry:
    """A scenario or a lab that can be played, as lists show it."""

    id: str
    title: str
    kind: str
    """``scenario`` or ``lab``."""
    domain: str
    difficulty: str
    minutes: int
    competencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A practice run or an exam that was begun and not finished."""

    attempt: int
    done: int
    """How many of its questions are dealt with, or answered."""
    total: int
    deadline: datetime | None = None
    """When it ends by itself; ``None`` for practice."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What the home screen shows."""

    due: int
    mastery: Mastery
    readiness: Readiness
    questions: int
    """How many the bank holds."""
    exam: OpenRun | None
    practice: OpenRun | None
    exams: int
    """How many exams were finished."""
    problems: int
    """How many problems the packs have."""
    scenarios: Sequence[ScenarioEntry]
    scenario: OpenAttempt | None = None
    """The scenario or lab under way."""


@dataclass(frozen=True, slots=True)
class PastExam:
    """A finished exam."""

    attempt: int
    finished: datetime
    report: ExamReport


@dataclass(frozen=True, slots=True)
class PastPractice:
    """A practice run, ended or not."""

    started: datetime
    answered: int
    right: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What the progress screen shows."""

    exams: Sequence[PastExam]
    """The oldest first."""
    practices: Sequence[PastPractice]
    """Those that were ended, the oldest first."""
    mastery: Mastery
    cards: Sequence[tuple[str, Card]]
    """Every card with its competency."""
    due_by_day: Sequence[int]
    """How many cards fall due on each of the next `FORECAST_DAYS` days; what is due already counts as today."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Library, blueprint and store of this run.

    Args:
        now: The clock.
        new_seed: A seed where the user gave none.
    """

    store: Store
    library: Library
    blueprint: Blueprint
    now: Callable[[], datetime] = lambda: datetime.now(UTC)  # the edge: the app's one wall clock
    new_seed: Callable[[], int] = lambda: 0
    templates: Mapping[str, Template] = field(default_factory=lambda: TEMPLATES)
    """The templates by id whose variants are asked beside the library's questions."""
    scenarios: Sequence[ScenarioEntry] = ()
    """What can be played; the screen that lists it is registered as ``scenarios``."""
    shelf: Shelf | None = None
    """Plays it; ``None`` where no scenarios are loaded."""

    def overview(self) -> Overview:
        """How things stand."""
        now = self.now()
        mastery = estimate_mastery(self.store.reviews(), self.blueprint, now)
        known = self.library.questions
        return Overview(
            due=sum(card.item in known or card.item in self.templates for card in self.store.due_cards(now)),
            mastery=mastery,
            readiness=estimate_readiness(mastery, self.blueprint),
            questions=len(known),
            exam=self._open_exam(),
            practice=self._open_practice(),
            exams=sum(attempt.finished is not None for attempt in self.store.attempts("exam")),
            problems=len(self.library.problems),
            scenarios=self.scenarios,
            scenario=self.shelf.open_attempt() if self.shelf is not None else None,
        )

    def domain_counts(self) -> Mapping[str, int]:
        """How many questions the bank holds in each domain."""
        return Counter(entry.domain for entry in self.library.questions.values())

    def exercises_on(self, competency: str) -> list[ScenarioEntry]:
        """Scenarios and labs that train a competency and can be played, the shortest first."""
        fitting = [entry for entry in self.scenarios if competency in entry.competencies] if self.shelf else []
        return sorted(fitting, key=lambda entry: (entry.minutes, entry.id))

    @property
    def bank(self) -> Mapping[str, BankQuestion]:
        """The questions by id, with the variants of templates, which are made when they are asked for."""
        return Bank(self.library.questions)

    # Practice

    def begin_practice(self, terms: PracticeTerms, *, aside: bool = False) -> PracticeSession | None:
        """Begin a practice run; ``None`` where these terms give no question.

        Args:
            terms: What to practise.
            aside: Whether a run under way stays open; otherwise it is ended.
        """
        if terms.or_resume and (under_way := self.resume_practice()) is not None:
            return under_way
        now, seed = self.now(), self.new_seed()
        reviews = self.store.given() if terms.focus is Focus.CONFUSED else self.store.reviews()
        mastery = estimate_mastery(reviews, self.blueprint, now)
        bank: list[Subject] = [*self.library.in_domains(terms.domains), *templates_in(terms.domains, self.templates)]
        if terms.competencies:
            bank = [subject for subject in bank if subject.competency in terms.competencies]
        bank = focused(bank, terms.focus, reviews, mastery, self.blueprint)
        plan = plan_practice(
            bank,
            self.blueprint,
            self.store.cards(),
            mastery.means(),
            now=now,
            seed=seed,
            count=terms.count,
            due_only=terms.due_only,
            minutes=terms.minutes,
        )
        if not plan.items:
            return None
        for attempt in () if aside else self.store.open_attempts("practice"):
            self._practice(attempt.id).end(now)
        attempt = self.store.start_attempt(
            "practice", seed=seed, payload=plan.started(), now=now, pack=self.library.digest
        )
        return self._practice(attempt.id)

    def resume_practice(self) -> PracticeSession | None:
        """Go on with the practice run under way; ``None`` where there is none."""
        attempts = self.store.open_attempts("practice")
        return self._practice(attempts[0].id) if attempts else None

    def _practice(self, attempt: int) -> PracticeSession:
        return PracticeSession(self.bank, self.store.events(attempt), self.store.journal(attempt), self.store.cards())

    def _open_practice(self) -> OpenRun | None:
        attempts = self.store.open_attempts("practice")
        if not attempts:
            return None
        session = self._practice(attempts[0].id)
        return OpenRun(attempts[0].id, session.position, len(session.items))

    # Exam

    def begin_exam(self, terms: ExamTerms) -> ExamSession:
        """Begin an exam.

        Raises:
            PlanError: The bank is too small for it.
            QuizgameError: Another exam is under way.
        """
        if self.store.open_attempts("exam"):
            raise QuizgameError("an exam is under way", hint="finish it, or hand it in")
        seed = terms.seed if terms.seed is not None else self.new_seed()
        left_out = self.store.last_items("exam", subject=self.blueprint.id) if terms.seed is None else ()
        plan = plan_exam(
            self.library.questions.values(),
            self.blueprint,
            templates=self.templates.values(),
            seed=seed,
            questions=terms.questions,
            minutes=terms.minutes,
            left_out=left_out,
        )
        attempt = self.store.start_attempt(
            "exam",
            subject=self.blueprint.id,
            seed=seed,
            payload=plan.started(),
            now=self.now(),
            pack=self.library.digest,
        )
        return self._exam(attempt)

    def resume_exam(self) -> ExamSession | None:
        """Go on with the exam under way (which its time may have ended by now); ``None`` where there is none."""
        attempts = self.store.open_attempts("exam")
        if not attempts:
            return None
        session = self._exam(attempts[0])
        session.tick(self.now())
        return session

    def past_exam(self, attempt: int) -> ExamSession:
        """A finished exam, to look at."""
        return self._exam(self.store.attempt(attempt))

    def _exam(self, attempt: Attempt) -> ExamSession:
        return ExamSession(self.bank, self.store.events(attempt.id), self.store.journal(attempt.id))

    def _open_exam(self) -> OpenRun | None:
        attempts = self.store.open_attempts("exam")
        if not attempts:
            return None
        session = self._exam(attempts[0])
        answered = sum(session.is_complete(item.id) for item in session.items)
        return OpenRun(attempts[0].id, answered, len(session.items), session.deadline)

    # Progress

    def progress(self) -> Progress:
        """What has been done and what is to come."""
        now = self.now()
        return Progress(
            exams=[
                PastExam(attempt.id, attempt.finished, report_from(attempt.result))
                for attempt in self.store.attempts("exam")
                if attempt.finished is not None and attempt.result is not None
            ],
            practices=[
                PastPractice(attempt.started, attempt.result["answered"], attempt.result["right"])
                for attempt in self.store.attempts("practice")
                if attempt.result is not None and attempt.result["answered"]
            ],
            mastery=estimate_mastery(self.store.reviews(), self.blueprint, now),
            cards=[*cards_by_competency(self.library.questions, self.store.cards().values())],
            due_by_day=self._due_by_day(now),
        )

    def _due_by_day(self, now: datetime) -> list[int]:
        days = [0] * FORECAST_DAYS
        for card in self.store.cards().values():
            day = max((card.due - now) // timedelta(days=1), 0)
            if day < FORECAST_DAYS and (card.item in self.library.questions or card.item in self.templates):
                days[day] += 1
        return days
