"""Programs that take turns: each has a stack of its own, and only the one whose turn it is ever runs.

Python's own coroutines can only hand over where every caller in between is one; a simulated program hands over from
deep within the model. So each strand is a thread, and two semaphores see to it that nothing runs at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Semaphore, Thread


class Strand:
    """One program.

    Args:
        run: What it does; must not raise.
        name: For whoever looks at a list of threads.
    """

    def __init__(self, run: Callable[[], object], name: str) -> None:
        self._run = run
        self._its_turn, self._back = Semaphore(0), Semaphore(0)
        self._thread = Thread(target=self._whole, name=name, daemon=True)
        self._thread.start()

    def take_turn(self) -> None:
        """Let it run until it hands back or is over."""
        self._its_turn.release()
        self._back.acquire()

    def hand_back(self) -> None:
        """Within the program: stand still until the next turn."""
        self._back.release()
        self._its_turn.acquire()

    def _whole(self) -> None:
        self._its_turn.acquire()
        try:
            self._run()
        finally:
            self._back.release()
