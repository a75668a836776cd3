"""How long packs take to load and to check."""

from __future__ import annotations

import sys
from pathlib import Path

from quizgame.content.keptpacks import KeptPacks
from quizgame.content.library import load_library
from quizgame.content.packfiles import builtin_folder
from tests.bench.measure import Case, cpu_of, cpu_of_program
from tests.bench.worlds import many_questions

QUESTIONS = 1000


def content_cases(folder: Path) -> list[Case]:
    """Loading a large bank, and the whole check of what ships.

    Args:
        folder: An empty folder for the large bank and what is kept of it.
    """
    packs = {path.name: path.read_text(encoding="utf-8") for path in sorted(builtin_folder("questions").glob("*.yaml"))}
    bank, kept = folder / "bank", KeptPacks(folder / "kept")
    bank.mkdir()
    for name, text in many_questions(packs, QUESTIONS):
        (bank / name).write_text(text, encoding="utf-8")
    found = load_library([bank], kept)
    assert len(found.questions) >= QUESTIONS
    assert not found.problems, found.problems[0]
    program = [sys.executable, "-m", "quizgame", "check"]
    return [
        Case(
            f"load {len(found.questions)} questions from YAML",
            lambda: cpu_of(lambda: load_library([bank])),
            limit=0.5,
        ),
        Case(
            f"load {len(found.questions)} questions that are kept",
            lambda: cpu_of(lambda: load_library([bank], kept)),
            limit=0.05,
        ),
        Case("check of all packs, scenarios played", lambda: cpu_of_program(program), limit=120, rounds=1),
    ]
