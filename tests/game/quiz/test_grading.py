"""Items are shown by seed, and each kind is graded by its own rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizgame.content.library import Library
from quizgame.content.questions import Normalise
from quizgame.game.quiz.answers import same_answer
from quizgame.game.quiz.grading import ResponseError, check_response, grade
from quizgame.game.quiz.items import Item, Response, present, text_key


def item(samples: Library, name: str, seed: int = 0) -> Item:
    return present(samples.questions[name], seed)


def keys(*texts: str) -> Response:
    return tuple(text_key(text) for text in texts)


def test_same_seed_shows_the_same_and_other_seeds_other_orders(samples: Library) -> None:
    orders = {tuple(choice.text for choice in item(samples, "single-deny", seed).choices) for seed in range(60)}
    assert item(samples, "single-deny", 7) == item(samples, "single-deny", 7)
    assert len(orders) > 12  # of 24


def test_each_place_gets_the_right_option_about_equally_often(samples: Library) -> None:
    places = [0, 0, 0, 0]
    for seed in range(400):
        shown = [choice.text for choice in item(samples, "single-deny", seed).choices]
        places[shown.index("Nothing")] += 1
    assert min(places) > 70  # 100 expected, standard deviation 8.7


def test_ordering_is_never_shown_in_its_right_order(samples: Library) -> None:
    for seed in range(100):
        shown = [choice.text for choice in item(samples, "ordering-policy", seed).choices]
        assert shown != ["the API server stores it", "agents select endpoints", "map entries are written"]


@pytest.mark.parametrize(
    ("chosen", "right"), [(["Nothing"], True), (["Shop"], False), ([], False), (["Nothing", "Shop"], False)]
)
def test_single(samples: Library, chosen: list[str], right: bool) -> None:
    mark = grade(item(samples, "single-deny"), keys(*chosen))
    assert mark.right is right
    assert {part.text: (part.chosen, part.correct) for part in mark.parts}["Nothing"] == ("Nothing" in chosen, True)
    assert all(part.reason for part in mark.parts)


@pytest.mark.parametrize(
    ("chosen", "right"),
    [(["cluster", "world"], True), (["world", "cluster"], True), (["world"], False), (["world", "internet"], False)],
)
def test_multiple_takes_all_right_options_in_any_order(samples: Library, chosen: list[str], right: bool) -> None:
    assert grade(item(samples, "multiple-entities"), keys(*chosen)).right is right


def test_ordering_marks_each_place(samples: Library) -> None:
    shown = item(samples, "ordering-policy")
    right = keys("the API server stores it", "agents select endpoints", "map entries are written")
    assert grade(shown, right).right
    mark = grade(shown, (right[1], right[0], right[2]))
    assert not mark.right
    assert [part.is_right for part in mark.parts] == [False, False, True]
    assert not grade(shown, right[:2]).right


def test_matching_marks_each_pair(samples: Library) -> None:
    shown = item(samples, "matching-reserved")
    assert [prompt.text for prompt in shown.prompts] == ["host", "world", "remote-node"]
    right = keys("the local node", "outside the cluster", "the other nodes")
    assert grade(shown, right).right
    mark = grade(shown, (right[0], right[2], right[1]))
    assert [part.is_right for part in mark.parts] == [True, False, False]
    assert mark.parts[1].text == "world → outside the cluster"


def test_spot_takes_exactly_the_right_lines(samples: Library) -> None:
    assert grade(item(samples, "spot-drop"), ("2",)).right
    assert not grade(item(samples, "spot-drop"), ("1",)).right
    assert grade(item(samples, "spot-two"), ("3", "2")).right
    assert not grade(item(samples, "spot-two"), ("2",)).right


def test_lines_of_a_spot_question_stay_in_their_order(samples: Library) -> None:
    assert [choice.key for choice in item(samples, "spot-two", 5).choices] == ["1", "2", "3", "4"]


def test_fill_in_explains_typical_wrong_answers(samples: Library) -> None:
    shown = item(samples, "fill-word")
    assert grade(shown, ('"Always"',)).right
    wrong = grade(shown, ("DEFAULT",))
    assert not wrong.right
    assert [(part.text, part.reason) for part in wrong.parts] == [
        ("always", "By definition."),
        ("DEFAULT", "It leaves unselected pods open."),
    ]
    assert [part.text for part in grade(shown, ()).parts] == ["always"]


@pytest.mark.parametrize(
    ("typed", "accepted", "same"),
    [
        ("kubectl get cnp -n shop", "kubectl get cnp -n shop", True),
        ("  kubectl   get cnp\t-n shop ", "kubectl get cnp -n shop", True),
        ("$ kubectl get cnp -n shop", "kubectl get cnp -n shop", True),
        ("kubectl -n shop get cnp", "kubectl get cnp -n shop", True),
        ("kubectl get cnp --namespace=shop", "kubectl get cnp --namespace shop", True),
        ("kubectl get cnp -A -o wide", "kubectl get cnp -o wide -A", True),
        ("kubectl get -A cnp", "kubectl get cnp -A", True),
        ("hubble observe --to-pod shop/web --verdict DROPPED",
         "hubble observe --verdict DROPPED --to-pod shop/web", True),
        ("kubectl get cnp -n shop", "kubectl get cnp -n web", False),
        ("kubectl cnp get -n shop", "kubectl get cnp -n shop", False),
        ("kubectl get -n cnp shop", "kubectl get cnp -n shop", False),
        ("kubectl get cnp", "kubectl get cnp -A", False),
        ("kubectl get CNP", "kubectl get cnp", False),
        ("kubectl exec -n kube-system ds/cilium -- cilium-dbg status --brief",
         "kubectl -n kube-system exec ds/cilium -- cilium-dbg status --brief", True),
        ("kubectl exec ds/cilium --brief -- cilium-dbg status",
         "kubectl exec ds/cilium -- cilium-dbg status --brief", False),
        ("hubble observe | grep x", "hubble observe grep x", False),
        ("echo 'a  b'", 'echo "a  b"', True),
        ("echo 'a b", "echo 'a b", True),
        ("cilium status --wait --wait", "cilium status --wait", False),
        ("", "cilium status", False),
    ],
)  # fmt: skip
def test_commands_are_compared_with_their_options_in_any_order(typed: str, accepted: str, same: bool) -> None:
    assert same_answer(Normalise.COMMAND, typed, accepted) is same


@pytest.mark.parametrize(
    ("normalise", "typed", "accepted", "same"),
    [
        (Normalise.WORD, " 'Always' ", "always", True),
        (Normalise.WORD, "`always`", "always", True),
        (Normalise.WORD, "two  words", "Two words", True),
        (Normalise.WORD, "alway", "always", False),
        (Normalise.NUMBER, "4,245", "4245", True),
        (Normalise.NUMBER, "4245.0", "4245", True),
        (Normalise.NUMBER, "0x1095", "4245", False),
        (Normalise.NUMBER, "NaN", "4245", False),
        (Normalise.NUMBER, "", "0", False),
    ],
)
def test_words_and_numbers(normalise: Normalise, typed: str, accepted: str, same: bool) -> None:
    assert same_answer(normalise, typed, accepted) is same


@given(st.text(max_size=80), st.text(max_size=80))
def test_comparing_any_texts_never_fails_and_takes_no_sides(typed: str, accepted: str) -> None:
    for normalise in Normalise:
        assert same_answer(normalise, typed, accepted) == same_answer(normalise, accepted, typed)


@pytest.mark.parametrize(
    ("name", "response", "message"),
    [
        ("single-deny", ("nope",), '"nope" is no choice of this question'),
        ("multiple-entities", keys("world", "world"), "each choice counts once"),
        ("multiple-entities", keys("world", "cluster", "internet"), "choose 2, not 3"),
        ("fill-word", ("a", "b"), "type one answer"),
    ],
)
def test_response_that_cannot_be_is_refused(samples: Library, name: str, response: Response, message: str) -> None:
    with pytest.raises(ResponseError) as refused:
        check_response(item(samples, name), response, complete=False)
    assert str(refused.value) == message


def test_incomplete_response_passes_only_where_it_may_be_incomplete(samples: Library) -> None:
    for name, response in (("multiple-entities", keys("world")), ("fill-word", ("  ",)), ("single-deny", ())):
        check_response(item(samples, name), response, complete=False)
        with pytest.raises(ResponseError):
            check_response(item(samples, name), response, complete=True)
