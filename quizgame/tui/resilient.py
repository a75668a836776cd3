"""An app that outlives its bugs: an action or a worker that fails is told in a dialog, and can be reported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App
from textual.dom import DOMNode
from textual.worker import Worker, WorkerState


class ResilientApp(App[None]):
    """Catches what actions and workers raise.

    Args:
        folder: Where reports are saved; ``None`` saves none.
        catch_bugs: Whether to tell bugs instead of ending with a traceback; tests want the traceback.
    """

    def __init__(self, *, folder: Path | None, catch_bugs: bool) -> None:
        super().__init__()
        self.folder = folder
        self._catch_bugs = catch_bugs

    async def run_action(
        self,
        action: str | Any,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action; a bug in it is told."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:
            if not self._catch_bugs:
                raise
            self.tell_bug(error)
            return True

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell a bug in a worker."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and isinstance(error, Exception):
            if self._catch_bugs:
                self.tell_bug(error)
            else:
                self._handle_exception(error)

    def tell_bug(self, error: Exception) -> None:
        """Tell a bug, once at a time."""
        from quizgame.tui.screens.bug import BugScreen

        if not isinstance(self.screen, BugScreen):
            self.push_screen(BugScreen(error, self.folder))
