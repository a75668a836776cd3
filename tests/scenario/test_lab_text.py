"""How a lab's Markdown is told in a terminal."""

from __future__ import annotations

from quizgame.game.lab.telling import wrapped


def told(text: str, width: int = 40) -> list[str]:
    return [line.text for line in wrapped(text, width)]


def test_code_stays_as_it_is_even_where_it_holds_lists() -> None:
    code = [
        "    peers:",
        "      - name: tor",
        "        peerASN: 65000",
        "      - {name: a name that is longer than the line}",
    ]
    assert told("\n".join(["Write this:", "", *code, "", "Then look."])) == ["Write this:", "", *code, "", "Then look."]


def test_items_of_lists_are_filled_and_indented() -> None:
    assert told("- one two three four five six seven eight nine\n  ten\n- eleven") == [
        "- one two three four five six seven",
        "  eight nine ten",
        "- eleven",
    ]
