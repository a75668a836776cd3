"""Reading an unfinished command line: pflag's rules for what is a flag, its value or a word decide what may follow."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from quizgame.goflags.command import Command
from quizgame.goflags.completing import Place, complete_command, flag_words, place_in
from quizgame.goflags.flagset import FlagSet, boolean, count, string, string_slice


def _flags(*, interspersed: bool = True) -> FlagSet:
    return FlagSet.of(
        [
            string("output", "", short="o", choices=("json", "yaml")),
            string("cascade", "", no_opt_default="background"),
            string_slice("types", "", short="t"),
            boolean("stdin", "", short="i"),
            boolean("tty", "", short="T"),
            boolean("secret", "", hidden=True),
            count("verbose", "", short="v"),
        ],
        interspersed=interspersed,
    )


@pytest.mark.parametrize(
    ("words", "flag", "lead"),
    [
        (["--output", ""], "output", ""),
        (["-o", "j"], "output", ""),
        (["-iTo", ""], "output", ""),
        (["--output=j"], "output", "--output="),
        (["-oj"], "output", "-o"),
        (["-o=j"], "output", "-o="),
        (["-iToj"], "output", "-iTo"),
        (["--types", "a,b"], "types", "a,"),
        (["--types=a,b"], "types", "--types=a,"),
        (["--cascade=b"], "cascade", "--cascade="),
    ],
)
def test_the_last_word_is_a_flags_value(words: list[str], flag: str, lead: str) -> None:
    place = place_in(_flags(), words)
    assert place.flag is not None
    assert (place.flag.name, place.lead) == (flag, lead)


@pytest.mark.parametrize("words", [["--cascade", ""], ["-i", ""], ["--output=json", ""], ["--unknown", ""], [""]])
def test_a_flag_that_has_its_value_takes_no_further_word(words: list[str]) -> None:
    assert place_in(_flags(), words).flag is None


@pytest.mark.parametrize("last", ["-", "--", "--out", "-i", "-iT"])
def test_the_last_word_begins_a_flag(last: str) -> None:
    assert place_in(_flags(), ["pods", last]).is_flag


def test_words_and_given_flags_are_told_apart() -> None:
    place = place_in(_flags(), ["pods", "-o", "json", "-t", "a", "--types=b", "web", ""])
    assert place.args == ("pods", "web")
    assert place.given == {"output": ("json",), "types": ("a", "b")}
    assert place.text("types") == "b"
    assert place.text("cascade") == ""


@pytest.mark.parametrize(
    ("words", "args", "before_dash"),
    [
        (["web", "--", "curl", "-o", ""], ("web", "curl", "-o"), 1),
        (["--", "--x"], (), 0),
        (["web", ""], ("web",), -1),
    ],
)
def test_behind_two_dashes_all_is_words(words: list[str], args: tuple[str, ...], before_dash: int) -> None:
    place = place_in(_flags(), words)
    assert (place.args, place.args_before_dash, place.is_flag) == (args, before_dash, False)


def test_where_flags_end_at_the_first_word_what_follows_is_words() -> None:
    place = place_in(_flags(interspersed=False), ["-i", "curl", "-o", "-"])
    assert (place.args, place.is_flag) == (("curl", "-o"), False)


def test_offered_flags_are_visible_not_refused_and_not_given_unless_repeatable() -> None:
    flags = _flags()
    place = place_in(flags, ["-o", "json", "-t", "a", "-v", "-i", "-"])
    assert sorted(flag_words(flags, place, {"tty"})) == ["--cascade", "--cascade=", "--types", "--verbose", "-t", "-v"]


def _tree() -> Command:
    return Command("tool", runnable=False, persistent_flags=[string("context", "")]).add(
        Command("show", flags=[string("output", "", short="o", choices=("json", "yaml"))]),
        Command("shut", hidden=True),
        Command("secret"),
        Command("group", runnable=False).add(Command("one"), Command("secret")),
        Command("empty", runnable=False).add(Command("secret")),
        Command("help [command]"),
    )


def _completed(*words: str) -> list[str]:
    def values(command: Command, place: Place) -> Iterable[str]:
        return [f"{command.name}:{place.flag.name if place.flag is not None else len(place.args)}"]

    return sorted(
        complete_command(
            _tree(),
            words,
            values,
            is_refused=lambda command: command.name == "secret",
            refused_flags=lambda command: ("context",) if command.name == "one" else (),
        )
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], ["group", "help", "show", "tool:0"]),
        (["group", ""], ["group:0", "one"]),
        (["--context", "a", "show", ""], ["show:0"]),
        (["show", "word", ""], ["show:1"]),
        (["show", "-o", ""], ["json", "yaml"]),
        (["show", "-oj"], ["-ojson", "-oyaml"]),
        (["show", "--context", ""], ["show:context"]),
        (["show", "-"], ["--context", "--help", "--output", "-h", "-o"]),
        (["group", "one", "-"], ["--help", "-h"]),
        (["group", "one", "--context", ""], []),
        (["nosuch", ""], []),
        (["help", ""], ["group", "help", "show"]),
        (["help", "group", ""], ["one"]),
        (["help", "nosuch", ""], []),
    ],
)
def test_commands_flags_and_values_come_from_the_tree(words: list[str], expected: list[str]) -> None:
    assert _completed(*words) == expected
