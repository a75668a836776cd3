"""A learner that never tires: takes up what is open, goes on with it to its end, and begins again.

Run as a program it prints, after each act that a session has recorded, the event of it; ``tests.soak.killing``
kills it at any moment and looks whether all that was printed is there.

usage: python -m tests.soak.learner DATABASE exam|practice|scenario|lab SEED
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import load_library
from quizgame.content.packfiles import builtin_folder
from quizgame.content.scenarios import load_scenarios
from quizgame.game.events import Event, Payload
from quizgame.game.exercises import attempt_at
from quizgame.game.lab.attempt import LabAttempt
from quizgame.game.lab.solution import as_shown, solution_lines
from quizgame.game.quiz.exam import ExamSession
from quizgame.game.quiz.items import Item, Response
from quizgame.game.quiz.plan import plan_exam
from quizgame.game.quiz.practice import PracticeSession, plan_practice
from quizgame.game.scenario.stage import Stage
from quizgame.store.store import Attempt, Store

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
EXAM_ACTS = 120
PRACTICE_QUESTIONS = 25
LOOKING_AROUND = (
    "brief",
    "kubectl get pods -A",
    "hubble observe --last 20 > flows.txt",
    "hint",
    "cat flows.txt | grep -c tcp",
    "kubectl create namespace mine",
    "kubectl delete namespace mine",
)
"""What a learner does anywhere before following a solution: reads, writes a file, changes objects."""


def at(events: int) -> datetime:
    """The instant of the act that follows so many events."""
    return START + timedelta(seconds=events)


def some_response(item: Item, number: int) -> Response:
    """A whole response to an item, right or wrong."""
    keys = [choice.key for choice in item.choices]
    turned = keys[number % len(keys) :] + keys[: number % len(keys)] if keys else []
    match item.kind:
        case "fill-in":
            return (f"guess {number}",)
        case "ordering":
            return tuple(turned)
        case "matching":
            return tuple(turned[place % len(turned)] for place in range(len(item.prompts)))
        case _:
            return tuple(turned[: item.choose])


def opened(store: Store, kind: str, subject: str, seed: int, payload: Callable[[], Payload], pack: str = "") -> Attempt:
    """The open attempt of a kind, or a new one."""
    waiting = store.open_attempts(kind)
    if waiting:
        return waiting[0]
    return store.start_attempt(kind, subject=subject, seed=seed, payload=payload(), now=at(0), pack=pack)


def sit_exam(store: Store, seed: int) -> Iterator[int]:
    """Sit one exam, yielding its number after each act."""
    library = load_library([builtin_folder("questions")])
    bank = library.questions
    attempt = opened(
        store, "exam", "cca", seed, lambda: plan_exam(bank.values(), load_blueprint(), seed=seed).started()
    )
    yield attempt.id
    done = len(store.events(attempt.id))
    session = ExamSession(bank, store.events(attempt.id), store.journal(attempt.id))
    for number in range(done, EXAM_ACTS):
        item = session.items[number // 4 % len(session.items)]
        match number % 4:
            case 0:
                session.answer(item.id, some_response(item, number), at(number))
            case 1:
                session.flag(item.id, True, at(number))
            case 2 if item.choices:
                session.strike(item.id, item.choices[-1].key, True, at(number))
            case _:
                session.move((number // 4 + 1) % len(session.items), at(number))
        yield attempt.id
    assert session.submit(at(EXAM_ACTS)).total == len(session.items)
    yield attempt.id


def practise(store: Store, seed: int) -> Iterator[int]:
    """Do one practice run, yielding its number after each act."""
    bank = load_library([builtin_folder("questions")]).questions

    def chosen() -> Payload:
        plan = plan_practice(
            list(bank.values()), load_blueprint(), store.cards(), {}, now=at(0), seed=seed, count=PRACTICE_QUESTIONS
        )
        return plan.started()

    attempt = opened(store, "practice", "", seed, chosen)
    yield attempt.id
    session = PracticeSession(bank, store.events(attempt.id), store.journal(attempt.id), store.cards())
    while session.item is not None:
        number = session.position
        if number % 5 == 4:
            session.skip(at(number))
        else:
            session.answer(some_response(session.item, number), None, at(number))
        yield attempt.id
    session.end(at(session.position + 1))
    yield attempt.id


def repair_cluster(store: Store, seed: int) -> Iterator[int]:
    """Play one scenario by its first expert's lines, after a look around, yielding the attempt's number after each."""
    return play_exercise(store, seed, "scenario", lambda stage: list(stage.drawn.scenario.experts[0].lines))


def do_lab(store: Store, seed: int) -> Iterator[int]:
    """Do one lab by the solutions of its tasks, after a look around, yielding the attempt's number after each line."""
    return play_exercise(store, seed, "lab", solutions)


def solutions(stage: Stage) -> list[str]:
    """All lines of a lab's solutions."""
    attempt = LabAttempt(stage)
    return [
        as_shown(line.text, task, attempt.choices(task)) for task in attempt.lab.tasks for line in solution_lines(task)
    ]


def play_exercise(store: Store, seed: int, kind: str, lines_of: Callable[[Stage], list[str]]) -> Iterator[int]:
    """Play one exercise of a kind by these lines."""
    library = load_scenarios([builtin_folder("scenarios")])
    ids = sorted(source.id for source in library.sources.values() if source.kind == kind)
    subject = ids[seed % len(ids)]
    waiting = store.open_attempts(kind)
    subject, drawn_seed = (waiting[0].subject, waiting[0].seed) if waiting else (subject, seed)
    source = library.find(subject)
    stage = Stage(source.draw(drawn_seed))
    record = opened(store, kind, subject, drawn_seed, lambda: attempt_at(stage).started(), pack=source.digest)
    yield record.id
    attempt = attempt_at(stage, store.journal(record.id))
    attempt.replay(store.events(record.id))
    lines = (*LOOKING_AROUND, *lines_of(stage))
    for line in lines[len(attempt.results) :]:
        if attempt.is_over:
            break
        attempt.run_line(line, at(len(attempt.results)))
        yield record.id
    if not attempt.is_over:
        attempt.submit(at(len(lines) + 1))
        yield record.id


PARTS: Mapping[str, Callable[[Store, int], Iterator[int]]] = {
    "exam": sit_exam,
    "practice": practise,
    "scenario": repair_cluster,
    "lab": do_lab,
}
"""Kind of attempt → one attempt of it, begun or taken up."""


def as_text(attempt: int, event: Event) -> str:
    """An event as the program prints it; equal texts are equal events."""
    said = {"attempt": attempt, "seq": event.seq, "type": event.type, "payload": event.payload}
    return json.dumps(said, sort_keys=True)


def main() -> None:
    """Go on until killed."""
    path, kind, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with Store(path) as store:
        while True:
            for attempt in PARTS[kind](store, seed):
                sys.stdout.write(as_text(attempt, store.events(attempt)[-1]) + "\n")
                sys.stdout.flush()
            seed += 1


if __name__ == "__main__":
    main()
