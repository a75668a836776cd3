"""Templates in practice runs and exams: another seed each time, one memory for all variants."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import load_library
from quizgame.game.events import Event
from quizgame.game.quiz.exam import ExamSession
from quizgame.game.quiz.plan import plan_exam
from quizgame.game.quiz.practice import PracticePlan, PracticeSession, plan_practice
from quizgame.game.quiz.progress import measure_progress
from quizgame.game.quiz.reviews import reviews_of
from quizgame.game.quiz.scheduling import Rating, review
from quizgame.game.quiz.templates.table import TEMPLATES, templates_in
from quizgame.game.quiz.templates.template import split_id
from quizgame.game.quiz.templates.variants import Bank

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parents[2] / "content" / "samples"


class Journal:
    """Events in memory."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.events = [Event(0, NOW, "started", payload)]

    def append(self, event: Event) -> None:
        self.events.append(event)

    finish = append


def plan(seed: int, **options: Any) -> PracticePlan:
    return plan_practice(
        templates_in(["network-policy"]),
        load_blueprint(),
        options.pop("cards", {}),
        {},
        now=NOW,
        seed=seed,
        count=5,
        **options,
    )


def test_a_run_asks_variants_of_seeds_of_its_own() -> None:
    first, again, other = plan(1), plan(1), plan(2)
    assert first == again
    parts = [split_id(name) for name in first.items]
    assert all(part is not None and part[0] in TEMPLATES for part in parts)
    assert not set(first.items) & set(other.items)


def test_an_answer_is_remembered_under_the_template() -> None:
    made = plan(3)
    journal = Journal(made.started())
    session = PracticeSession(Bank({}), journal.events, journal, {})
    assert session.item is not None
    name = session.item.id
    feedback = session.answer((session.item.choices[0].key,), None, NOW)
    assert feedback.item.id == name
    (learned,) = reviews_of("practice", journal.events[-1])
    part = split_id(name)
    assert part is not None
    assert learned.item == part[0]
    resumed = PracticeSession(Bank({}), journal.events, journal, {})
    assert [item.id for item in resumed.items] == list(made.items)
    assert resumed.items[0] == session.items[0]
    assert resumed.position == 1


def test_a_due_template_comes_first_with_another_variant() -> None:
    name = next(template.id for template in templates_in(["network-policy"]))
    card = review(None, name, Rating.AGAIN, NOW - timedelta(days=1))
    made = plan(4, cards={name: card}, due_only=True)
    assert made.due == 1
    (asked,) = made.items
    assert split_id(asked) is not None
    assert asked.startswith(f"{name}@")
    library = load_library([SAMPLES])
    progress = measure_progress(library.questions, load_blueprint(), [], {name: card}, NOW)
    assert (progress.due, progress.due_by_domain) == (1, {"network-policy": 1})


def test_a_bank_finds_questions_and_variants_and_counts_questions_alone() -> None:
    library = load_library([SAMPLES])
    bank = Bank(library.questions)
    assert len(bank) == len(library.questions) == len(list(bank))
    assert "sim-port-ranges@12" in bank
    assert bank["sim-port-ranges@12"].id == "sim-port-ranges@12"
    for name in ("sim-port-ranges", "sim-nothing@1", "sim-port-ranges@x", "nothing"):
        assert name not in bank
        with pytest.raises(KeyError):
            bank[name]


def test_exams_hold_simulated_questions_only_where_the_blueprint_says_so() -> None:
    blueprint = load_blueprint()
    bank = load_library([Path(__file__).parents[3] / "questions"]).questions
    plain = plan_exam(bank.values(), blueprint, seed=5, questions=40, templates=templates_in())
    assert not [item for item in plain.items if split_id(item.id)]
    mixed = blueprint.model_copy(update={"simulated": 50})
    made = plan_exam(bank.values(), mixed, seed=5, questions=40, templates=templates_in())
    assert made == plan_exam(bank.values(), mixed, seed=5, questions=40, templates=templates_in())
    assert len(made.items) == len({item.id for item in made.items}) == 40
    simulated = [item for item in made.items if split_id(item.id)]
    assert 0 < len(simulated) <= 20
    for domain in blueprint.domains:
        seats = [item for item in made.items if item.domain == domain.id]
        assert len(seats) == len([item for item in plain.items if item.domain == domain.id])
        assert sum(split_id(item.id) is not None for item in seats) <= len(seats) / 2
    journal = Journal(made.started())
    session = ExamSession(Bank(bank), journal.events, journal)
    assert session.missing == ()
    assert len(session.items) == 40


def test_reading_the_table_and_planning_load_no_simulator() -> None:
    code = (
        "import json, sys\n"
        "from quizgame.game.quiz.templates.table import TEMPLATES\n"
        "from quizgame.game.quiz.templates.variants import Bank\n"
        "from quizgame.game.quiz.templates.samples import load_samples\n"
        "from quizgame.game.quiz.practice import plan_practice\n"
        "load_samples(), 'sim-fqdn@1' in Bank({})\n"
        "print(json.dumps(sorted(name for name in sys.modules if name.startswith('quizgame.'))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = json.loads(done.stdout)
    rooms = {".".join(name.split(".")[:2]) for name in loaded}
    assert not rooms & {"quizgame.policy", "quizgame.tools", "quizgame.hubble", "quizgame.datapath"}
    assert not {"quizgame.cluster.world", "quizgame.game.worlds"} & set(loaded)
