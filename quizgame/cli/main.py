"""Entry point of ``quizgame``.

Rules for this file: it imports argparse-weight modules only, so that ``quizgame --version`` loads no screen,
no YAML and no engine. Each verb lives in a module of ``quizgame.cli`` with two functions,
``add_arguments(parser)`` and ``run(args) -> int``; ``VERBS`` names them all.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from enum import IntEnum
from importlib import import_module

from quizgame import __version__
from quizgame.errors import QuizgameError


class Exit(IntEnum):
    """Exit statuses of ``quizgame`` itself (the fake tools have their own)."""

    DONE = 0
    PROBLEM = 1
    """The work was done and found a problem: an invalid pack, a rejected policy."""
    USAGE = 2
    """Wrong usage, or something named that does not exist."""


VERBS: dict[str, tuple[str, str]] = {
    # verb: (module, one line of help)
    "verdict": ("quizgame.cli.verdict", "what policy does to each probe"),
    "hubble": ("quizgame.cli.hubble", "read captured flows as the hubble command does"),
    "sh": ("quizgame.cli.sh", "a free cluster, no scoring"),
    "run": ("quizgame.cli.run", "a scenario or a lab, headless"),
    "check": ("quizgame.cli.check", "validate packs and play every solution"),
    "new": ("quizgame.cli.new", "a commented starter file"),
    "preview": ("quizgame.cli.preview", "a question in the app while its file is written"),
    "schema": ("quizgame.cli.schema", "JSON Schema of a pack format"),
    "list": ("quizgame.cli.list", "questions, scenarios and labs, or domains"),
    "practice": ("quizgame.cli.practice", "answer questions"),
    "exam": ("quizgame.cli.exam", "sit a timed mock exam"),
    "play": ("quizgame.cli.play", "the app, in a scenario or a lab"),
    "stats": ("quizgame.cli.stats", "progress, mastery by domain, readiness"),
    "export": ("quizgame.cli.export", "write the bank or the history to a file"),
    "import": ("quizgame.cli.import_", "read questions from a file"),
    "serve": ("quizgame.cli.serve", "the app in a browser"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``quizgame`` with these arguments (without the program's name); return the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--version"]:
        sys.stdout.write(f"quizgame {__version__}\n")
        return Exit.DONE
    parser = ArgumentParser(prog="quizgame", description="Practise for the Cilium Certified Associate exam.")
    parser.add_argument("--version", action="version", version=f"quizgame {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    chosen = next((word for word in words if not word.startswith("-")), None)
    for verb, (module, summary) in VERBS.items():
        verb_parser = verbs.add_parser(verb, help=summary, description=summary, add_help=verb != "hubble")
        if verb == chosen:
            import_module(module).add_arguments(verb_parser)
    try:
        if chosen == "hubble":
            return int(import_module(VERBS["hubble"][0]).run_words(words[words.index("hubble") + 1 :]))
        args = parser.parse_args(words)
        module = VERBS[args.verb][0] if args.verb else "quizgame.cli.home"
        return int(import_module(module).run(args))
    except QuizgameError as error:
        sys.stderr.write(f"quizgame: {error}\n")
        return Exit.USAGE
    except BrokenPipeError:
        return Exit.DONE
    except KeyboardInterrupt:
        return 130
