"""Background jobs: each is a strand that moves only while the shell waits for it.

A job runs until it lets time pass, and stands still until the shell's own commands have let that time pass; those stop
at each instant that a job waits for. So at most one of them runs at any moment, always in the same order, and what they
do depends on the lines typed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from quizgame.strand import Strand
from quizgame.tools.following import CannotFollow
from quizgame.tools.output import NOT_SIMULATED, Line, lines, not_simulated
from quizgame.tools.shell.syntax import NotSimulatedSyntax

if TYPE_CHECKING:
    from quizgame.cluster.world import World

FIRST_PID = 4_211
MAX_JOBS = 20
MAX_TURNS = 100_000
"""Turns of one job in one go; a job that lets no time pass ends there."""
STATUS_WIDTH = 24
SIGTERM = 15
ENDS = {1: "Hangup", 2: "Interrupt", 3: "Quit", 9: "Killed", SIGTERM: "Terminated"}
"""What ``jobs`` says of a program that a signal has ended."""


class JobEnded(BaseException):
    """Unwinds what a job runs; no program's own handling of errors holds it up."""


class Job:
    """One command that runs in the background.

    Args:
        world: Whose time passes.
        number: As ``%1`` names it.
        pid: Its process number.
        text: The command as typed.
    """

    def __init__(self, world: World, number: int, pid: int, text: str) -> None:
        self.number = number
        self.pid = pid
        self.text = text
        self.printed: list[Line] = []
        """What it printed on the terminal and nobody has seen yet."""
        self.status: int | None = None
        """Its exit status once it has ended."""
        self.signal = 0
        """What it was killed by."""
        self.due_ns = world.clock.now_ns
        self._looked_ns: int | None = None
        """Since when it watches what happens, while it does."""
        self._world = world
        self._error: BaseException | None = None
        self._strand: Strand | None = None

    def start(self, run: Callable[[], int]) -> None:
        """Run up to the first wait."""
        self._strand = Strand(lambda: self._run(run), f"job {self.number}")
        self.catch_up()

    def catch_up(self) -> None:
        """Run for as long as it needs no more time than has passed."""
        for _ in range(MAX_TURNS):
            if self.status is not None or self._is_waiting:
                break
            self._take_turn()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    @property
    def _is_waiting(self) -> bool:
        now_ns = self._world.clock.now_ns
        return self.due_ns > now_ns and (self._looked_ns is None or self._looked_ns >= now_ns)

    def kill(self, signal: int = SIGTERM) -> None:
        """End it where it stands."""
        if self.status is None:
            self.signal = signal
            self._take_turn()

    @property
    def state(self) -> str:
        """As ``jobs`` shows it."""
        if self.status is None:
            return "Running"
        if self.signal:
            return ENDS[self.signal]
        return f"Exit {self.status}" if self.status else "Done"

    def _take_turn(self) -> None:
        if self._strand is None:
            return
        outer, self._world.pause = self._world.pause, self._wait
        try:
            self._strand.take_turn()
        finally:
            self._world.pause = outer

    # --- in the job's strand -------------------------------------------------------------------------------------

    def _run(self, run: Callable[[], int]) -> None:
        status = 0
        try:
            status = run()
        except JobEnded:
            status = 128 + self.signal
        except CannotFollow:
            status = NOT_SIMULATED
            self.printed += not_simulated("following in a pipeline in the background").stderr
        except BaseException as error:
            self._error = error
        self.status = status

    def watch(self, seconds: float) -> float:
        """Stand still until something may have happened, at most so long; returns the seconds passed."""
        began_ns = self._looked_ns = self._world.clock.now_ns
        self._world.advance(seconds)
        self._looked_ns = None
        return (self._world.clock.now_ns - began_ns) / 1e9

    def _wait(self, instant_ns: int) -> bool:
        """Stand still until the shell's commands have come to an instant; ``False`` where that is now."""
        if self.signal:
            raise JobEnded
        if instant_ns <= self._world.clock.now_ns:
            return False
        self.due_ns = instant_ns
        if self._strand is not None:
            self._strand.hand_back()
        if self.signal:
            raise JobEnded
        return True


class Jobs:
    """The jobs of one shell, as ``jobs`` lists them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._jobs: list[Job] = []
        self._started = 0

    def __iter__(self) -> Iterator[Job]:
        return iter(tuple(self._jobs))

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def add(self, text: str) -> Job:
        """A new job that has not started.

        Raises:
            NotSimulatedSyntax: There are too many.
        """
        if len(self._jobs) >= MAX_JOBS:
            raise NotSimulatedSyntax(f"more than {MAX_JOBS} background jobs at a time")
        self._started += 1
        number = 1 + max((each.number for each in self._jobs), default=0)
        job = Job(self._world, number, FIRST_PID + 2 * self._started, text)
        self._jobs.append(job)
        self._world.pause = self._pass
        return job

    def _pass(self, instant_ns: int) -> bool:
        """Let time pass for the shell's own command, from one job's turn to the next."""
        world, world.pause = self._world, None
        try:
            while running := [job for job in self if job.status is None]:
                first = min(running, key=lambda job: job.due_ns)
                if first.due_ns > instant_ns:
                    break
                world.advance_to(first.due_ns)
                first.catch_up()
            world.advance_to(instant_ns)
        finally:
            world.pause = self._pass if running else None
        return True

    def find(self, word: str) -> Job | None:
        """The job that ``%1``, ``%+``, ``%-``, ``%name`` or a process number names."""
        if not word.startswith("%"):
            return next((each for each in self if str(each.pid) == word), None)
        name, place = word[1:], {"": -1, "%": -1, "+": -1, "-": -2}
        if name in place:
            return self._jobs[max(place[name], -len(self._jobs))] if self._jobs else None
        if name.isdigit():
            return next((each for each in self if each.number == int(name)), None)
        return next((each for each in self if each.text.startswith(name)), None)

    def catch_up(self) -> list[Line]:
        """Let every job take in the time that has passed; returns what they print on the terminal."""
        printed: list[Line] = []
        for job in self:
            job.catch_up()
            printed += job.printed
            job.printed.clear()
        return printed

    def row(self, job: Job) -> list[Line]:
        """A job as ``jobs`` lists it."""
        back = len(self._jobs) - self._jobs.index(job)
        mark = {1: "+", 2: "-"}.get(back, " ")
        end = " &" if job.status is None else ""
        return lines(f"[{job.number}]{mark}  {job.state:<{STATUS_WIDTH}}{job.text}{end}\n")

    def take_ended(self) -> list[Line]:
        """The rows of jobs that have ended since the last look; they are forgotten."""
        ended = [job for job in self if job.status is not None]
        rows = [line for job in ended for line in self.row(job)]
        for job in ended:
            self._jobs.remove(job)
        return rows

    def forget(self, job: Job) -> None:
        """Take a job from the list that somebody has waited for."""
        if job in self._jobs:
            self._jobs.remove(job)

    def end(self) -> None:
        """Kill what still runs: the shell ends."""
        for job in self:
            job.kill()
        self._jobs.clear()
        self._world.pause = None
