"""The last line of a screen: the keys that act now, each a button for the mouse.

Textual's own footer is a widget a key; this is one widget, which the first paint feels.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

ALWAYS = ("escape", "question_mark", "f1")
"""Keys that stand at the right end, whatever else must give way."""


@dataclass(frozen=True, slots=True)
class _Key:
    key: str
    shown: str
    does: str
    start: int
    end: int


class KeyBar(Widget):
    """One line of keys, taken from the active bindings; those that do not fit are left to the help screen."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[_Key] = []

    def on_mount(self) -> None:
        """Follow the bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        """Lay the keys out from the left, the ones of `ALWAYS` at the right."""
        self._keys = []
        found: dict[str, tuple[str, str, str]] = {}
        for key, active in self.screen.active_bindings.items():
            binding = active.binding
            action = binding.action.removeprefix("app.")  # a screen may offer the app's own action by a key of its own
            if binding.show and active.enabled and action not in found:
                found[action] = (key, self.app.get_key_display(binding), binding.description)
        always = [entry for entry in found.values() if entry[0] in ALWAYS]
        width = self.size.width
        tail = sum(_width(shown, does) for _, shown, does in always)
        parts: list[tuple[str, str]] = []
        at = 0
        for key, shown, does in (entry for entry in found.values() if entry[0] not in ALWAYS):
            if at + _width(shown, does) + tail > width:
                break
            at = self._place(parts, key, shown, does, at)
        parts.append((" " * max(width - tail - at, 0), ""))
        at = max(width - tail, at)
        for key, shown, does in always:
            at = self._place(parts, key, shown, does, at)
        return Content.assemble(*parts)

    def _place(self, parts: list[tuple[str, str]], key: str, shown: str, does: str, at: int) -> int:
        end = at + _width(shown, does)
        parts += [(f" {shown} ", "bold $footer-key-foreground"), (f"{does} ", "$foreground-muted")]
        self._keys.append(_Key(key, shown, does, at, end))
        return end

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        for entry in self._keys:
            if entry.start <= event.x < entry.end:
                self.app.simulate_key(entry.key)


def _width(shown: str, does: str) -> int:
    return len(shown) + len(does) + 3
