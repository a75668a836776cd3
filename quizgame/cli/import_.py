"""``quizgame import``: questions of another format become a pack of the user's."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from quizgame.cli.main import Exit
from quizgame.cli.sources import add_blueprint_option, add_pack_option, blueprint_of, library_of, user_home
from quizgame.errors import QuizgameError


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--format", choices=("gift",), required=True, help="the file's format")
    parser.add_argument("--competency", metavar="C", help="where questions belong whose category names none")
    parser.add_argument("file", metavar="FILE", help="what to read")
    add_pack_option(parser)
    add_blueprint_option(parser)


def run(args: Namespace) -> int:
    """Write packs into the user's packs folder; what cannot be carried is told on stderr."""
    from quizgame.content.interchange.adopting import adopt_gift, slug
    from quizgame.content.interchange.gift import SIZE_LIMIT, read_gift
    from quizgame.content.validation import close_match

    blueprint = blueprint_of(args)
    known = [competency.id for domain in blueprint.domains for competency in domain.competencies]
    if args.competency is not None and args.competency not in known:
        raise QuizgameError(f'unknown competency "{args.competency}"{close_match(args.competency, known)}',
                            hint="`quizgame list domains` names them")  # fmt: skip
    path = Path(args.file)
    try:
        with path.open("rb") as stream:
            text = stream.read(SIZE_LIMIT + 1).decode("utf-8-sig")
    except OSError as error:
        raise QuizgameError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise QuizgameError(f"{path} is not UTF-8", hint="save it as UTF-8") from error
    name = slug(path.stem) or "imported"
    adopted = adopt_gift(read_gift(text), name, str(path), blueprint, library_of(args).questions, args.competency)
    for note in adopted.notes:
        sys.stderr.write(f"{note}\n")
    if not adopted.questions:
        raise QuizgameError(f"{path} holds no question that can be carried")
    folder = user_home() / "packs"
    targets = {folder / f"{name}-{domain}.yaml": pack for domain, pack in adopted.packs.items()}
    for target in targets:
        if target.exists():
            raise QuizgameError(f"{target} exists", hint="remove it, or rename the file to import")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, pack in targets.items():
            target.write_text(pack, encoding="utf-8")
            sys.stdout.write(f"{target}\n")
    except OSError as error:
        raise QuizgameError(f"cannot write into {folder}: {error.strerror}") from error
    sys.stderr.write(f"{adopted.questions} questions imported\n")
    return Exit.DONE
