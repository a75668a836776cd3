"""A pseudo-terminal that runs the real command and shows what a person would see."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pyte

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 40


class Terminal:
    """A terminal that runs ``quizgame`` with some words and keeps the screen that it draws.

    Args:
        home: The learner's folder.
        words: What follows ``quizgame``.
        columns: The terminal's width.
        lines: Its height.
        hangs_up_unheard: No hang-up signal reaches the command, as under ``make``.
    """

    def __init__(
        self, home: Path, *words: str, columns: int = 80, lines: int = 24, hangs_up_unheard: bool = False
    ) -> None:
        environ = {
            **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")},
            "QUIZGAME_HOME": str(home),
            "TERM": "xterm-256color",
            "TEXTUAL_ANIMATIONS": "none",
            "PYTHONPATH": str(ROOT),
        }
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "quizgame", *words],
            env=environ,
            dimensions=(lines, columns),
            timeout=TIMEOUT_S,
            ignore_sighup=hangs_up_unheard,
        )

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait(self, *texts: str, until: Callable[[], bool] = lambda: True) -> str:
        """Read until all texts are on the screen and the condition holds."""
        end = time.monotonic() + 2 * TIMEOUT_S  # a screen with a clock always has something to say
        while not (all(text in self.text for text in texts) and until()):
            assert time.monotonic() < end, f"{texts} not on the screen:\n{self.text}"
            try:
                self._stream.feed(self.child.read_nonblocking(65536, timeout=TIMEOUT_S))
            except (pexpect.TIMEOUT, pexpect.EOF) as error:
                raise AssertionError(f"{texts} not on the screen:\n{self.text}") from error
        return self.text

    def keys(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.child.send(key)

    def end(self) -> int:
        """Quit, and give the exit status."""
        self.keys("\x11")
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus or 0)

    def kill(self) -> None:
        """End the command as the kernel does when memory is short."""
        self.child.kill(signal.SIGKILL)
        self.child.wait()
