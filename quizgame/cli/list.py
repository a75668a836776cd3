"""``quizgame list``: what there is."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quizgame.cli.main import Exit
from quizgame.cli.sources import (
    PROBLEMS_SHOWN,
    add_blueprint_option,
    add_domain_option,
    add_pack_option,
    blueprint_of,
    entries_of,
    library_of,
    user_home,
)
from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.content.library import BankQuestion

Rows = list[dict[str, Any]]
MAX_VARIANTS = 10_000


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("what", choices=sorted(LISTINGS), help="what to list")
    add_domain_option(parser)
    parser.add_argument("--json", action="store_true", help="one JSON array")
    add_pack_option(parser)
    add_blueprint_option(parser)
    parser.add_argument("--template", metavar="ID", help="questions: variants of this template instead of the bank")
    parser.add_argument("--seed", type=int, metavar="N", help="the first variant's seed (default: 0)")
    parser.add_argument(
        "--count", type=int, metavar="N", help="how many variants, of seeds one after another (default: 1)"
    )


def run(args: Namespace) -> int:
    """List."""
    if args.template is None and (args.seed is not None or args.count is not None):
        raise QuizgameError("--seed and --count are for the variants of a template", hint="name one with --template ID")
    rows_of, line_of = LISTINGS[args.what]
    rows = rows_of(args)
    if args.json:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        for row in rows:
            sys.stdout.write(line_of(row).rstrip() + "\n")
    return Exit.DONE


def _questions(args: Namespace) -> Rows:
    from quizgame.content.interchange.records import question_record

    if args.template is not None:
        return [question_record(entry) for entry in _variants(args)]
    known = [question_record(entry) for entry in entries_of(args, library_of(args))]
    return known + _templates(args.domain)


def _variants(args: Namespace) -> list[BankQuestion]:
    from quizgame.content.validation import close_match
    from quizgame.game.quiz.templates.table import TEMPLATES
    from quizgame.game.quiz.templates.variants import make_variant

    template = TEMPLATES.get(args.template)
    if template is None:
        close = close_match(args.template, list(TEMPLATES))
        raise QuizgameError(f'unknown template "{args.template}"{close}', hint="`quizgame list questions` shows them")
    first, count = args.seed or 0, 1 if args.count is None else args.count
    if first < 0 or not 1 <= count <= MAX_VARIANTS:
        raise QuizgameError(f"expected a seed from 0 on and a count from 1 to {MAX_VARIANTS}")
    return [make_variant(template, seed) for seed in range(first, first + count)]


def _templates(domains: Sequence[str]) -> Rows:
    """Each template by its sample variant, which is stored, so that listing needs no simulator."""
    from quizgame.game.quiz.templates.samples import load_samples
    from quizgame.game.quiz.templates.table import templates_in

    samples = load_samples()
    return [samples[template.id] for template in templates_in(domains)]


def _question_line(row: Mapping[str, Any]) -> str:
    first = " ".join(row["stem"].split())
    shown = first if len(first) <= 60 else first[:57] + "..."
    return f"{row['id']:40}  {row['kind']:8}  {row['difficulty']:6}  {row['competency']:28}  {shown}"


def _scenarios(args: Namespace) -> Rows:
    from quizgame.content.scenarios import load_scenarios, scenario_folders

    library = load_scenarios(scenario_folders(user_home(), [Path(folder) for folder in args.pack]))
    for problem in library.problems[:PROBLEMS_SHOWN]:
        sys.stderr.write(f"{problem}\n")
    models = [source.sample for source in library.sources.values()]
    return [
        {
            "id": model.id,
            "title": model.title,
            "domain": model.domain,
            "competencies": list(model.competencies),
            "kind": model.kind.lower(),
            "difficulty": model.difficulty.value,
            "minutes": model.minutes,
        }
        for model in models
        if not args.domain or model.domain in args.domain
    ]


def _scenario_line(row: Mapping[str, Any]) -> str:
    return (
        f"{row['id']:28}  {row['kind']:8}  {row['difficulty']:6}  {row['minutes']:3} min  "
        f"{row['domain']:16}  {row['title']}"
    )


def _domains(args: Namespace) -> Rows:
    blueprint = blueprint_of(args)
    counts: dict[str, int] = {}
    for entry in entries_of(args, library_of(args)):
        counts[entry.domain] = counts.get(entry.domain, 0) + 1
        counts[entry.competency] = counts.get(entry.competency, 0) + 1
    return [
        {
            "id": domain.id,
            "title": domain.title,
            "weight": domain.weight,
            "questions": counts.get(domain.id, 0),
            "competencies": [
                {
                    "id": competency.id,
                    "title": competency.title,
                    "target": competency.target,
                    "questions": counts.get(competency.id, 0),
                }
                for competency in domain.competencies
            ],
        }
        for domain in blueprint.domains
        if not args.domain or domain.id in args.domain
    ]


def _domain_line(row: Mapping[str, Any]) -> str:
    lines = [f"{row['id']:32}  {row['weight']:3} %  {row['questions']:4} questions  {row['title']}"]
    lines += [
        f"  {competency['id']:30}         {competency['questions']:4} questions  {competency['title']}"
        for competency in row["competencies"]
    ]
    return "\n".join(lines)


LISTINGS: Mapping[str, tuple[Callable[[Namespace], Rows], Callable[[Mapping[str, Any]], str]]] = {
    "questions": (_questions, _question_line),
    "scenarios": (_scenarios, _scenario_line),
    "domains": (_domains, _domain_line),
}
"""What can be listed → its rows, and the lines of one row."""
