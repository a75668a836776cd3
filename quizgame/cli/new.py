"""``quizgame new``: a commented starter file."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

from quizgame.cli.main import Exit
from quizgame.cli.sources import add_blueprint_option, blueprint_of
from quizgame.errors import QuizgameError

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("format", choices=sorted(STARTERS), help="what to begin")
    parser.add_argument("name", metavar="NAME", help="its id: lower-case letters, digits and hyphens")
    parser.add_argument("--domain", default="network-policy", metavar="D", help="its domain (default: network-policy)")
    add_blueprint_option(parser)


def run(args: Namespace) -> int:
    """Write the file into the working folder; never over another."""
    if not _NAME.fullmatch(args.name):
        raise QuizgameError(f'"{args.name}" is no name', hint="use lower-case letters, digits and single hyphens")
    return STARTERS[args.format](args)


def _question(args: Namespace) -> int:
    from quizgame.content.starter import question_starter

    domain, competency = _subject(args)
    _write(Path(f"{args.name}.yaml"), question_starter(args.name, domain, competency))
    return Exit.DONE


def _scenario(args: Namespace) -> int:
    from quizgame.content.scenario.starter import scenario_starter

    return _folder(args, scenario_starter(args.name, *_subject(args)))


def _lab(args: Namespace) -> int:
    from quizgame.content.scenario.starter import lab_starter

    return _folder(args, lab_starter(args.name, *_subject(args)))


def _folder(args: Namespace, text: str) -> int:
    folder = Path(args.name)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise QuizgameError(f"cannot make the folder {folder}: {error.strerror}") from error
    _write(folder / "scenario.yaml", text)
    return Exit.DONE


def _subject(args: Namespace) -> tuple[str, str]:
    """Domain and competency of the starter."""
    from quizgame.content.validation import close_match

    blueprint = blueprint_of(args)
    domain = blueprint.domain(args.domain)
    if domain is None:
        known = [domain.id for domain in blueprint.domains]
        raise QuizgameError(f'unknown domain "{args.domain}"{close_match(args.domain, known)}',
                            hint="`quizgame list domains` names them")  # fmt: skip
    return domain.id, domain.competencies[0].id


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise QuizgameError(f"{path} exists", hint="choose another name, or move it away") from None
    except OSError as error:
        raise QuizgameError(f"cannot write {path}: {error.strerror}") from error
    sys.stdout.write(f"{path}\n")


STARTERS: Mapping[str, Callable[[Namespace], int]] = {
    "question": _question,
    "scenario": _scenario,
    "lab": _lab,
}
"""What can be begun → what writes it."""
