"""``quizgame stats``: progress, mastery by domain, readiness."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from quizgame.cli.item_stats import run_items
from quizgame.cli.main import Exit
from quizgame.cli.options import day
from quizgame.cli.sources import (
    add_blueprint_option,
    add_database_option,
    add_pack_option,
    blueprint_of,
    library_of,
    now,
    recorded,
    tell_of_no_database,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quizgame.content.blueprint import Blueprint
    from quizgame.game.quiz.learner import Estimate, Readiness
    from quizgame.game.quiz.progress import Progress
    from quizgame.game.quiz.reviews import Review
    from quizgame.game.quiz.scheduling import Card
    from quizgame.game.quiz.studyplan import StudyPlan
    from quizgame.store.store import Attempt

KINDS = ("practice", "exam", "scenario", "lab")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="also a plan up to an exam on this day")
    parser.add_argument(
        "--items", nargs="+", metavar="EXPORT", help="instead: item statistics of a class, from its exported answers"
    )
    add_database_option(parser)
    add_pack_option(parser)
    add_blueprint_option(parser)


def run(args: Namespace) -> int:
    """Print where the learner stands; a database that is not there yet is not made."""
    if args.items:
        return run_items(args)
    from quizgame.game.quiz.progress import measure_progress

    blueprint = blueprint_of(args)
    reviews: Sequence[Review] = ()
    cards: Mapping[str, Card] = {}
    attempts: Sequence[Attempt] = ()
    with recorded(args) as store:
        if store is None:
            tell_of_no_database(args)
        else:
            reviews, cards, attempts = store.reviews(), store.cards(), store.attempts()
    instant = now().astimezone()
    bank = library_of(args).questions
    progress = measure_progress(bank, blueprint, reviews, cards, instant)
    data = _data(progress, blueprint, attempts)
    if args.until:
        from quizgame.game.quiz.progress import cards_by_competency
        from quizgame.game.quiz.studyplan import plan_study

        known = cards_by_competency(bank, cards.values())
        data["plan"] = _plan(plan_study(progress.mastery, blueprint, known, now=instant, until=args.until))
    if args.json:
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_text(data))
    return Exit.DONE


def _data(progress: Progress, blueprint: Blueprint, attempts: Sequence[Attempt]) -> dict[str, Any]:
    return {
        "blueprint": progress.blueprint,
        "questions": {"bank": progress.bank, "seen": progress.seen, "due": progress.due},
        "answers": {
            "total": progress.answers,
            "right": progress.right,
            "sure_and_wrong": list(progress.sure_and_wrong),
            "calibration": {
                confidence.value: {"answers": calibration.answers, "right": calibration.right}
                for confidence, calibration in progress.calibration.items()
            },
        },
        "attempts": {
            kind: {
                "begun": sum(attempt.kind == kind for attempt in attempts),
                "finished": sum(attempt.kind == kind and attempt.finished is not None for attempt in attempts),
            }
            for kind in KINDS
        },
        "exams": [
            {
                "id": attempt.id,
                "blueprint": attempt.subject,
                "seed": attempt.seed,
                "started": attempt.started.isoformat(),
                "finished": attempt.finished.isoformat(),
                "right": attempt.result["right"],
                "total": attempt.result["total"],
                "percent": attempt.result["percent"],
                "passed": attempt.result["passed"],
            }
            for attempt in attempts
            if attempt.kind == "exam" and attempt.finished is not None and attempt.result is not None
        ],
        "domains": [
            {
                "title": domain.title,
                **_estimate(progress.mastery.domains[domain.id]),
                "due": progress.due_by_domain.get(domain.id, 0),
                "competencies": [
                    {"title": known.title, **_estimate(progress.mastery.competencies[known.id])}
                    for known in domain.competencies
                ],
            }
            for domain in blueprint.domains
        ],
        "readiness": _readiness(progress.readiness),
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    """Mastery is null where nothing was answered: the estimate is then a guess from elsewhere."""
    known = estimate.answers > 0
    return {
        "id": estimate.name,
        "answers": estimate.answers,
        "right": estimate.right,
        "mastery": round(estimate.mean, 3) if known else None,
        "low": round(estimate.low, 3) if known else None,
        "high": round(estimate.high, 3) if known else None,
    }


def _readiness(readiness: Readiness) -> dict[str, Any]:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 3)

    return {
        "blueprint": readiness.blueprint,
        "probability": rounded(readiness.probability),
        "low": rounded(readiness.low),
        "high": rounded(readiness.high),
        "answers_missing": readiness.answers_missing,
        "domains_missing": list(readiness.domains_missing),
        "moves": [
            {"competency": move.competency, "domain": move.domain, "gain": round(move.gain, 3)}
            for move in readiness.moves
        ],
    }


def _plan(plan: StudyPlan) -> dict[str, Any]:
    return {
        "until": plan.until.isoformat(),
        "days": plan.days,
        "aim": round(plan.aim, 3),
        "questions": plan.total,
        "a_day": plan.a_day,
        "too_much": plan.is_too_much,
        "domains": [
            {"id": one.domain, "questions": one.total, "due": one.due, "a_day": one.a_day} for one in plan.domains
        ],
    }


def _plan_lines(plan: Mapping[str, Any]) -> list[str]:
    days = f"{plan['days']} day{'s' if plan['days'] != 1 else ''}"
    if not plan["questions"]:
        return [
            "",
            f"plan       nothing is missing up to {plan['until']} by what your answers can tell: sit mock exams",
        ]
    lines = [
        "",
        f"plan       {plan['a_day']} questions a day up to {plan['until']} ({days}), {plan['questions']} in all:",
        f"           with 9 in 10 of them right, every competency is then estimated at {plan['aim']:.0%}. No promise.",
    ]
    if plan["too_much"]:
        lines.append(
            "           That is more than most can learn from in a day: begin with the largest, or move the exam"
        )
    lines += ["", f"{'domain':32} {'a day':>6} {'in all':>7} {'falling due':>12}"]
    lines += [f"{one['id']:32} {one['a_day']:6} {one['questions']:7} {one['due']:12}" for one in plan["domains"]]
    return lines


def _text(data: Mapping[str, Any]) -> str:
    questions, answers, attempts = data["questions"], data["answers"], data["attempts"]
    lines = [
        f"questions  {questions['seen']} of {questions['bank']} seen, {questions['due']} due",
        f"answers    {answers['total']}, {answers['right']} of them right",
        "attempts   " + ", ".join(f"{kind} {attempts[kind]['begun']}" for kind in KINDS),
    ]
    for exam in data["exams"]:
        verdict = "passed" if exam["passed"] else "failed"
        lines.append(
            f"exam       {exam['finished'][:10]}  {exam['right']}/{exam['total']}  {exam['percent']} %  {verdict}"
            f"  (by {exam['blueprint']})"
        )
    lines += ["", f"{'domain':32} {'answers':>7} {'right':>5} {'mastery':>16} {'due':>4}"]
    for domain in data["domains"]:
        mastery = "-"
        if domain["mastery"] is not None:
            mastery = f"{domain['mastery']:.0%} ({domain['low']:.0%}-{domain['high']:.0%})"
        lines.append(f"{domain['id']:32} {domain['answers']:7} {domain['right']:5} {mastery:>16} {domain['due']:4}")
    return (
        "\n".join(
            [*lines, "", *_readiness_lines(data["readiness"]), *(_plan_lines(data["plan"]) if "plan" in data else ())]
        )
        + "\n"
    )


def _readiness_lines(readiness: Mapping[str, Any]) -> list[str]:
    if readiness["probability"] is None:
        lines = [f"readiness  too little data: answer {readiness['answers_missing']} more questions"]
        if readiness["domains_missing"]:
            lines.append(f"           too few in {', '.join(readiness['domains_missing'])}")
        return lines
    lines = [
        f"readiness  {readiness['probability']:.0%} to pass an exam by {readiness['blueprint']} today, "
        f"between {readiness['low']:.0%} and {readiness['high']:.0%} by what your answers can tell"
    ]
    for move in readiness["moves"]:
        lines.append(f"           {move['competency']} ({move['domain']}) mastered: +{move['gain']:.0%}")
    return lines
