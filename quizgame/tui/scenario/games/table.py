"""Which game a kind of exercise is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.tui.scenario.games.game import Game
from quizgame.tui.scenario.games.lab import LAB
from quizgame.tui.scenario.games.scenario import SCENARIO

GAMES: Mapping[str, Game[Any]] = {game.kind: game for game in (SCENARIO, LAB)}
"""Kind → game."""
