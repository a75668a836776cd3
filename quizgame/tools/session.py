"""What a running command may touch: the world, the learner's folder and variables, and the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from quizgame.tools.output import Line, Result

if TYPE_CHECKING:
    from quizgame.cluster.world import World

STREAM_SPAN_S = 10
"""Simulated seconds after which an endless stream ends by itself where there is no screen."""


@dataclass(slots=True)
class Session:
    """One shell: its state outlives a single line."""

    world: World
    variables: dict[str, str] = field(default_factory=dict)
    """Shell variables; ``?`` holds the last exit status."""
    files: dict[str, list[Line]] = field(default_factory=dict)
    """The learner's in-memory working folder: file name → its lines, with their facts."""
    cwd: str = "/root"
    namespaces: dict[str, str] = field(default_factory=dict)
    """The namespace that a kubeconfig context names; a context that is absent means ``default``."""
    history: list[str] = field(default_factory=list)
    width: int = 80
    """Columns of the terminal."""
    is_screen: bool = False
    """Whether a person watches: endless streams then go on until interrupted."""
    stream_span_s: float = STREAM_SPAN_S
    """Simulated seconds that an endless stream goes on without a screen; ``timeout`` shortens it for what it runs."""
    joined_since_ns: int | None = None
    """When the pipeline that is running began. Its commands start together, so a monitor at its end sees all that the
    others do; ``None`` outside pipelines."""
    write_out: Callable[[Sequence[Line]], None] | None = None
    """In a background job: takes what an endless stream prints at once."""
    watch: Callable[[float], float] | None = None
    """In a background job: lets at most so many seconds pass, until the shell's next command may look at what the job
    printed; returns how many."""
    let_jobs_run: Callable[[], Sequence[Line]] | None = None
    """Lets background jobs take in the time that has passed; returns what they print on the terminal."""
    run_program: Callable[[Sequence[str], Sequence[Line]], Result] | None = None
    """Runs another program of the same shell (for ``xargs``, ``watch``, ``timeout`` …); set by the shell."""
    edit_text: Callable[[str, str], str | None] | None = None
    """``edit_text(name, text)`` opens an editor and returns the new text (``None``: cancelled); no screen: ``None``."""
    stream: Callable[[Sequence[Line]], bool] | None = None
    """Where a screen is there: shows lines at once; returns ``False`` once the learner interrupted."""


class Tool(Protocol):
    """A program of the simulated workstation."""

    name: str
    """What is typed to run it."""

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Run with ``argv`` (``argv[0]`` is the name typed) and what a pipe, file or here-document feeds it."""
        ...  # pragma: no cover
