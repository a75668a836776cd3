"""Every problem of a pack is one line with its place and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.content.library import Library, build_library
from quizgame.content.packfiles import PackFile

Pack = Callable[..., Library]
Question = Callable[[str], str]


def messages(library: Library) -> list[str]:
    return [str(problem) for problem in library.problems]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    stem:", "    stm:", ["pack.yaml:5:5: missing key \"stem\" in question",
                                  "pack.yaml:9:5: unknown key \"stm\" in question (did you mean \"stem\"?)"]),
        ("difficulty: easy", "difficulty: eazy",
         ["pack.yaml:8:17: difficulty: expected \"easy\", \"medium\" or \"hard\", found 'eazy' "
          "(did you mean \"easy\"?)"]),
        ("kind: single", "kind: singel",
         ["pack.yaml:7:11: unknown kind \"singel\": expected one of single, multiple, ordering, matching, fill-in, "
          "spot (did you mean \"single\"?)"]),
        ("    kind: single\n", "", ["pack.yaml:5:5: missing key \"kind\" in question"]),
        ("stem: What does a do?", "stem: 1.20", ["pack.yaml:9:11: stem: expected text, found 1.2: put it in quotes"]),
        ("text: two", "text: no", ["pack.yaml:12:16: text: expected text, found false: put it in quotes"]),
        ("correct: true", "correct: \"yes\"", ["pack.yaml:12:30: correct: expected true or false, found 'yes'"]),
        ("correct: true, ", "", ["pack.yaml:5:5: a single question has exactly 1 correct option, found 0"]),
        ("text: three", "text: two", ["pack.yaml:5:5: the same option 2 times: \"two\""]),
        ("text: three", "text: \"x\\u001b[31m\"",
         ["pack.yaml:13:16: control character U+001B in text: remove it"]),
        ("text: three", "text: \"\\u202Egnp\"", ["pack.yaml:13:16: control character U+202E in text: remove it"]),
        ("id: a", "id: A_b",
         ["pack.yaml:5:9: id: 'A_b' is no name: use lower-case letters, digits and single hyphens"]),
        ("sources: [docs]", "sources: docs", ["pack.yaml:16:14: sources: expected a list, found 'docs'"]),
        ("{text: three, reason: r}", "three", ["pack.yaml:13:9: options: expected a mapping, found 'three'"]),
    ],
)  # fmt: skip
def test_problem_of_a_question_is_told_with_its_place(
    pack: Pack, question: Question, old: str, new: str, expected: list[str]
) -> None:
    text = question("a")
    assert old in text
    assert messages(pack(text.replace(old, new, 1))) == expected


def test_all_problems_of_a_file_are_reported_sorted_by_place(pack: Pack, question: Question) -> None:
    bad = question("a").replace("difficulty: easy", "difficulty: 3").replace("text: two", "txt: two")
    lines = [problem.place.line for problem in pack(bad, question("b").replace("stem:", "stme:")).problems]
    assert len(lines) == 5
    assert lines == sorted(lines)


def test_bad_question_stops_no_other_of_its_pack(pack: Pack, question: Question) -> None:
    library = pack(question("a"), question("b").replace("kind: single", "kind: x"), question("c"))
    assert list(library.questions) == ["a", "c"]
    assert len(library.problems) == 1
    # Places still count the questions as written, though one was left out before this one.
    assert library.questions["c"].place("id").line > library.problems[0].place.line


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: Questions", "kind: Question", "pack.yaml:2:7: kind: expected \"Questions\", found 'Question'"
         " (did you mean \"Questions\"?)"),
        ("domain: network-policy\n", "", 'pack.yaml:1:1: missing key "domain" in pack'),
        ("quizgame/v1", "quizgame/v2", "pack.yaml:1:13: apiVersion: expected \"quizgame/v1\", found 'quizgame/v2'"
         " (did you mean \"quizgame/v1\"?)"),
    ],
)  # fmt: skip
def test_problem_of_a_pack_keeps_all_its_questions_out(question: Question, old: str, new: str, expected: str) -> None:
    text = "apiVersion: quizgame/v1\nkind: Questions\ndomain: network-policy\nquestions:\n" + question("a")
    library = build_library([PackFile("pack.yaml", text.replace(old, new).encode())])
    assert not library.questions
    assert messages(library) == [expected]


def test_repeated_id_is_told_where_it_was_first(pack: Pack, question: Question) -> None:
    library = pack(question("a"), question("b"), question("a"))
    assert list(library.questions) == ["a", "b"]
    assert messages(library) == ['pack.yaml:31:9: id "a" is taken by pack.yaml:5']


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [BOMB, "questions: [", "\x00", "- " * 5000, "a: 1\n---\nb: 2\n", "", "[]", "just text", "kind: Questions"],
    ids=["bomb", "open bracket", "control", "depth", "two documents", "empty", "list", "text", "only kind"],
)
def test_hopeless_file_is_a_located_problem_and_stops_no_other(question: Question, text: str) -> None:
    sound = "apiVersion: quizgame/v1\nkind: Questions\ndomain: ebpf\nquestions:\n" + question("a")
    library = build_library([PackFile("bad.yaml", text.encode()), PackFile("good.yaml", sound.encode())])
    assert list(library.questions) == ["a"]
    assert library.problems
    assert {problem.place.file for problem in library.problems} == {"bad.yaml"}
    assert all(problem.place.line >= 1 and problem.place.column >= 1 for problem in library.problems)


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("multiple-entities", "choose: 2", "choose: 3", "choose says 3 but 2 options are correct"),
        ("multiple-entities", "choose: 2", "choose: two", "choose: expected a whole number, found 'two'"),
        ("ordering-policy", "- text: map entries are written", "- text: agents select endpoints",
         'the same entry 2 times: "agents select endpoints"'),
        ("matching-reserved", 'right: "the other nodes"', 'right: "the local node"',
         'the same right side 2 times: "the local node"'),
        ("fill-number", 'answers: ["4245"]', 'answers: ["many"]', 'normalise says number but "many" is none'),
        ("fill-word", "normalise: word", "normalise: words",
         'normalise: expected "command", "word" or "number", found \'words\' (did you mean "word"?)'),
        ("fill-word", "near:\n      - {text: \"default\",", "near:\n      - {txt: \"default\",",
         'unknown key "txt" in near answer (did you mean "text"?)'),
        ("spot-two", "choose: 2", "choose: 1", "choose says 1 but 2 lines are correct"),
        ("matching-reserved", "      - left: host\n", "      - lef: host\n",
         'unknown key "lef" in pair (did you mean "left"?)'),
    ],
)  # fmt: skip
def test_rule_of_each_kind_is_enforced(samples: Library, name: str, old: str, new: str, expected: str) -> None:
    from pathlib import Path

    text = (Path(__file__).parent / "samples" / "questions.yaml").read_text()
    start = text.index(f"  - id: {name}")
    changed = text[:start] + text[start:].replace(old, new, 1)
    assert changed != text
    library = build_library([PackFile("pack.yaml", changed.encode())])
    assert expected in [problem.message for problem in library.problems]
    assert samples.questions.keys() - library.questions.keys() == {name}
