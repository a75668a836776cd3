"""Plays scenarios in processes of their own, one for each core."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quizgame.game.checker.proof import Proof, SeedProof


def play_scenarios(paths: Sequence[Path]) -> list[Proof]:
    """Prove scenarios: every expert and every naive strategy, for several members of each family.

    Args:
        paths: Files of sound scenarios.
    """
    from quizgame.game.checker.proof import SEEDS, summarise

    # All first members first: the long ones start early and the cores end together.
    tasks = [(path, seed) for seed in SEEDS for path in paths]
    workers = min(os.cpu_count() or 1, len(tasks))
    if workers <= 1:
        return summarise(_prove(task) for task in tasks)
    with ProcessPoolExecutor(workers) as pool:
        return summarise(pool.map(_prove, tasks))


def _prove(task: tuple[Path, int]) -> SeedProof:
    from quizgame.content.scenarios import load_scenario_file
    from quizgame.errors import QuizgameError
    from quizgame.game.checker.proof import prove_seed

    path, seed = task
    source = load_scenario_file(path)
    if source is None:
        raise QuizgameError("the file holds no scenario any more", source=str(path))
    return prove_seed(source, seed)
