"""The panes beside the terminal; where there is no room for them, one at a time in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll

from quizgame.tui.scenario.games.game import Pane
from quizgame.tui.scenario.ledger import Entry, Ledger
from quizgame.tui.scenario.map import brief_entries, flow_entries, tree_entries
from quizgame.tui.scenario.picture import MapPicture
from quizgame.tui.scenario.tabs import Tab

FLASH_S = 2.0
TERMINAL = "terminal"
"""The name of what is in front where no pane is."""


class Side(Vertical):
    """All panes of a game.

    Args:
        panes: Which there are; one called ``map`` shows clusters and flows, whatever the game.
    """

    def __init__(self, panes: Sequence[Pane]) -> None:
        super().__init__(id="side")
        self._panes = panes
        self.front = TERMINAL
        """What is in front in a narrow terminal."""
        self._fresh: frozenset[str] = frozenset()
        """Panes with something new that was not looked at yet."""

    def compose(self) -> ComposeResult:
        """One under another."""
        for each in self._panes:
            with VerticalScroll(id=f"{each.name}-pane", classes="pane") as pane:
                pane.border_title = f"{each.title} · {each.key}"
                yield Ledger(id=each.name)
                if each.name == "map":
                    yield Ledger(id="flows")

    def pane(self, name: str) -> VerticalScroll:
        """A pane."""
        return self.query_one(f"#{name}-pane", VerticalScroll)

    def show(self, entries: Mapping[str, Sequence[Entry]], shown_map: MapPicture, *, is_brief: bool) -> None:
        """Show how things stand.

        Args:
            entries: Of the game's own panes, by name.
            shown_map: Clusters and flows.
            is_brief: Whether all panes stand beside the terminal, so that each has little room.
        """
        for name, own in entries.items():
            self.query_one(f"#{name}", Ledger).entries = tuple(own)
        drawn = brief_entries if is_brief else tree_entries
        self.query_one("#map", Ledger).entries = tuple(drawn(shown_map))
        self.query_one("#flows", Ledger).entries = () if is_brief else tuple(flow_entries(shown_map))

    def bring(self, name: str, *, is_wide: bool) -> None:
        """Bring a pane, or the terminal, to the front.

        Args:
            name: Which.
            is_wide: Whether everything is in sight, so that nothing has to give way.
        """
        self.front = TERMINAL if is_wide else name
        self._fresh -= {name}
        for pane in self._panes:
            self.pane(pane.name).set_class(pane.name == name, "-front")

    def flash(self, name: str) -> None:
        """Draw the eye to a pane: its border for a moment, its tab until it is looked at."""
        pane = self.pane(name)
        pane.add_class("-flash")
        self.set_timer(FLASH_S, lambda: pane.remove_class("-flash"))
        is_at_end = any(each.name == name and each.grows_down for each in self._panes)
        (pane.scroll_end if is_at_end else pane.scroll_home)(animate=False)
        if self.front != name:
            self._fresh |= {name}

    def tabs(self, figures: Mapping[str, str]) -> tuple[Tab, ...]:
        """The tabs that stand for terminal and panes.

        Args:
            figures: What stands beside their titles, by name.
        """
        return (
            Tab(TERMINAL, "Terminal"),
            *(
                Tab(pane.name, pane.title, pane.key, figures.get(pane.name, ""), pane.name in self._fresh)
                for pane in self._panes
            ),
        )
