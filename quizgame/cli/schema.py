"""``quizgame schema``: the JSON Schema of a pack format, for editors."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace

from quizgame.cli.main import Exit


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    from quizgame.content.schema import FORMATS

    parser.add_argument("format", choices=sorted(FORMATS), help="which format")


def run(args: Namespace) -> int:
    """Print it."""
    from quizgame.content.schema import json_schema

    sys.stdout.write(json.dumps(json_schema(args.format), indent=2, ensure_ascii=False) + "\n")
    return Exit.DONE
