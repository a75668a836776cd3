"""The one thread that owns the store.

Screens never touch the store on the event loop: a lock held by another window, or a slow disk, would freeze the
screen. They await ``desk.call`` instead, which also keeps what they do in its order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from quizgame.tui.workspace import Workspace

T = TypeVar("T")


class Desk:
    """Opens the workspace when first asked and runs every use of it, one after another.

    Args:
        open_workspace: Loads packs and opens the store; runs on the desk's thread.
    """

    def __init__(self, open_workspace: Callable[[], Workspace]) -> None:
        self._open = open_workspace
        self._thread = ThreadPoolExecutor(1, "store")
        self._workspace: Workspace | None = None

    @property
    def opened(self) -> Workspace | None:
        """The workspace once it is open: what it holds that never changes may be read anywhere."""
        return self._workspace

    async def call(self, function: Callable[..., T], *args: Any, **named: Any) -> T:
        """Run ``function`` on the desk's thread and return what it returns, or raise what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(function, *args, **named))

    def wait(self, function: Callable[..., T], *args: Any) -> T:
        """Run ``function`` on the desk's thread and wait for it; for threads other than the event loop's."""
        return self._thread.submit(partial(function, *args)).result()

    async def workspace(self) -> Workspace:
        """The workspace, opened by the first call.

        Raises:
            QuizgameError: It cannot be opened.
        """
        return await self.call(self._opened)

    async def close(self) -> None:
        """Close the store; the desk cannot be used afterwards."""
        await self.call(self._close)
        self._thread.shutdown(wait=False)

    def _opened(self) -> Workspace:
        if self._workspace is None:
            self._workspace = self._open()
        return self._workspace

    def _close(self) -> None:
        if self._workspace is not None:
            self._workspace.store.close()
            self._workspace = None
