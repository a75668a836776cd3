"""The budgets of the project, measured: one table, best and median of interleaved rounds.

usage: python -m tests.bench.run [GROUP]...      (make bench ARGS="startup content")

Exit status 1 where a budget is missed.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from quizgame.cluster.world import World
from tests.bench.content import content_cases
from tests.bench.growth import show_growth
from tests.bench.hubble import hubble_cases
from tests.bench.measure import Case, Figure, run_cases, show
from tests.bench.policy import policy_cases, show_policy_growth
from tests.bench.simulation import (
    PODS,
    POLICIES,
    advertising_cases,
    building_cases,
    changing_cases,
    completing_cases,
    reading_cases,
    watching_cases,
)
from tests.bench.startup import startup_cases
from tests.bench.worlds import big_world


@cache
def the_world() -> World:
    """The large world that several groups measure in; whoever changes it works on a fork."""
    return big_world(PODS, POLICIES)


GROUPS: dict[str, tuple[str, Callable[[Path], list[Case]]]] = {
    # group: (title, its cases, given an empty folder)
    "startup": ("start-up", lambda _: startup_cases()),
    "reading": (f"a line typed, {PODS} pods and {POLICIES} policies", lambda _: reading_cases(the_world().fork())),
    "completing": (
        f"a line completed, {PODS} pods and {POLICIES} policies",
        lambda _: completing_cases(the_world().fork()),
    ),
    "changing": (
        f"a change taken in, {PODS} pods and {POLICIES} policies",
        lambda _: changing_cases(the_world().fork()),
    ),
    "advertising": ("a line typed, 3 nodes and 60 pods, services told by BGP", lambda _: advertising_cases()),
    "watching": ("flows looked at, full rings", lambda _: watching_cases()),
    "building": ("worlds", lambda _: building_cases(the_world())),
    "policy": (f"the policy engine, {PODS} pods and {POLICIES} policies", policy_cases),
    "content": ("packs", content_cases),
    "hubble": ("100,000 flows from a file; the budget is the real tool's time", hubble_cases),
}
GROWTH = "growth"


def measured(chosen: list[str]) -> Iterator[Figure]:
    """Measure and show group after group."""
    for name, (title, cases) in GROUPS.items():
        if name in chosen:
            with tempfile.TemporaryDirectory() as folder:
                figures = run_cases(cases(Path(folder)))
            show(title, figures)
            yield from figures


def main() -> int:
    """Measure the chosen groups, all by default."""
    names = [*GROUPS, GROWTH]
    parser = ArgumentParser(prog="python -m tests.bench.run", description="Measure the budgets.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"which of: {', '.join(names)} (default: all)")
    chosen = parser.parse_args().groups or names
    unknown = [name for name in chosen if name not in names]
    if unknown:
        parser.error(f"no group {unknown[0]}; there are {', '.join(names)}")
    missed = [figure.case.what for figure in measured(chosen) if not figure.is_within]
    if GROWTH in chosen:
        show_growth()
        show_policy_growth()
    if missed:
        sys.stdout.write(f"{len(missed)} missed: {'; '.join(missed)}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
