"""Reading GIFT: what has a counterpart is carried, what has none is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizgame.content.blueprint import Blueprint
from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.interchange.adopting import adopt_gift
from quizgame.content.interchange.gift import SIZE_LIMIT, GiftError, read_gift
from quizgame.content.library import build_library
from quizgame.content.packfiles import PackFile


def content(text: str) -> dict[str, Any]:
    found = read_gift(text)
    assert not found.losses
    (question,) = found.questions
    return question.content


# The examples follow https://docs.moodle.org/en/GIFT_format.


def test_multiple_choice_with_feedback() -> None:
    assert content("::Q1:: What is it? {=right#why ~wrong one#why not\n~other}") == {
        "kind": "single",
        "stem": "What is it?",
        "options": [
            {"text": "right", "correct": True, "reason": "why"},
            {"text": "wrong one", "reason": "why not"},
            {"text": "other"},
        ],
    }


def test_weights_make_a_multiple_question() -> None:
    found = content("Two of them? {~%50%a ~%50%b ~%-100%c ~%-100%d####because}")
    assert (found["kind"], found["choose"], found["explanation"]) == ("multiple", 2, "because")
    assert [option["text"] for option in found["options"] if option.get("correct")] == ["a", "b"]


def test_missing_word_becomes_a_gap() -> None:
    assert content("Hubble has a {=Relay ~Router ~Rail} for the whole cluster.")["stem"] == (
        "Hubble has a _____ for the whole cluster."
    )


@pytest.mark.parametrize(("written", "right"), [("T", "True"), ("FALSE", "False"), ("true", "True")])
def test_truth(written: str, right: str) -> None:
    options = content(f"It is so.{{{written}#when wrong#when right}}")["options"]
    assert [option["text"] for option in options if option.get("correct")] == [right]
    assert {option["text"]: option["reason"] for option in options}[right] == "when right"


def test_short_answers_and_numbers() -> None:
    assert content("Who? {=Grant =Ulysses S. Grant#ok}")["answers"] == ["Grant", "Ulysses S. Grant"]
    assert content("How many? {#5}") == {
        "kind": "fill-in", "stem": "How many?", "answers": ["5"], "normalise": "number"
    }  # fmt: skip


def test_matching() -> None:
    assert content("Match. {=a -> b =c -> d#r =e -> f}")["pairs"] == [
        {"left": "a", "right": "b"},
        {"left": "c", "right": "d", "reason": "r"},
        {"left": "e", "right": "f"},
    ]


def test_escapes_and_markup() -> None:
    found = content(r"Is \{a\=b\: c\~d\#e\} so? {=x\=y#one\nmore ~z}")
    assert found["stem"] == "Is {a=b: c~d#e} so?"
    assert found["options"][0] == {"text": "x=y", "correct": True, "reason": "one\nmore"}
    html = content("[html]<p>Which <b>pod</b> &lt;x&gt; runs <code>ls</code>?</p>{=<i>a</i> ~b}")
    assert html["stem"] == "Which **pod** <x> runs `ls`?"
    assert html["options"][0]["text"] == "a"


def test_comments_categories_ids_and_tags() -> None:
    found = read_gift(
        "$CATEGORY: $course$/top/eBPF\n\n// [id:my one] [tag:x]\n// more [tag:y z]\nQ {=a ~b}\n\nR {=a ~b}"
    )
    assert [(one.category, one.id, one.tags) for one in found.questions] == [
        ("$course$/top/eBPF", "my one", ("x", "y z")),
        ("$course$/top/eBPF", None, ()),
    ]


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        ("Write about it. {}", "left out: an essay: nothing tells a right answer from a wrong one"),
        ("Just read this.", "left out: it has no answers: a description, not a question"),
        ("Broken {=a ~b", "left out: its answers have no closing }"),
        ("::Broken {=a ~b}", "left out: its title has no closing ::"),
        ("None right {~a ~b}", "left out: no option is right"),
        ("Odd {a, b}", "left out: its answers begin with neither = nor ~"),
        ("Two {=a} gaps {=b}", "left out: it has more than one gap"),
        ("Range {#1..5}", "left out: it accepts a range of numbers"),
        ("Near {#3:0.5}", "the tolerance 0.5 is not carried: only 3 is right"),
        ("Part {=a =%50%b}", 'partial credit for "b" is not carried: it counts as wrong'),
    ],
)
def test_what_has_no_counterpart_is_told(text: str, loss: str) -> None:
    found = read_gift(f"first {{=a ~b}}\n\n{text}\n\nlast {{=a ~b}}")
    assert [(one.line, one.message) for one in found.losses] == [(3, loss)]
    assert len(found.questions) == (2 if loss.startswith("left out") else 3)


def test_text_beyond_the_limit_is_refused() -> None:
    with pytest.raises(GiftError, match="larger than"):
        read_gift("x" * (SIZE_LIMIT + 1))


@given(st.text(alphabet="=~#{}:\\\n %->abTF05.[]html<!&;/$CATEGORY\x00", max_size=200))
def test_any_text_is_read_as_far_as_it_goes(text: str) -> None:
    blueprint = load_blueprint()
    for given_text in (text, f"[html]{text}{{=a ~b}}", f"q {{{text}}}"):
        adopted = adopt_gift(read_gift(given_text), "file", "f.gift", blueprint, (), None)
        for pack in adopted.packs.values():
            assert not build_library([PackFile("x.yaml", pack.encode())]).problems


def test_packs_of_an_import_load_and_keep_ids_apart(blueprint: Blueprint) -> None:
    text = (
        "$CATEGORY: a/Policy enforcement modes\n\n::One:: q1 {=a ~b ~c ~d}\n\n::One:: q2 {=no ~yes}\n\n"
        "$CATEGORY: b\n\n::Taken:: q3 {=1.20}\n\n::Bad:: q4 {=same ~same}\n\n::Esc:: q5 {=a\x1b ~b}"
    )
    adopted = adopt_gift(read_gift(text), "file", "f.gift", blueprint, {"taken"}, None)
    library = build_library([PackFile(domain, pack.encode()) for domain, pack in adopted.packs.items()])
    assert not library.problems
    assert {entry.id: (entry.domain, entry.competency) for entry in library.questions.values()} == {
        "one": ("network-policy", "enforcement-modes"),
        "file-one": ("network-policy", "enforcement-modes"),
        "file-taken": ("unsorted", "unsorted"),
    }
    assert adopted.questions == 3
    assert 'f.gift:11:1: left out: the same option 2 times: "same"' in adopted.notes
    assert "f.gift:13:1: left out: control character U+001B in text: remove it" in adopted.notes


def test_named_competency_takes_what_no_category_places(blueprint: Blueprint) -> None:
    adopted = adopt_gift(read_gift("q {=a ~b}"), "file", "f.gift", blueprint, (), "using-hubble")
    assert list(adopted.packs) == ["network-observability"]
