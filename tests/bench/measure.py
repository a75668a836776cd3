"""Takes figures: rounds of all cases interleaved, so that a noisy moment falls on all of them alike.

Figures are CPU time, which other programs on the machine disturb least. Where a budget is a ratio, both sides of it are
measured in the same run.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from time import process_time


class Unmeasured(Exception):
    """Something failed, so that what it took says nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is measured."""

    what: str
    measure: Callable[[], float]
    """Does it once and returns the CPU seconds that it took."""
    limit: float | None = None
    """The budget: CPU seconds, or how many times ``against``; ``None`` where there is none."""
    against: str = ""
    """The case that the budget is a ratio to; empty where it is a time."""
    rounds: int = 10
    unit: str = ""
    """What is measured instead of CPU seconds, ``MiB``."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What came of a case."""

    case: Case
    seconds: Sequence[float]
    floor: float | None = None
    """The best time of the case it is compared with."""
    failure: str = ""
    """Why there are no times; empty where there are."""

    @property
    def best(self) -> float:
        """The best round."""
        return min(self.seconds)

    @property
    def ratio(self) -> float | None:
        """How many times the other case, best against best."""
        return self.best / self.floor if self.floor else None

    @property
    def is_within(self) -> bool:
        """Whether the budget is kept."""
        if self.failure:
            return False
        measured = self.ratio if self.ratio is not None else self.best
        return self.case.limit is None or measured <= self.case.limit


def cpu_of(work: Callable[[], object]) -> float:
    """The CPU seconds of some work in this process; garbage of earlier work is collected first."""
    gc.collect()
    start = process_time()
    work()
    return process_time() - start


def cpu_of_program(words: Sequence[str], environment: dict[str, str] | None = None) -> float:
    """The CPU seconds of a child process, output thrown away.

    Raises:
        Unmeasured: It failed.
    """
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1)]
    process = os.posix_spawn(words[0], [*words], environment or program_environment(), file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    os.close(null)
    if status:
        raise Unmeasured(f"{' '.join(words)}: ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


_PEAK = """
import os, sys
results = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
from quizgame.cli.main import main
status = main(sys.argv[1:])
sys.stdout.flush()
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
os.write(results, peak.split()[1].encode())
sys.exit(status)
"""


def memory_of_program(words: Sequence[str]) -> float:
    """The most memory that ``quizgame`` took at any time of a run, in MiB; its output is thrown away.

    A child's own account of itself: what the kernel tells its parent counts the parent's memory before the start.

    Raises:
        Unmeasured: It failed.
    """
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, *words], env=program_environment(), capture_output=True, check=False
    )
    if done.returncode:
        raise Unmeasured(f"{' '.join(words)}: ended with status {done.returncode}")
    return int(done.stdout) / 1024


def program_environment() -> dict[str, str]:
    """The environment for child processes: compiled modules are kept, as on a learner's machine."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run_cases(cases: Iterable[Case]) -> list[Figure]:
    """Run all cases, a round of each in turn until each has had its rounds; one round more comes first, to warm up."""
    chosen = list(cases)
    taken: dict[str, list[float]] = {case.what: [] for case in chosen}
    failures: dict[str, str] = {}
    for number in range(-1, max(case.rounds for case in chosen)):
        for case in chosen:
            is_due = number < case.rounds and (number >= 0 or case.rounds > 1)
            if not is_due or case.what in failures:
                continue
            try:
                seconds = case.measure()
            except Unmeasured as failure:
                failures[case.what] = str(failure)
                continue
            if number >= 0:
                taken[case.what].append(seconds)
    best = {what: min(seconds) for what, seconds in taken.items() if seconds}
    return [Figure(case, taken[case.what], best.get(case.against), failures.get(case.what, "")) for case in chosen]


def show(title: str, figures: Iterable[Figure]) -> None:
    """Print a group of figures as a part of the table."""
    out = sys.stdout
    out.write(f"{title:<58} {'best':>10} {'median':>10}   {'measured':>10} {'budget':>10}\n")
    for figure in figures:
        case = figure.case
        if figure.failure:
            out.write(f"  {case.what:<56} FAILED: {figure.failure}\n")
            continue
        measured = f"{figure.ratio:.2f}x" if figure.ratio is not None else _told(case, figure.best)
        budget = "" if case.limit is None else f"{case.limit:g}x" if case.against else _told(case, case.limit)
        state = "" if figure.is_within else "   MISSED"
        out.write(
            f"  {case.what:<56} {_told(case, figure.best):>10} {_told(case, median(figure.seconds)):>10}"
            f"   {measured if budget else '':>10} {budget:>10}{state}\n"
        )
    out.write("\n")
    out.flush()


def _told(case: Case, value: float) -> str:
    return f"{value:.1f} {case.unit}" if case.unit else _time(value)


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
