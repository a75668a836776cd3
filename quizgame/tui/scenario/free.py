"""Opens the free cluster above whatever is in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.errors import QuizgameError
from quizgame.tui.scenario.engine import Engine
from quizgame.tui.scenario.games.free import FREE
from quizgame.tui.scenario.opening import FreeOpening
from quizgame.tui.scenario.play import PlayScreen

if TYPE_CHECKING:
    from quizgame.tui.app import QuizgameApp
    from quizgame.tui.launch import FreeTerms
    from quizgame.tui.scenario.picture import Picture


async def open_free(app: QuizgameApp, terms: FreeTerms) -> None:
    """Build the clusters and show the workstation; its thread ends when it is left."""
    engine = Engine(FreeOpening(terms), FREE, app.now)
    try:
        picture = await engine.open(lambda _what, _share: None)
    except QuizgameError as error:
        engine.close()
        app.notify(str(error), severity="error", markup=False)
        return

    def left(_picture: Picture | None) -> None:
        engine.close()

    await app.push_screen(PlayScreen(engine, picture), left)
