"""The free cluster on the screen: a workstation, and nothing that is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from quizgame.tui.meters import counted
from quizgame.tui.scenario.games.game import Confirmation, Game, Pane
from quizgame.tui.scenario.ledger import Entry
from quizgame.tui.scenario.picture import Picture, map_of

if TYPE_CHECKING:
    from quizgame.game.scenario.workstation import Workstation


class FreeGame(Game[Picture]):
    """The free cluster."""

    kind = "free"
    word = "Free cluster"
    help = (
        "A workstation with `kubectl`, `cilium` and `hubble`, connected to simulated clusters that are yours: try what "
        "you like, nothing is asked and nothing is scored. **why** FROM TO PORT tells what decides about a flow, "
        "**what-if** -f FILE which flows a manifest would change; `vi FILE` writes one. When you leave, it is gone."
    )
    panes = (Pane("map", "Map", "f4"),)
    welcome = "Nothing is scored or kept. why and what-if tell what decides about a flow."

    def picture(self, attempt: Workstation) -> Picture:
        """How everything stands."""
        clusters = len(attempt.world.clusters)
        return Picture(
            title="one cluster" if clusters == 1 else f"{counted(clusters, 'cluster')}",
            minutes=0,
            elapsed_s=attempt.elapsed_s,
            is_over=False,
            lines=len(attempt.results),
            folder=attempt.session.cwd,
            map=map_of(attempt.world),
        )

    def entries(self, picture: Picture, *, is_brief: bool) -> Mapping[str, Sequence[Entry]]:
        """The map alone, which every game has."""
        return {}

    def leave_warning(self, picture: Picture) -> Confirmation | None:
        """What was done is lost."""
        if not picture.lines:
            return None
        return Confirmation("Leave the free cluster?", "It is not kept: next time you get a new one.")


FREE = FreeGame()
