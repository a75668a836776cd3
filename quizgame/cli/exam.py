"""``quizgame exam``: sit a timed mock exam, or see which questions one would hold."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from quizgame.cli.main import Exit
from quizgame.cli.options import positive
from quizgame.cli.screen import run_app
from quizgame.cli.sources import (
    add_blueprint_option,
    add_database_option,
    add_pack_option,
    blueprint_of,
    library_of,
    new_seed,
    recorded,
)
from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.content.blueprint import Blueprint
    from quizgame.game.quiz.plan import ExamPlan
    from quizgame.store.store import Store


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--minutes", type=positive, help="how long it lasts (default: the blueprint's 90)")
    parser.add_argument("--questions", type=positive, help="how many questions (default: the blueprint's 60)")
    parser.add_argument("--seed", type=int, help="the same seed gives the same exam, whatever was asked before")
    parser.add_argument("--plan", action="store_true", help="print which questions it would hold; no app")
    parser.add_argument("--resume", action="store_true", help="go on with the exam under way")
    parser.add_argument("--json", action="store_true", help="with --plan: one JSON array")
    add_blueprint_option(parser)
    add_pack_option(parser)
    add_database_option(parser)


def run(args: Namespace) -> int:
    """Open the app in an exam, or print the plan of one."""
    if args.plan:
        return _print_plan(args)
    if args.json:
        raise QuizgameError("--json belongs to --plan")
    from quizgame.tui.launch import ExamTerms, Resume

    if not args.resume:
        return run_app(args, ExamTerms(args.questions, args.minutes, args.seed))
    if not (args.questions is args.minutes is args.seed is None):
        raise QuizgameError("--resume goes on with an exam as it was begun", hint="leave the other options out")
    if not _has_open_exam(args):
        raise QuizgameError("no exam is under way", hint="`quizgame exam` begins one")
    return run_app(args, Resume.EXAM)


def _has_open_exam(args: Namespace) -> bool:
    with recorded(args) as store:
        return store is not None and bool(store.open_attempts("exam"))


def _print_plan(args: Namespace) -> int:
    blueprint = blueprint_of(args)
    plan = plan_of(args, blueprint)
    if plan.repeated:
        sys.stderr.write(f"{len(plan.repeated)} questions were in the last mock too: the bank has too few others\n")
    if args.json:
        items = [{"id": item.id, "domain": item.domain, "competency": item.competency} for item in plan.items]
        sys.stdout.write(json.dumps(items, indent=2) + "\n")
        return Exit.DONE
    sys.stdout.write(
        f"{plan.title} ({plan.blueprint}), seed {plan.seed}: {len(plan.items)} questions, {plan.minutes} minutes, "
        f"{plan.pass_percent} % to pass\n"
    )
    for number, item in enumerate(plan.items, 1):
        sys.stdout.write(f"{number:3}  {item.domain:30}  {item.competency:30}  {item.id}\n")
    return Exit.DONE


def plan_of(args: Namespace, blueprint: Blueprint, store: Store | None = None) -> ExamPlan:
    """Draw the exam that these options ask for; without a seed, the last mock's questions are left out."""
    from quizgame.game.quiz.plan import plan_exam
    from quizgame.game.quiz.templates.table import templates_in

    left_out: tuple[str, ...] = ()
    seed = args.seed
    if seed is None:
        seed = new_seed()
        if store is not None:
            left_out = store.last_items("exam", subject=blueprint.id)
        else:
            with recorded(args) as opened:
                left_out = opened.last_items("exam", subject=blueprint.id) if opened is not None else ()
    return plan_exam(
        library_of(args).questions.values(),
        blueprint,
        seed=seed,
        questions=args.questions,
        minutes=args.minutes,
        left_out=left_out,
        templates=templates_in(),
    )
