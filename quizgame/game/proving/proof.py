"""The proof of a question: every claim of it executed, right ones must be true and wrong ones false."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from quizgame.content.library import BankQuestion
from quizgame.content.proofs import Claim, Proof
from quizgame.content.questions import MultipleChoice, SingleChoice
from quizgame.game.proving.claims import Ground, UnusableClaim, failures, is_slow, merged
from quizgame.yamlsource.place import YamlProblem

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ProofReport:
    """What executing proofs showed."""

    questions: int
    """Questions with a proof."""
    claims: int
    """Claims that were executed."""
    left_out: int
    """Claims that were not, because they are slow."""
    problems: tuple[YamlProblem, ...]


@dataclass(frozen=True, slots=True)
class _Stated:
    path: Path
    claim: Claim
    holds: bool
    """Whether it must be true."""


def prove(entry: BankQuestion, *, fast: bool = False) -> ProofReport:
    """Execute the claims of one question.

    Args:
        entry: The question; without a proof the report is empty.
        fast: Leave out the claims that need a cluster.
    """
    question = entry.question
    ground = ground_of(entry)
    proof = ground.proof
    problems: list[YamlProblem] = []
    stated = list(_stated(entry))
    executed = 0
    for each in stated:
        claim = merged(proof.each, each.claim)
        if fast and is_slow(claim):
            continue
        executed += 1
        message = _judge(ground, claim, each.holds)
        if message:
            problems.append(YamlProblem(entry.place(*each.path), message))
    if question.proof is not None and not stated:
        message = "the proof claims nothing: give options a claim, or the proof holds or fails"
        problems.append(YamlProblem(entry.place("proof"), message))
    return ProofReport(int(bool(stated)), executed, len(stated) - executed, tuple(problems))


def ground_of(entry: BankQuestion) -> Ground:
    """What the claims of a question start from."""
    proof = entry.question.proof or Proof()
    return Ground(proof, (entry.question.exhibit or "") if proof.exhibit else "")


def stated_claims(entry: BankQuestion) -> list[Claim]:
    """What the proof and the options claim, true and false alike."""
    return [each.claim for each in _stated(entry)]


def together(reports: Iterable[ProofReport]) -> ProofReport:
    """Several reports as one."""
    known = list(reports)
    return ProofReport(
        sum(report.questions for report in known),
        sum(report.claims for report in known),
        sum(report.left_out for report in known),
        tuple(sorted({problem for report in known for problem in report.problems})),
    )


def _judge(ground: Ground, claim: Claim, holds: bool) -> str:
    """What is wrong with a claim; empty if nothing is."""
    try:
        failed = failures(ground, claim)
    except UnusableClaim as error:
        return str(error)
    if holds and failed:
        return f"should be true and is not: {'; '.join(failed)}"
    if not holds and not failed:
        return "should be false and is true"
    return ""


def _stated(entry: BankQuestion) -> Iterator[_Stated]:
    question = entry.question
    if isinstance(question, SingleChoice | MultipleChoice):
        for index, option in enumerate(question.options):
            if option.claim is not None:
                yield _Stated(("options", index, "claim"), option.claim, option.correct)
    proof = question.proof
    if proof is not None:
        for key, claims, holds in (("holds", proof.holds, True), ("fails", proof.fails, False)):
            for index, claim in enumerate(claims):
                yield _Stated(("proof", key, index), claim, holds)
