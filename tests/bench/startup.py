"""How long the program takes to begin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bench.measure import Case, cpu_of_program, program_environment

ROUNDS = 15
PAINT = str(Path(__file__).with_name("first_paint.py"))


def first_paint(which: str) -> float:
    """CPU seconds of a process up to the first paint of an app."""
    words = [sys.executable, PAINT, which]
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=program_environment())
    return float(done.stdout)


def startup_cases() -> list[Case]:
    """Start-up of the command line and of the app, each beside its floor."""
    python = sys.executable
    installed = str(Path(python).with_name("quizgame"))
    return [
        Case("python -c pass", lambda: cpu_of_program([python, "-c", "pass"]), rounds=ROUNDS),
        Case(
            "quizgame --version",
            lambda: cpu_of_program([installed, "--version"]),
            limit=3,
            against="python -c pass",
            rounds=ROUNDS,
        ),
        Case("first paint, empty Textual app", lambda: first_paint("empty"), rounds=ROUNDS),
        Case(
            "first paint, quizgame",
            lambda: first_paint("quizgame"),
            limit=1.3,
            against="first paint, empty Textual app",
            rounds=ROUNDS,
        ),
    ]
