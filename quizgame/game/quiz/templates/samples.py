"""One stored variant of each template, for lists: showing what there is must not wait for the simulator.

Rules for this file: `samples.json` is written by `python -m quizgame.game.quiz.templates.samples` alone, and a test
compares it with what the templates make.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SAMPLE_SEED = 0
FILE = Path(__file__).with_name("samples.json")


def load_samples() -> dict[str, dict[str, Any]]:
    """The stored records by the id of their template, under that id."""
    samples: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return samples


def make_samples() -> dict[str, dict[str, Any]]:
    """The records as the templates make them now."""
    from quizgame.content.interchange.records import question_record
    from quizgame.game.quiz.templates.table import TEMPLATES
    from quizgame.game.quiz.templates.variants import make_variant

    return {
        name: {**question_record(make_variant(template, SAMPLE_SEED)), "id": name}
        for name, template in TEMPLATES.items()
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(make_samples(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
