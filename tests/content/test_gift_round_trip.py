"""What GIFT can carry comes back as it was: over the whole bank, and over texts made of GIFT's own syntax."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.interchange.adopting import adopt_gift
from quizgame.content.interchange.gift import read_gift
from quizgame.content.interchange.gift_writing import write_gift
from quizgame.content.library import BankQuestion, build_library, load_library
from quizgame.content.packfiles import PackFile, builtin_folder
from quizgame.content.questions import FillIn, Matching, MultipleChoice, Normalise, SingleChoice

CARRIED = (SingleChoice, MultipleChoice, Matching, FillIn)


def returned(entries: list[BankQuestion]) -> dict[str, BankQuestion]:
    adopted = adopt_gift(read_gift(write_gift(entries).text), "bank", "bank.gift", load_blueprint(), (), None)
    library = build_library([PackFile(name, text.encode()) for name, text in adopted.packs.items()])
    assert not library.problems
    return dict(library.questions)


def carried(entry: BankQuestion) -> dict[str, Any]:
    """What GIFT can carry of a question; white space at the ends of a text means nothing."""
    question = entry.question
    kept: dict[str, Any] = {
        "domain": entry.domain,
        "competency": entry.competency,
        "kind": question.kind,
        "stem": question.stem.strip(),
        "exhibit": (question.exhibit or "").strip("\n"),
        "explanation": (question.explanation or "").strip(),
        "tags": question.tags,
    }
    if isinstance(question, SingleChoice | MultipleChoice):
        kept["options"] = [
            (option.text.strip(), option.correct, (option.reason or "").strip()) for option in question.options
        ]
    elif isinstance(question, Matching):
        kept["pairs"] = [(pair.left.strip(), pair.right.strip()) for pair in question.pairs]
    elif isinstance(question, FillIn):
        kept["answers"] = [answer.strip() for answer in question.answers]
        kept["reason"] = (question.reason or "").strip()
        kept["near"] = [(near.text.strip(), near.reason.strip()) for near in question.near]
        kept["number"] = question.normalise is Normalise.NUMBER
    return kept


def test_the_whole_bank_comes_back() -> None:
    bank = load_library([builtin_folder("questions")]).questions
    wanted = {entry.id: carried(entry) for entry in bank.values() if isinstance(entry.question, CARRIED)}
    assert len(wanted) > 0.9 * len(bank)
    found = returned(list(bank.values()))
    assert {name: carried(entry) for name, entry in found.items()} == wanted


def test_what_is_left_out_is_named() -> None:
    bank = load_library([builtin_folder("questions")]).questions
    left = [entry for entry in bank.values() if not isinstance(entry.question, CARRIED)]
    export = write_gift(left)
    assert export.text == ""
    kinds = {entry.question.kind for entry in left}
    assert [loss.split(" questions (")[0] for loss in sorted(export.losses)] == [
        f"left out: GIFT has no {kind}" for kind in sorted(kinds)
    ]


# Texts of GIFT's syntax, HTML's and light Markdown's; a text begins and ends with a letter, as no one means the space.
odd = st.text(alphabet='=~#{}:\\\n %->abTF05.[]<!&;/$`*\u2028"', max_size=30).map(
    lambda text: "a" + text.replace("\u2028", " ") + "z"
)


def entry_of(**content: Any) -> BankQuestion:
    kind = {"single": SingleChoice, "matching": Matching, "fill-in": FillIn}[content["kind"]]
    question = kind(id="one", competency="maps", difficulty="easy", versions="1.19", **content)
    return BankQuestion(question, "ebpf")


@given(odd, odd, odd, odd, odd, odd)
def test_options_of_any_text_come_back(stem: str, exhibit: str, right: str, wrong: str, reason: str, why: str) -> None:
    entry = entry_of(
        kind="single", stem=stem, exhibit=exhibit, explanation=why,
        options=[{"text": f"%{right}", "correct": True, "reason": reason}, {"text": f"b{wrong}"}],
    )  # fmt: skip
    (found,) = returned([entry]).values()
    assert carried(found) | {"domain": 0, "competency": 0} == carried(entry) | {"domain": 0, "competency": 0}


@given(odd, odd, odd)
def test_pairs_and_answers_of_any_line_come_back_or_are_named(left: str, right: str, reason: str) -> None:
    line = right.replace("\n", " ")
    pairs = [{"left": left, "right": line}, {"left": "b", "right": "b"}, {"left": "c", "right": "c"}]
    matching = entry_of(kind="matching", stem="s", pairs=pairs)
    near = [{"text": line + "y", "reason": reason}]
    typed = entry_of(kind="fill-in", stem="s", answers=[line], normalise="word", reason=reason, near=near)
    for entry in (matching, typed):
        export = write_gift([entry])
        if "->" in line:
            assert any(loss.startswith("left out: ") for loss in export.losses)
        else:
            (found,) = returned([entry]).values()
            same = {"domain": 0, "competency": 0}
            assert carried(found) | same == carried(entry) | same
