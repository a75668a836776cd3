"""``quizgame stats --items``: item statistics from the exported answers of a class."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quizgame.cli.main import Exit
from quizgame.cli.sources import library_of
from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.game.quiz.itemstats import Given, ItemStatistics


def run_items(args: Namespace) -> int:
    """Print the statistics; each file is one learner's ``export --what answers --format json``."""
    from quizgame.game.quiz.itemstats import item_statistics

    learners = [_read(Path(name)) for name in args.items]
    statistics = item_statistics(learners, library_of(args).questions)
    if args.json:
        data = {"learners": len(learners), "items": [_record(one) for one in statistics]}
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_text(statistics))
    return Exit.DONE


def _read(path: Path) -> list[Given]:
    from quizgame.game.quiz.answerfiles import SIZE_LIMIT, read_answers

    try:
        with path.open("rb") as stream:
            text = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise QuizgameError(f"cannot read {path}: {error.strerror}") from error
    return read_answers(text, str(path))


def _record(one: ItemStatistics) -> dict[str, Any]:
    return {
        "id": one.id,
        "domain": one.entry.domain if one.entry else None,
        "competency": one.entry.competency if one.entry else None,
        "kind": one.entry.question.kind if one.entry else None,
        "learners": one.learners,
        "right": one.right,
        "facility": round(one.facility, 3),
        "discrimination": None if one.discrimination is None else round(one.discrimination, 3),
        "choices": [{"text": use.text, "correct": use.correct, "chosen": use.chosen} for use in one.choices],
    }


def _text(statistics: Sequence[ItemStatistics]) -> str:
    width = max((len(one.id) for one in statistics), default=4)
    lines = [f"{'item':{width}} {'learners':>8} {'right':>6} {'discrimination':>14}"]
    for one in statistics:
        shown = "-" if one.discrimination is None else f"{one.discrimination:+.2f}"
        lines.append(f"{one.id:{width}} {one.learners:8} {one.facility:6.0%} {shown:>14}")
        for use in one.choices:
            sign = "✓" if use.correct else " "
            never = "" if use.chosen or use.correct else "   (never chosen)"
            lines.append(f"  {use.chosen:4} {sign} {' '.join(use.text.split())}{never}")
    return "\n".join(lines) + "\n"
