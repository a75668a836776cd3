"""Executes content in processes of their own, one for each core: scenarios, labs, proofs of questions, templates."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from quizgame.game.checker.labs import LabProof
    from quizgame.game.checker.proof import LabSummary, Proof, SeedProof
    from quizgame.game.proving.proof import ProofReport
    from quizgame.game.quiz.templates.trial import Trial
    from quizgame.yamlsource.place import YamlProblem

VARIANTS, FAST_VARIANTS = 12, 2
"""Variants of each template that a check makes."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Played:
    """What executing the content showed."""

    scenarios: tuple[Proof, ...]
    labs: tuple[LabSummary, ...]
    questions: ProofReport
    templates: tuple[Trial, ...]

    @property
    def problems(self) -> tuple[YamlProblem, ...]:
        """All problems that were found."""
        return (
            *(problem for proof in self.scenarios for problem in proof.problems),
            *(problem for proof in self.labs for problem in proof.problems),
            *self.questions.problems,
            *(problem for trial in self.templates for problem in trial.problems),
        )


class Inline(Executor):
    """Executes at once in this process, where others would cost more than they save."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Execute now; what is raised is raised here."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def play_content(exercises: Sequence[Path], packs: Sequence[Path], templates: Sequence[str], *, fast: bool) -> Played:
    """Play scenarios and labs, prove questions and try templates.

    Args:
        exercises: Files of sound scenarios and labs.
        packs: Files of questions.
        templates: Ids of templates.
        fast: Play no scenario and no lab, leave out the claims that need a cluster, and make few variants.
    """
    from quizgame.game.checker.labs import LabProof
    from quizgame.game.checker.proof import SEEDS, SeedProof, summarise, summarise_labs
    from quizgame.game.proving.proof import together

    # All first members of families first: the long ones start early and the cores end together.
    members = [] if fast else [(path, seed) for seed in SEEDS for path in exercises]
    workers = min(os.cpu_count() or 1, len(members) + len(packs) + len(templates))
    with ProcessPoolExecutor(workers) if workers > 1 else Inline() as pool:
        proved = [pool.submit(_prove, path, fast) for path in packs]
        played = [pool.submit(_play, path, seed) for path, seed in members]
        tried = [pool.submit(_try, name, FAST_VARIANTS if fast else VARIANTS) for name in templates]
        proofs = [future.result() for future in played]
        return Played(
            tuple(summarise(proof for proof in proofs if isinstance(proof, SeedProof))),
            tuple(summarise_labs(proof for proof in proofs if isinstance(proof, LabProof))),
            together(future.result() for future in proved),
            tuple(future.result() for future in tried),
        )


def _play(path: Path, seed: int) -> SeedProof | LabProof:
    from quizgame.content.scenarios import load_scenario_file
    from quizgame.errors import QuizgameError
    from quizgame.game.checker.labs import prove_lab
    from quizgame.game.checker.proof import SEEDS, prove_seed

    source = load_scenario_file(path)
    if source is None:
        raise QuizgameError("the file holds neither scenario nor lab any more", source=str(path))
    if source.kind == "lab":
        return prove_lab(source, seed, twice=seed == SEEDS[0])
    return prove_seed(source, seed)


def _prove(path: Path, fast: bool) -> ProofReport:
    from quizgame.content.library import load_pack
    from quizgame.content.packfiles import read_pack_file
    from quizgame.game.proving.proof import prove, together

    pack = load_pack(read_pack_file(path))
    return together(prove(entry, fast=fast) for entry in (pack.questions if pack is not None else ()))


def _try(template: str, variants: int) -> Trial:
    from quizgame.game.quiz.templates.trial import try_template

    return try_template(template, variants)
