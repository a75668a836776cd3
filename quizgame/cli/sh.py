"""``quizgame sh``: a free cluster, no scoring."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from quizgame.cli.manifests import manifest_files
from quizgame.cli.script import read_piped, read_typed, whole_lines
from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.cluster.build import Manifest

MAX_CLUSTERS = 8
MAX_WORKERS = 50


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument(
        "--manifests",
        metavar="PATH",
        nargs="+",
        action="extend",
        default=[],
        help="YAML files, or folders of them, applied in this order (repeatable)",
    )
    parser.add_argument(
        "--clusters", type=_number(1, MAX_CLUSTERS), default=1, metavar="N", help="how many clusters (default: 1)"
    )
    parser.add_argument(
        "--nodes", type=_number(1, MAX_WORKERS), default=2, metavar="N", help="workers of each cluster (default: 2)"
    )
    parser.add_argument("-c", dest="lines", action="append", metavar="CMD", help="run this line (repeatable)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="what generated names depend on (default: 0)")


def run(args: Namespace) -> int:
    """Run the lines given, or those of standard input; return the last one's exit status."""
    manifests = [manifest for path in args.manifests for manifest in _manifests(Path(path))]
    from quizgame.game.worlds import free_shell, free_world
    from quizgame.tools.output import render

    world = free_world(
        clusters=args.clusters,
        workers=args.nodes,
        seed=args.seed,
        manifests=manifests,
        on_refusal=lambda refusal: _tell(str(refusal)),
    )
    shell = free_shell(world)
    status = 0
    for line in _lines(args):
        result = shell.run_line(line)
        sys.stdout.write(render(result.stdout))
        sys.stdout.flush()
        sys.stderr.write(render(result.stderr))
        sys.stderr.flush()
        status = result.exit
        if shell.has_exited:
            break
    return status


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ArgumentTypeError(f"expected a number from {low} to {high}, found {text!r}")
        return int(text)

    return parse


def _tell(message: str) -> None:
    sys.stderr.write(f"quizgame: {message}\n")


def _manifests(path: Path) -> Iterator[Manifest]:
    from quizgame.yamlsource.loader import read_documents
    from quizgame.yamlsource.scalars import Dialect

    for file in manifest_files(path):
        documents = read_documents(file, dialect=Dialect.KUBERNETES)
        for document in documents:
            if not isinstance(document.data, dict | None):
                raise QuizgameError("expected a Kubernetes object", source=str(document.place()))
        yield str(file), [document.data for document in documents if document.data]


def _lines(args: Namespace) -> Iterable[str]:
    if args.lines is not None:
        lines: Iterable[str] = args.lines
        return lines
    return whole_lines(read_typed if sys.stdin.isatty() else read_piped)
