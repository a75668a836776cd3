"""``quizgame check``: validate packs, and play scenarios."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quizgame.cli.main import Exit
from quizgame.cli.sources import add_blueprint_option, blueprint_of

if TYPE_CHECKING:
    from quizgame.content.checking import ContentReport
    from quizgame.content.lint.validator import Figure
    from quizgame.game.checker.proof import Proof
    from quizgame.yamlsource.place import YamlProblem

PROBLEMS_SHOWN = 200


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="packs or folders of them (default: the built-in ones)"
    )
    parser.add_argument("--fast", action="store_true", help="leave out the playing of scenarios")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_blueprint_option(parser)


def run(args: Namespace) -> int:
    """Check; 1 if there is any problem."""
    from quizgame.content.checking import candidates, check_packs
    from quizgame.content.packfiles import builtin_blueprints, builtin_folder

    builtin = [builtin_folder("questions"), builtin_folder("scenarios"), builtin_blueprints()]
    paths = [Path(path) for path in args.paths] or builtin
    report = check_packs(candidates(paths), blueprint_of(args))
    proofs: list[Proof] = []
    if report.playable and not args.fast:
        from quizgame.cli.playing import play_scenarios

        proofs = play_scenarios(report.playable)
    problems = sorted({*report.problems, *(problem for proof in proofs for problem in proof.problems)})
    if args.json:
        sys.stdout.write(json.dumps(_as_json(report, proofs, problems), indent=2, ensure_ascii=False) + "\n")
    else:
        _print(report, proofs, problems, args.blueprint)
    return Exit.PROBLEM if problems else Exit.DONE


def _as_json(report: ContentReport, proofs: Sequence[Proof], problems: Sequence[YamlProblem]) -> dict[str, Any]:
    return {
        "files": report.files,
        "questions": report.questions,
        "scenarios": len(report.scenarios),
        "problems": [
            {
                "file": problem.place.file,
                "line": problem.place.line,
                "column": problem.place.column,
                "message": problem.message,
            }
            for problem in problems
        ],
        "scenarios_played": [
            {"id": proof.scenario, "seeds": proof.seeds, "expert": proof.expert, "naive": dict(proof.naive)}
            for proof in proofs
        ],
        "labs_played": [],
        "figures": [
            {
                "name": figure.name,
                "value": figure.value,
                "unit": figure.unit,
                "low": figure.low,
                "high": figure.high,
                "within": figure.is_within,
            }
            for figure in report.figures
        ],
    }


def _print(report: ContentReport, proofs: Sequence[Proof], problems: Sequence[YamlProblem], blueprint: str) -> None:
    from quizgame.content.lint.validator import BANK_SIZE

    for problem in problems[:PROBLEMS_SHOWN]:
        sys.stdout.write(f"{problem}\n")
    if len(problems) > PROBLEMS_SHOWN:
        sys.stdout.write(f"and {len(problems) - PROBLEMS_SHOWN} more\n")
    # Of a few questions the figures say nothing; --json gives them always.
    figures = report.figures if report.questions >= BANK_SIZE else ()
    if figures:
        sys.stdout.write(f"figures of the bank, by blueprint {blueprint}\n")
    for figure in figures:
        sys.stdout.write(f"  {figure.name:40} {figure.value:6g} {figure.unit}{_bounds(figure)}\n")
    for proof in proofs:
        naive = ", ".join(f"{strategy} {score}" for strategy, score in proof.naive.items())
        sys.stdout.write(
            f"{proof.scenario}: {proof.seeds} seeds, expert {proof.expert}, naive {naive or 'not played'}\n"
        )
    counts = [_counted(report.files, "file"), _counted(report.questions, "question")]
    if report.scenarios:
        counts.append(_counted(len(report.scenarios), "scenario"))
    sys.stdout.write(f"{', '.join(counts)}, {_counted(len(problems), 'problem')}\n")


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _bounds(figure: Figure) -> str:
    if figure.is_within is None:
        return ""
    limits = [
        f"{word} {limit:g}" for word, limit in (("at least", figure.low), ("at most", figure.high)) if limit is not None
    ]
    return f"  ({' and '.join(limits)}{'' if figure.is_within else '; OUTSIDE'})"
