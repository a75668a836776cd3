"""Kills a learner again and again, and says what was lost.

usage: python -m tests.soak.run [--kills 200] [--seed 0]      (make soak)

Exit status 1 at the first loss; the seed makes the same moments again.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from random import Random

from tests.soak.killing import Lost, kill_and_look
from tests.soak.learner import PARTS


def main() -> int:
    """Kill so many times, the kinds in turn, each kind in a database of its own that goes on from kill to kill."""
    parser = ArgumentParser(prog="python -m tests.soak.run", description="Kill a learner again and again.")
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="how many (default: 200)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="what the moments depend on (default: 0)")
    args = parser.parse_args()
    random = Random(args.seed)
    kinds = list(PARTS)
    shown = dict.fromkeys(kinds, 0)
    attempts = dict.fromkeys(kinds, 0)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(args.kills):
            kind = kinds[number % len(kinds)]
            own = Path(folder, kind)
            own.mkdir(exist_ok=True)
            try:
                kill = kill_and_look(own / "quizgame.db", kind, random)
            except Lost as loss:
                sys.stdout.write(f"kill {number + 1} of {args.kills}, {kind}, seed {args.seed}: {loss}\n")
                return 1
            shown[kind] += kill.shown
            attempts[kind] = kill.attempts
            sys.stderr.write(f"\rkill {number + 1} of {args.kills}" if sys.stderr.isatty() else "")
    sys.stderr.write("\n" if sys.stderr.isatty() else "")
    for kind in kinds:
        sys.stdout.write(f"{kind:<10} {shown[kind]:6} acts shown as done, all there; {attempts[kind]} attempts\n")
    sys.stdout.write(f"{args.kills} kills, nothing lost, every attempt taken up and brought to its end\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
