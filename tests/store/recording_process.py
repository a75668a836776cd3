"""A program that sits an exam and practises without end, and prints what it shows as done; tests kill it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import Library, load_library
from quizgame.content.packfiles import builtin_folder
from quizgame.game.quiz.exam import ExamSession
from quizgame.game.quiz.plan import plan_exam
from quizgame.game.quiz.practice import PracticeSession, plan_practice
from quizgame.store.store import Store


def show(what: str, attempt: int, step: int) -> None:
    sys.stdout.write(f"{what} {attempt} {step}\n")
    sys.stdout.flush()


def exam(store: Store, library: Library, now: datetime) -> None:
    plan = plan_exam(library.questions.values(), load_blueprint(), seed=1)
    attempt = store.start_attempt("exam", subject="cca", seed=1, payload=plan.started(), now=now)
    session = ExamSession(library.questions, store.events(attempt.id), store.journal(attempt.id))
    show("begun", attempt.id, 0)
    for step in count(1):
        item = session.items[step % len(session.items)]
        session.answer(item.id, (item.choices[step % len(item.choices)].key,), now + timedelta(milliseconds=step))
        show("done", attempt.id, step)


def practice(store: Store, library: Library, now: datetime) -> None:
    for run in count():
        bank = list(library.questions.values())
        plan = plan_practice(bank, load_blueprint(), store.cards(), {}, now=now, seed=run, count=10)
        attempt = store.start_attempt("practice", seed=run, payload=plan.started(), now=now)
        session = PracticeSession(library.questions, store.events(attempt.id), store.journal(attempt.id), store.cards())
        show("begun", attempt.id, 0)
        while session.item is not None:
            kind = session.item.kind
            keys = [choice.key for choice in session.item.choices]
            session.answer(("x",) if kind == "fill-in" else tuple(keys[: session.item.choose]), None, now)
            show("done", attempt.id, session.position)
        session.end(now)
        show("done", attempt.id, session.position + 1)


def main() -> None:
    path, what = Path(sys.argv[1]), sys.argv[2]
    library = load_library([builtin_folder("questions")])
    now = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    with Store(path) as store:
        {"exam": exam, "practice": practice}[what](store, library, now)


if __name__ == "__main__":
    main()
