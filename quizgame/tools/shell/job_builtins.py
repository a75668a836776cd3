"""Commands for background jobs: ``jobs``, ``wait``, ``kill``, ``fg``, ``bg``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.tools.following import STEP_S, Following
from quizgame.tools.shell.jobs import SIGTERM, Job
from quizgame.tools.shell.replies import invalid_option, print_text, refuse
from quizgame.tools.shell.state import Streams

if TYPE_CHECKING:
    from quizgame.tools.shell.executor import Shell

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "TERM": 15}
INTERRUPTED = 130


def list_jobs(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``jobs [-l] [-p] [JOB…]``."""
    shown = []
    has_numbers = is_long = False
    for word in argv[1:]:
        if word in ("-l", "-p"):
            is_long |= word == "-l"
            has_numbers |= word == "-p"
        elif word.startswith("-"):
            return invalid_option(shell, streams, "jobs", word, "jobs [-lnprs] [jobspec ...] or jobs -x command [args]")
        elif (job := shell.jobs.find(word)) is None:
            return shell.complain(streams, f"jobs: {word}: no such job")
        else:
            shown.append(job)
    for job in shown or shell.jobs:
        if has_numbers:
            print_text(streams, f"{job.pid}\n")
            continue
        (row,) = shell.jobs.row(job)
        text = row.text
        if is_long:
            head, _, rest = text.partition("  ")
            text = f"{head} {job.pid} {rest}"
        print_text(streams, text + "\n")
    for job in shown or shell.jobs:
        if job.status is not None:
            shell.jobs.forget(job)
    return 0


def wait(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``wait [JOB…]``: for those jobs, or all; one that goes on without end is waited for as a stream is watched."""
    status = 0
    if any(word.startswith("-") for word in argv[1:]):
        return refuse(streams, f"wait {argv[1]}")
    for word in argv[1:] or [""]:
        job = shell.jobs.find(word) if word else None
        if word and job is None:
            told = f"{word}: no such job" if word.startswith("%") else f"pid {word} is not a child of this shell"
            shell.complain(streams, f"wait: {told}")
            status = 127
            continue
        awaited = [*shell.jobs] if job is None else [job]
        if not _await(shell, awaited, streams):
            return INTERRUPTED
        status = 0 if job is None else job.status or 0
    return status


def _await(shell: Shell, awaited: list[Job], streams: Streams) -> bool:
    """Let time pass until jobs have ended; ``False`` once the learner, or the span of a stream, is at its end."""
    following = Following(shell.session, [])
    while running := [job for job in awaited if job.status is None]:
        left_s = (min(job.due_ns for job in running) - shell.session.world.clock.now_ns) / 1e9
        following.step_s = min(max(left_s, 0.001), STEP_S)
        if not following.wait():
            break
    streams.stdout.write(following.shown)
    return not running


def kill(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``kill [-SIGNAL] JOB…``; signals that do not end a program are not simulated."""
    words, signal = argv[1:], SIGTERM
    if words and words[0] in ("-s", "-n"):
        words = [f"-{words[1]}" if len(words) > 1 else "-", *words[2:]]
    if words and words[0].startswith("-") and words[0] != "--":
        name = words.pop(0)[1:].upper().removeprefix("SIG")
        signal = SIGNALS.get(name, int(name) if name.isdigit() else 0)
        if signal not in SIGNALS.values():
            return refuse(streams, f"kill -{name}")
    if not words:
        usage = "kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]"
        print_text(Streams(streams.stdin, streams.stderr, streams.stderr), f"kill: usage: {usage}\n")
        return 2
    status = 0
    for word in words:
        job = shell.jobs.find(word)
        if job is not None and job.status is None:
            job.kill(signal)
        elif word.startswith("%"):
            status = shell.complain(streams, f"kill: {word}: no such job")
        elif word.isdigit():
            status = shell.complain(streams, f"kill: ({word}) - No such process")
        else:
            status = shell.complain(streams, f"kill: {word}: arguments must be process or job IDs")
    return status


def foreground(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``fg [JOB]``: watch a job until it ends, or until the learner interrupts it."""
    word = argv[1] if len(argv) > 1 else "%+"
    job = shell.jobs.find(word if word.startswith("%") else f"%{word}")
    if job is None:
        return shell.complain(streams, f"fg: {'current' if len(argv) == 1 else word}: no such job")
    print_text(streams, job.text + "\n")
    if not _await(shell, [job], streams):
        job.kill(SIGNALS["INT"])
    shell.jobs.forget(job)
    return job.status or 0


def background(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``bg [JOB]``: no job is ever stopped here, so all run in the background already."""
    word = argv[1] if len(argv) > 1 else "%+"
    job = shell.jobs.find(word if word.startswith("%") else f"%{word}")
    if job is None:
        return shell.complain(streams, f"bg: {'current' if len(argv) == 1 else word}: no such job")
    shell.complain(streams, f"bg: job {job.number} already in background")
    return 0
