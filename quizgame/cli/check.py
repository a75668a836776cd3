"""``quizgame check``: validate packs, prove questions, try templates, and play scenarios and labs."""

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
    from quizgame.cli.playing import Played
    from quizgame.content.checking import ContentReport
    from quizgame.content.lint.validator import Figure
    from quizgame.yamlsource.place import YamlProblem

PROBLEMS_SHOWN = 200


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="packs or folders of them (default: the built-in ones)"
    )
    parser.add_argument(
        "--fast",
        action="store_true",
        help="leave out what needs a simulated cluster: scenarios, labs, some proofs and templates",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_blueprint_option(parser)


def run(args: Namespace) -> int:
    """Check; 1 if there is any problem."""
    from quizgame.content.checking import candidates, check_packs
    from quizgame.content.packfiles import builtin_blueprints, builtin_folder

    builtin = [builtin_folder("questions"), builtin_folder("scenarios"), builtin_blueprints()]
    paths = [Path(path) for path in args.paths] or builtin
    report = check_packs(candidates(paths), blueprint_of(args))
    # The built-in content is checked with its templates, a pack of somebody's has none.
    played = _play(report, _templates(fast=args.fast) if not args.paths else [], fast=args.fast)
    problems = sorted({*report.problems, *played.problems})
    if args.json:
        sys.stdout.write(json.dumps(_as_json(report, played, problems), indent=2, ensure_ascii=False) + "\n")
    else:
        _print(report, played, problems, args.blueprint)
    return Exit.PROBLEM if problems else Exit.DONE


def _play(report: ContentReport, templates: Sequence[str], *, fast: bool) -> Played:
    from quizgame.cli.playing import play_content

    return play_content(report.playable, report.packs if report.proven else (), templates, fast=fast)


def _templates(*, fast: bool) -> list[str]:
    from quizgame.game.quiz.templates.table import TEMPLATES

    return [template.id for template in TEMPLATES.values() if not (fast and template.needs_cluster)]


def _as_json(report: ContentReport, played: Played, problems: Sequence[YamlProblem]) -> dict[str, Any]:
    return {
        "files": report.files,
        "questions": report.questions,
        "scenarios": len(report.scenarios),
        "labs": len(report.labs),
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
            for proof in played.scenarios
        ],
        "labs_played": [{"id": proof.lab, "tasks": proof.tasks} for proof in played.labs],
        "proofs": {
            "questions": played.questions.questions,
            "claims": played.questions.claims,
            "left_out": played.questions.left_out,
        },
        "templates": [
            {"id": trial.template, "variants": trial.variants, "distinct": trial.distinct} for trial in played.templates
        ],
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


def _print(report: ContentReport, played: Played, problems: Sequence[YamlProblem], blueprint: str) -> None:
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
    for proof in played.scenarios:
        naive = ", ".join(f"{strategy} {score}" for strategy, score in proof.naive.items())
        sys.stdout.write(
            f"{proof.scenario}: {proof.seeds} seeds, expert {proof.expert}, naive {naive or 'not played'}\n"
        )
    for lab in played.labs:
        sys.stdout.write(f"{lab.lab}: lab, {_counted(lab.tasks, 'task')} done\n")
    proven = played.questions
    if proven.questions:
        left_out = f", {proven.left_out} claims left out by --fast" if proven.left_out else ""
        sys.stdout.write(
            f"proofs: {_counted(proven.questions, 'question')}, {_counted(proven.claims, 'claim')} executed{left_out}\n"
        )
    if played.templates:
        variants = sum(trial.variants for trial in played.templates)
        distinct = sum(trial.distinct for trial in played.templates)
        sys.stdout.write(f"templates: {len(played.templates)}, {variants} variants made, {distinct} distinct\n")
    counts = [_counted(report.files, "file"), _counted(report.questions, "question")]
    if report.scenarios:
        counts.append(_counted(len(report.scenarios), "scenario"))
    if report.labs:
        counts.append(_counted(len(report.labs), "lab"))
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
