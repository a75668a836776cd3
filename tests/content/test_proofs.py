"""The bank's proofs: enough of them, and every claim holds."""

from __future__ import annotations

import pytest

from quizgame.content.library import load_library
from quizgame.content.packfiles import builtin_folder
from quizgame.content.questions import carries_proof
from quizgame.game.proving.proof import prove, together

BANK = load_library([builtin_folder("questions")])
DOMAINS = sorted({entry.domain for entry in BANK.questions.values()})


def test_at_least_a_hundred_questions_carry_a_proof() -> None:
    assert sum(carries_proof(entry.question) for entry in BANK.questions.values()) >= 100


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_claim_of_the_bank_holds(domain: str) -> None:
    report = together(prove(entry) for entry in BANK.in_domains([domain]))
    assert [str(problem) for problem in report.problems] == []


def test_proofs_speak_against_wrong_options_too() -> None:
    """Of the options that carry claims, most are wrong ones, as in any question."""
    claimed = [
        option.correct
        for entry in BANK.questions.values()
        if entry.question.kind in ("single", "multiple")
        for option in getattr(entry.question, "options", ())
        if option.claim is not None
    ]
    assert claimed.count(False) > claimed.count(True) > 60
