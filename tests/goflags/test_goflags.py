"""The emulation of Go's command lines, against what pflag, cobra, tabwriter and the time package print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizgame.errors import QuizgameError
from quizgame.goflags.command import Command, help_page
from quizgame.goflags.durations import MILLISECOND, SECOND, format_duration, parse_duration, round_duration
from quizgame.goflags.errors import FlagError, GoValueError, HelpRequested
from quizgame.goflags.flagset import (
    FlagSet,
    boolean,
    choice,
    count,
    duration,
    integer,
    string,
    string_array,
    string_map,
    string_slice,
    unsigned,
)
from quizgame.goflags.numbers import format_float
from quizgame.goflags.quoting import quote
from quizgame.goflags.suggest import levenshtein
from quizgame.goflags.tabwriter import Flags, TabWriter, align
from quizgame.goflags.times import RFC1123Z, RFC3339_NANO, STAMP_MILLI, format_time
from quizgame.goflags.usage import flag_usages


def flags() -> FlagSet:
    return FlagSet.of(
        [
            boolean("all", "everything", short="a"),
            string("output", "format", short="o", default="compact"),
            integer("tail", "lines", default=-1),
            unsigned("last", "flows"),
            duration("timeout", "how long", default=5 * SECOND),
            string_slice("files", "paths"),
            string_array("set", "values"),
            string_map("labels", "pairs", short="l"),
            count("verbose", "more", short="v"),
            choice("mode", "how", ["a", "b"], lambda text: f"no such mode: {text}", short="m"),
        ]
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--nope"], "unknown flag: --nope"),
        (["--nope=3"], "unknown flag: --nope"),
        (["-x"], "unknown shorthand flag: 'x' in -x"),
        (["-axo"], "unknown shorthand flag: 'x' in -xo"),
        (["-é"], "unknown shorthand flag: 'Ã' in -é"),
        (["--output"], "flag needs an argument: --output"),
        (["-ao"], "flag needs an argument: 'o' in -o"),
        (["---output"], "bad flag syntax: ---output"),
        (["--=x"], "bad flag syntax: --=x"),
        (
            ["--all=maybe"],
            'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        (
            ["--tail", "abc"],
            'invalid argument "abc" for "--tail" flag: strconv.ParseInt: parsing "abc": invalid syntax',
        ),
        (
            ["--last", "-1"],
            'invalid argument "-1" for "--last" flag: strconv.ParseUint: parsing "-1": invalid syntax',
        ),
        (
            ["--last", "18446744073709551616"],
            'invalid argument "18446744073709551616" for "--last" flag: strconv.ParseUint: '
            'parsing "18446744073709551616": value out of range',
        ),
        (["--timeout", "abc"], 'invalid argument "abc" for "--timeout" flag: time: invalid duration "abc"'),
        (["--timeout", "5"], 'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"'),
        (["--timeout=5y"], 'invalid argument "5y" for "--timeout" flag: time: unknown unit "y" in duration "5y"'),
        (
            ["--files", 'a"b'],
            'invalid argument "a\\"b" for "--files" flag: parse error on line 1, column 2: bare " in non-quoted field',
        ),
        (["-l", "bad"], 'invalid argument "bad" for "-l, --labels" flag: bad must be formatted as key=value'),
        (["-m", "c"], 'invalid argument "c" for "-m, --mode" flag: no such mode: c'),
    ],
)
def test_mistakes_get_pflags_words(words: list[str], message: str) -> None:
    with pytest.raises(FlagError) as caught:
        flags().parse(words)
    assert str(caught.value) == message


def test_every_spelling_of_a_value() -> None:
    for words in (["-o", "x"], ["-ox"], ["-o=x"], ["--output", "x"], ["--output=x"], ["-aox"], ["-o", "y", "-ox"]):
        parsed = flags()
        parsed.parse(words)
        assert parsed.text("output") == "x", words


def test_a_boolean_takes_no_separate_word() -> None:
    parsed = flags()
    parsed.parse(["--all", "false", "--", "-o", "--x"])
    assert parsed.is_on("all")
    assert parsed.args == ["false", "-o", "--x"]
    assert parsed.args_before_dash == 1


def test_lists_add_up_and_replace_their_default() -> None:
    parsed = FlagSet.of([string_slice("s", "", default=["d"]), string_array("a", ""), string_map("m", "")])
    parsed.parse(["--s", "1,2", "--s", '"3,4"', "--a", "1,2", "--a", "3", "--m", "a=1,b=2", "--m", "c=x,y"])
    assert parsed.texts("s") == ["1", "2", "3,4"]
    assert parsed.texts("a") == ["1,2", "3"]
    assert parsed["m"].value == {"a": "1", "b": "2", "c": "x,y"}


def test_counts_and_numbers_in_go_notation() -> None:
    parsed = flags()
    parsed.parse(["-vvv", "--tail=0x10", "--last", "1_000", "--timeout=1h2.5s"])
    assert parsed.number("verbose") == 3
    assert parsed.number("tail") == 16
    assert parsed.number("last") == 1000
    assert parsed.number("timeout") == 3602 * SECOND + 500 * MILLISECOND


def test_flags_after_words_can_be_left_to_the_command() -> None:
    parsed = FlagSet.of([boolean("i", "", short="i")], interspersed=False)
    parsed.parse(["-i", "pod", "-i", "--x"])
    assert parsed.args == ["pod", "-i", "--x"]


def test_help_without_a_help_flag() -> None:
    for words in (["--help"], ["-h"], ["-ah"]):
        with pytest.raises(HelpRequested):
            flags().parse(words)


def test_usage_lines_are_laid_out_as_pflag_does() -> None:
    made = FlagSet.of(
        [
            boolean("debug", "Debug", short="D"),
            string("server", "Address", default="localhost:4245"),
            duration("timeout", "Dialing\ntimeout", default=5 * SECOND),
            unsigned("port", "Local port", default=4245, bits=16, kind="uint16"),
            string_slice("files", "Paths to `FILE`s"),
            string("hidden", "x", hidden=True),
        ]
    )
    assert flag_usages(made) == (
        "  -D, --debug              Debug\n"
        "      --files FILE         Paths to FILEs\n"
        "      --port uint16        Local port (default 4245)\n"
        '      --server string      Address (default "localhost:4245")\n'
        "      --timeout duration   Dialing\n"
        "                           timeout (default 5s)\n"
    )


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (3_725_123_456_789, "1h2m5.123456789s"),
        (90_061_000_000_000, "25h1m1s"),
        (36 * 60 * SECOND, "36m0s"),
        (59_999_000_000, "59.999s"),
        (1_500_000, "1.5ms"),
        (250_000, "250µs"),
        (17, "17ns"),
        (-SECOND, "-1s"),
        (0, "0s"),
    ],
)
def test_durations_print_and_read_back(ns: int, text: str) -> None:
    assert format_duration(ns) == text
    assert parse_duration(text) == ns


@given(st.integers(min_value=-(2**62), max_value=2**62))
def test_every_duration_reads_back(ns: int) -> None:
    assert parse_duration(format_duration(ns)) == ns


def test_rounding_goes_away_from_zero() -> None:
    assert round_duration(3_600_499_999_999, SECOND) == 3600 * SECOND
    assert round_duration(1_500_000_000, SECOND) == 2 * SECOND
    assert round_duration(-1_500_000_000, SECOND) == -2 * SECOND


@given(st.text())
def test_text_after_a_flag_never_breaks_the_parser(text: str) -> None:
    for name in ("all", "tail", "timeout", "files", "labels"):
        try:
            flags().parse([f"--{name}={text}"])
        except QuizgameError as refusal:
            assert isinstance(refusal, FlagError)  # noqa: PT017  -- what must not escape is the raw GoValueError
    with pytest.raises(GoValueError):
        parse_duration(text + "x")


def test_columns_are_blocks_of_neighbouring_lines() -> None:
    writer = TabWriter(2, 0, 3)
    writer.write("NAME\tSTATUS\tX\nlonger-name\tOK\t1\n\nno tabs here\na\tb\tc\n")
    assert writer.flush() == "NAME          STATUS   X\nlonger-name   OK       1\n\nno tabs here\na   b   c\n"


def test_tab_padding_goes_to_tab_stops() -> None:
    writer = TabWriter(0, 8, 1, "\t")
    writer.write("a\tb\nlong-cell\tc\n")
    assert writer.flush() == "a\t\tb\nlong-cell\tc\n"


def test_right_alignment_bars_and_remembered_widths() -> None:
    assert align([["a", "b"], ["ccc", "d"]], padding=1, flags=Flags.ALIGN_RIGHT | Flags.DEBUG) == "   a|b\n ccc|d\n"
    writer = TabWriter(6, 4, 3, flags=Flags.REMEMBER_WIDTHS)
    writer.write("NAME-OF-IT\tX\n")
    first = writer.flush()
    writer.write("a\tX\n")
    assert (first, writer.flush()) == ("NAME-OF-IT   X\n", "a            X\n")


def test_times_in_go_layouts() -> None:
    ns = 1_770_109_205_148_999_100
    assert format_time(ns, STAMP_MILLI) == "Feb  3 09:00:05.148"
    assert format_time(ns, RFC3339_NANO) == "2026-02-03T09:00:05.1489991Z"
    assert format_time(ns, RFC1123Z, offset_s=3600) == "Tue, 03 Feb 2026 10:00:05 +0100"
    assert format_time(ns - ns % SECOND, RFC3339_NANO, offset_s=-5400) == "2026-02-03T07:30:05-01:30"
    assert format_time(0, "Mon Jan _2 15:04:05 MST 2006") == "Thu Jan  1 00:00:00 UTC 1970"


def test_quoting_as_go_prints_it() -> None:
    assert quote('a"b\\c\n\t\x00é\u2028') == r'"a\"b\\c\n\t\x00é\u2028"'
    assert format_float(24.5123) == "24.5123"
    assert format_float(1e21) == "1e+21"
    assert format_float(100.0) == "100"
    assert format_float(0.00001) == "1e-05"


def tree() -> Command:
    return Command("prog", short="A program", runnable=False, persistent_flags=[string("config", "file")]).add(
        Command("observe", short="Watch", flags=[boolean("all", "everything")], suggest_for=("look",)),
        Command("list", short="List", runnable=False).add(Command("nodes", aliases=("node",), short="Nodes")),
        Command("version", short="Version"),
    )


@pytest.mark.parametrize(
    ("words", "path", "args"),
    [
        (["--config", "list", "observe", "x"], "prog observe", ["x"]),
        (["list", "--config=a", "node", "--", "y"], "prog list nodes", ["y"]),
        (["list", "foo"], "prog list", ["foo"]),
        ([], "prog", []),
    ],
)
def test_the_command_is_found_as_cobra_finds_it(words: list[str], path: str, args: list[str]) -> None:
    found = tree().invoke(words)
    assert found.command.path == path
    assert found.args == args


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("obsrve", 'unknown command "obsrve" for "prog"\n\nDid you mean this?\n\tobserve\n'),
        ("look", 'unknown command "look" for "prog"\n\nDid you mean this?\n\tobserve\n'),
        ("frobnicate", 'unknown command "frobnicate" for "prog"'),
    ],
)
def test_unknown_commands_and_suggestions(word: str, text: str) -> None:
    with pytest.raises(QuizgameError) as caught:
        tree().invoke([word])
    assert str(caught.value) == text


def test_groups_print_their_help() -> None:
    found = tree().invoke(["list"])
    assert found.wants_help
    assert help_page(found.command) == (
        "List\n\nUsage:\n  prog list [command]\n\nAvailable Commands:\n  nodes       Nodes\n\n"
        "Flags:\n  -h, --help   help for list\n\nGlobal Flags:\n      --config string   file\n\n"
        'Use "prog list [command] --help" for more information about a command.\n'
    )


@given(st.text(max_size=8), st.text(max_size=8))
def test_distance_is_symmetric_and_bounded(left: str, right: str) -> None:
    distance = levenshtein(left, right)
    assert distance == levenshtein(right, left)
    assert abs(len(left) - len(right)) <= distance <= max(len(left), len(right))
