"""Practice: every kind of question by keyboard, feedback after each answer, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import Input

from quizgame.game.quiz.focus import Focus
from quizgame.game.quiz.items import text_key
from quizgame.tui.answers.area import AnswerArea
from quizgame.tui.launch import PracticeTerms, Resume
from quizgame.tui.screens.home import HomeScreen
from quizgame.tui.screens.practice import PracticeScreen
from quizgame.tui.screens.practice_summary import PracticeSummaryScreen

Press = Callable[..., Any]
SIZE = (80, 40)


def at(app: Any) -> type:
    """The kind of screen in front."""
    return type(app.screen)


def only(desktop: Any, *ids: str) -> Any:
    """The desktop with nothing but these questions in the bank."""
    from dataclasses import replace

    kept = {name: desktop.library.questions[name] for name in ids}
    desktop.library = replace(desktop.library, questions=kept)
    return desktop


def number_of(app: Any, text: str) -> str:
    """The number that stands before a choice."""
    choices = app.screen.query_one(AnswerArea).item.choices
    return str([choice.text for choice in choices].index(text) + 1)


def answers(desktop: Any) -> list[dict[str, Any]]:
    with desktop.store() as store:
        attempt = store.attempts("practice")[-1]
        return [event.payload for event in store.events(attempt.id) if event.type == "answered"]


async def test_a_single_choice_is_answered_by_its_number_and_explained(desktop: Any, press: Press) -> None:
    app = only(desktop, "single-deny").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        await press(pilot, number_of(app, "It is dropped"))
        text = await press(pilot, "s")
    assert "✓ Right, and you were sure" in text
    assert "← your answer" in text
    assert "An allow never outranks a deny." in text
    assert "Rules have no order." in text
    assert "Deny rules are looked at first." in text
    assert "docs.cilium.io/policy/deny" in text
    assert answers(desktop) == [
        {
            "item": "single-deny",
            "domain": "network-policy",
            "competency": "rule-structure",
            "response": [text_key("It is dropped")],
            "right": True,
            "confidence": "sure",
        }
    ]


async def test_text_of_a_pack_is_never_markup(desktop: Any, press: Press) -> None:
    app = only(desktop, "single-deny").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        text = await press(pilot)
    assert "[red]not markup[/] [/oops]" in " ".join(text.split())
    assert "spec: [b]as it stands[/b]" in text
    assert "[/x]" in text
    assert "`" not in text


async def test_arrows_and_enter_answer_too(desktop: Any, press: Press) -> None:
    app = only(desktop, "single-default").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        wrong = int(number_of(app, "never")) - 1
        await press(pilot, *["down"] * wrong, "enter")
        assert answers(desktop) == [], "the first enter chooses, it does not answer"
        text = await press(pilot, "enter")
    assert "✗ Wrong" in text
    assert "← the answer" in text
    assert [answer["right"] for answer in answers(desktop)] == [False]


async def test_a_choice_can_be_clicked(desktop: Any, press: Press) -> None:
    app = only(desktop, "single-default").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        row = app.screen.query_one(AnswerArea).rows[1]
        await pilot.click(row)
        text = await press(pilot)
        assert "●" in next(line for line in text.splitlines() if line.lstrip(" ▸").startswith("2 "))


async def test_multiple_choice_needs_as_many_as_it_asks_for(desktop: Any, press: Press) -> None:
    app = only(desktop, "multiple-modes").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        text = await press(pilot)
        assert "Choose 2 options · 0 chosen" in text
        await press(pilot, number_of(app, "always"))
        text = await press(pilot, "u")
        assert "Choose 2 options · 1 chosen" in text
        assert answers(desktop) == []
        await press(pilot, number_of(app, "never"))
        text = await press(pilot, number_of(app, "strict"))
        assert "take one back first" in text
        await press(pilot, "u")
    assert [(answer["right"], answer["confidence"]) for answer in answers(desktop)] == [(True, "unsure")]


async def test_entries_are_carried_into_order(desktop: Any, press: Press) -> None:
    app = only(desktop, "ordering-walk").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        wanted = ["egress policy", "routing", "ingress policy"]
        for place, text in enumerate(wanted):
            area = app.screen.query_one(AnswerArea)
            here = [area.item.choice(key).text for key in area.draft].index(text)
            await press(pilot, "home", *["down"] * here, "space", *["up"] * (here - place), "space")
        shown = await press(pilot, "enter")
    assert "✓ Right" in shown
    assert answers(desktop)[0]["response"] == [text_key(text) for text in wanted]


async def test_an_entry_goes_to_the_place_whose_number_is_pressed(desktop: Any, press: Press) -> None:
    app = only(desktop, "ordering-walk").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        area = app.screen.query_one(AnswerArea)
        first = area.draft[0]
        await press(pilot, "3")
        assert area.draft[2] == first


async def test_pairs_are_made_by_number(desktop: Any, press: Press) -> None:
    app = only(desktop, "matching-verdicts").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        text = await press(pilot, number_of(app, "Policy denied"), "s")
        assert "1 of 3 paired" in text
        await press(pilot, number_of(app, "Policy denied by denylist"), number_of(app, "FORWARDED"))
        text = await press(pilot, "enter")
    assert "✓ Right" in text
    assert "no allow matches → Policy denied" in text


async def test_a_choice_has_one_partner_at_a_time(desktop: Any, press: Press) -> None:
    app = only(desktop, "matching-verdicts").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        text = await press(pilot, "1", "1")
        assert "1 of 3 paired" in text
        assert "0 of 3 paired" in await press(pilot, "up", "backspace", "down", "backspace", "down", "backspace")


async def test_a_blank_is_typed(desktop: Any, press: Press) -> None:
    app = only(desktop, "fill-status").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        assert "type one answer" not in await press(pilot)
        app.screen.query_one(Input).value = "cilium  state"
        text = await press(pilot, "enter")
    assert "✗ Wrong" in text
    assert "There is no such command." in text
    assert answers(desktop)[0]["response"] == ["cilium  state"]


async def test_letters_typed_into_a_blank_are_no_commands(desktop: Any, press: Press) -> None:
    app = only(desktop, "fill-status").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        await press(pilot, "s", "u", "n", "q", "1", "question_mark")
        assert app.screen.query_one(Input).value == "sunq1?"
        assert answers(desktop) == []


async def test_function_keys_act_while_a_text_is_typed(desktop: Any, press: Press) -> None:
    app = only(desktop, "fill-status").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        text = await press(pilot)
        assert "f2 Sure" in text
        assert "f1 Help" in text
        app.screen.query_one(Input).value = "cilium status"
        assert "✓ Right, and you were sure" in await press(pilot, "f2")


async def test_a_line_is_spotted(desktop: Any, press: Press) -> None:
    app = only(desktop, "spot-line").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        text = await press(pilot, "down", "down", "space", "enter")
    assert "✓ Right" in text
    assert "Zero of one container is ready." in text
    assert "NAME   READY" in text, "the exhibit's lines stay where they belong"


async def test_an_incomplete_answer_is_not_recorded(desktop: Any, press: Press) -> None:
    app = only(desktop, "single-default").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        text = await press(pilot, "s")
    assert "Choose one option" in text
    assert answers(desktop) == []


async def test_a_strike_out_rules_a_choice_out_and_back_in(desktop: Any, press: Press) -> None:
    app = only(desktop, "single-default").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        assert "×" in await press(pilot, "x")
        assert "×" not in await press(pilot, "x")


async def test_a_run_goes_on_to_its_summary(desktop: Any, press: Press) -> None:
    app = only(desktop, "single-default", "single-hooks").app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        assert "1 of 2" in await press(pilot)
        area = app.screen.query_one(AnswerArea)
        wrong = next(choice.text for choice in area.item.choices if choice.text in ("never", "in a sidecar"))
        await press(pilot, number_of(app, wrong), "s")
        assert "2 of 2" in await press(pilot, "enter")
        text = await press(pilot, "n")
        assert at(app) is PracticeSummaryScreen
        assert "0 of 1 right" in text
        assert "1 question skipped" in text
        assert "Sure, and wrong" in text
        await press(pilot, "enter")
        assert at(app) is HomeScreen
    with desktop.store() as store:
        assert store.open_attempts("practice") == []


async def test_leaving_keeps_the_run_and_continue_takes_it_up(desktop: Any, press: Press) -> None:
    only(desktop, "single-default", "single-hooks", "spot-line")
    app = desktop.app(PracticeTerms())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        await press(pilot, "n", "escape")
        assert "1 of 3 done" in await press(pilot)
    app = desktop.app()
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot)
        assert "2 of 3" in await press(pilot, "c")
        assert at(app) is PracticeScreen


async def test_a_run_under_way_goes_on_where_no_terms_are_given(desktop: Any, press: Press) -> None:
    terms = PracticeTerms(count=2, or_resume=True)
    async with desktop.app(terms).run_test(size=SIZE) as pilot:
        assert "1 of 2" in await press(pilot)
        await press(pilot, "tab", "n")
    async with desktop.app(terms).run_test(size=SIZE) as pilot:
        assert "2 of 2" in await press(pilot)
    with desktop.store() as store:
        assert len(store.attempts("practice")) == 1


async def test_a_new_run_ends_the_one_under_way(desktop: Any, press: Press) -> None:
    for _ in range(2):
        async with desktop.app(PracticeTerms(count=2)).run_test(size=SIZE) as pilot:
            await press(pilot)
    with desktop.store() as store:
        assert len(store.attempts("practice")) == 2
        assert len(store.open_attempts("practice")) == 1


async def test_nothing_due_starts_nothing(desktop: Any, press: Press) -> None:
    app = desktop.app(PracticeTerms(due_only=True))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        text = await press(pilot)
        assert "No question is due" in text
        assert at(app) is HomeScreen
    with desktop.store() as store:
        assert store.attempts() == []


async def test_resuming_without_a_run_says_so(desktop: Any, press: Press) -> None:
    async with desktop.app(Resume.PRACTICE).run_test(size=SIZE, notifications=True) as pilot:
        assert "No practice run is under way" in await press(pilot)


async def test_terms_are_chosen_before_a_run(desktop: Any, press: Press) -> None:
    app = desktop.app()
    async with app.run_test(size=SIZE) as pilot:
        text = await press(pilot, "p")
        assert "5 questions · weight 50 %" in text
        text = await press(pilot, "down", "space", "left", "left")
        assert "■ eBPF" in text
        assert "5 questions" in text
        await press(pilot, "enter")
        assert at(app) is PracticeScreen
        assert {item.domain for item in app.screen.session.items} == {"ebpf"}


async def test_the_exhibit_opens_on_the_whole_screen(desktop: Any, press: Press) -> None:
    app = only(desktop, "single-deny").app(PracticeTerms())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        text = await press(pilot, "v")
        assert "kind: CiliumNetworkPolicy" in text
        assert "What happens?" not in text
        assert "What happens?" in await press(pilot, "escape")


@pytest.mark.parametrize("taken", ["answer", "skip"])
async def test_another_window_that_went_on_is_told_and_nothing_is_lost(desktop: Any, press: Press, taken: str) -> None:
    app = only(desktop, "single-default", "single-hooks").app(PracticeTerms())
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await press(pilot)
        workspace = desktop.workspace()
        workspace.resume_practice().skip(desktop.clock())
        workspace.store.close()
        text = await press(pilot, *(["1", "s"] if taken == "answer" else ["n"]))
        assert "it went on in another window" in text
    assert answers(desktop) == []


async def test_a_run_by_minutes_ends_when_they_are_over(desktop: Any, press: Press) -> None:
    app = desktop.app(PracticeTerms(count=9, minutes=10))
    async with app.run_test(size=SIZE) as pilot:
        assert "10 minutes left" in await press(pilot)
        desktop.clock.advance(minutes=6)
        assert "4 minutes left" in await press(pilot, "n")
        desktop.clock.advance(minutes=6)
        await press(pilot, "n")
        assert at(app) is PracticeSummaryScreen


async def test_a_focus_that_leaves_nothing_says_so(desktop: Any, press: Press) -> None:
    app = desktop.app(PracticeTerms(focus=Focus.SURE_AND_WRONG))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        assert "No answer was sure and wrong." in await press(pilot)
        assert at(app) is HomeScreen


async def test_focus_and_minutes_are_chosen_by_keys(desktop: Any, press: Press) -> None:
    app = desktop.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        app.push_screen("practice")
        text = await press(pilot, "f", "m")
        assert "20 minutes" in text
        assert "sure and wrong last time" in text
        text = await press(pilot, "f", "f", "f", "m", "d")
        assert "20 questions" in text
        assert "only what is due" in text
