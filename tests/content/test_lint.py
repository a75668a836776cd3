"""What makes a question, or the whole bank, poor though it loads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import Library
from quizgame.content.lint.bank import lint
from quizgame.content.lint.validator import Figure

Pack = Callable[..., Library]
Question = Callable[[str], str]


def told(library: Library, blueprint: Blueprint) -> list[str]:
    assert not library.problems
    return [str(problem) for problem in lint(library.questions.values(), blueprint).problems]


def figures(library: Library, blueprint: Blueprint) -> dict[str, Figure]:
    assert not library.problems
    return {figure.name: figure for figure in lint(library.questions.values(), blueprint).figures}


def test_sound_questions_of_all_kinds_have_no_problems(samples: Library, blueprint: Blueprint) -> None:
    assert told(samples, blueprint) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("reason: r}", "}", "pack.yaml:11:9: option without a reason"),
        ("    explanation: e\n", "", "pack.yaml:5:5: no explanation"),
        ("    sources: [docs]\n", "", "pack.yaml:5:5: no source: name the documentation page that shows the answer"),
        ("rule-structure", "rule-structur",
         'pack.yaml:6:17: unknown competency "rule-structur" of network-policy (did you mean "rule-structure"?): '
         "expected one of interpret-policies, identity-based-security, enforcement-modes, rule-structure, "
         "kubernetes-versus-cilium"),
        ("      - {text: four, reason: r}\n", "", "pack.yaml:11:7: a single question has 4 options, found 3"),
        ("text: four", "text: All of the above",
         'pack.yaml:14:16: "All of the above": options are shuffled, name them by what they say'),
        ("explanation: e", "explanation: Answer B is right, option C is not",
         'pack.yaml:15:18: "Answer B": options are shuffled, name them by what they say'),
        ("    options:", f"    exhibit: {'x' * 77}\n    options:",
         "pack.yaml:10:14: exhibit line 1 has 77 columns: at most 76"),
    ],
)  # fmt: skip
def test_poor_question_is_told_with_its_place(
    pack: Pack, question: Question, blueprint: Blueprint, old: str, new: str, expected: str
) -> None:
    text = question("a")
    assert old in text
    assert told(pack(text.replace(old, new, 1)), blueprint) == [expected]


def test_multiple_must_say_in_its_stem_how_many(pack: Pack, question: Question, blueprint: Blueprint) -> None:
    text = question("a").replace("kind: single", "kind: multiple\n    choose: 2")
    text = text.replace("{text: three,", "{text: three, correct: true,")
    assert told(pack(text), blueprint) == [
        'pack.yaml:10:11: the stem does not say how many to choose: end it with "Choose two."'
    ]
    assert told(pack(text.replace("do?", "do? Choose TWO.")), blueprint) == []


def test_questions_that_ask_nearly_the_same_are_told_once(pack: Pack, question: Question, blueprint: Blueprint) -> None:
    long = "Which of these many words about selectors and peers and ports tells how traffic of a pod is decided?"
    one = question("a").replace("What does a do?", long)
    other = question("b").replace("What does b do?", long.replace("many", "few"))
    assert told(pack(one, other), blueprint) == ['pack.yaml:22:11: nearly the same as "a" (pack.yaml:5)']


def test_unknown_domain_is_told_at_the_pack(question: Question, blueprint: Blueprint) -> None:
    from quizgame.content.library import build_library
    from quizgame.content.packfiles import PackFile

    text = f"apiVersion: quizgame/v1\nkind: Questions\ndomain: ebfp\nquestions:\n{question('a')}"
    library = build_library([PackFile("pack.yaml", text.encode())])
    assert told(library, blueprint) == ['pack.yaml:3:9: unknown domain "ebfp" (did you mean "ebpf"?)']


def test_length_of_the_right_option_is_measured(pack: Pack, question: Question, blueprint: Blueprint) -> None:
    longest = [question(f"a{n}").replace("text: two", f"text: two and more words of a{n}") for n in range(30)]
    others = [question(f"b{n}") for n in range(10)]
    figure = figures(pack(*longest, *others), blueprint)["longest-right"]
    assert figure.value == 75.0
    assert figure.is_within is False
    assert figures(pack(*longest[:10], *[question(f"c{n}") for n in range(30)]), blueprint)["longest-right"].is_within


def test_position_of_the_right_option_is_measured(pack: Pack, question: Question, blueprint: Blueprint) -> None:
    found = figures(pack(*[question(f"a{n}") for n in range(40)]), blueprint)
    assert found["right-in-place-2"].value == 100.0
    assert found["right-in-place-2"].is_within is False


def test_figures_of_a_few_questions_are_held_against_nothing(
    pack: Pack, question: Question, blueprint: Blueprint
) -> None:
    found = figures(pack(question("a")), blueprint)
    assert found["right-in-place-2"].value == 100.0
    assert all(figure.is_within is None for figure in found.values())


def test_shares_are_held_against_the_blueprint(pack: Pack, question: Question, blueprint: Blueprint) -> None:
    found = figures(pack(*[question(f"a{n}") for n in range(40)]), blueprint)
    assert found["share-network-policy"].value == 100.0
    assert found["share-network-policy"].is_within is False
    assert found["competencies-without-question"].value == 26
