"""What is refused, how, and that nothing a learner types runs without end, grows without bound or raises."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizgame.tools.output import render
from quizgame.tools.session import STREAM_SPAN_S
from quizgame.tools.shell.executor import Shell
from quizgame.tools.shell.parser import needs_more
from quizgame.tools.shell.state import MAX_OUTPUT_CHARACTERS

MakeShell = Callable[..., Shell]


@pytest.mark.parametrize(
    ("line", "stderr", "status"),
    [
        # Source: reference/bad-input.md, section 5 (interactive bash).
        ("ciluim status", "ciluim: command not found\n", 127),
        ("echo x | grpe x", "grpe: command not found\n", 127),
        ("cat nosuch.yaml", "cat: nosuch.yaml: No such file or directory\n", 1),
        ("cat /etc", "cat: /etc: Is a directory\n", 1),
        ("ls nosuch", "ls: cannot access 'nosuch': No such file or directory\n", 2),
        ("cd nosuchdir", "bash: cd: nosuchdir: No such file or directory\n", 1),
        ('echo "abc', "bash: unexpected EOF while looking for matching `\"'\n", 2),
        ("if then", "bash: syntax error near unexpected token `then'\n", 2),
        ("touch noexec; ./noexec", "bash: ./noexec: Permission denied\n", 126),
        ("ls |", "bash: syntax error: unexpected end of file\n", 2),
        ("ls > ", "bash: syntax error near unexpected token `newline'\n", 2),
        ("a && && b", "bash: syntax error near unexpected token `&&'\n", 2),
        # Source: CONTRACT, "The shell": a real thing that is not simulated.
        ("(sleep 5 &)", "quizgame: a background job (&) of a shell within another is not simulated\n", 3),
        ("x=(1 2)", "quizgame: an array is not simulated\n", 3),
        ("grep -z x", "quizgame: grep -z is not simulated\n", 3),
        ("sort --parallel=2", "quizgame: sort --parallel is not simulated\n", 3),
        ("jq -C .", "quizgame: jq -C is not simulated\n", 3),
        ("awk 'BEGIN{system(\"ls\")}'", "quizgame: awk system() is not simulated\n", 3),
        ("sed 's/x/y/w out' /dev/null", "quizgame: sed the flag w of s is not simulated\n", 3),
        ("vi f", "quizgame: vi without a screen is not simulated\n", 3),
        ("shopt -s extglob", "quizgame: shopt is not simulated\n", 3),
        ("find . -name x", "quizgame: find is not simulated\n", 3),
        ("curl http://web", "curl: command not found\n", 127),
    ],
)
def test_messages(make_shell: MakeShell, line: str, stderr: str, status: int) -> None:
    result = make_shell().run_line(line)
    assert (render(result.stdout), render(result.stderr), result.exit) == ("", stderr, status)


def test_the_status_of_a_line_is_kept_for_the_next(make_shell: MakeShell) -> None:
    shell = make_shell()
    shell.run_line("nosuch")
    assert render(shell.run_line("echo $?").stdout) == "127\n"


@pytest.mark.parametrize(
    "line",
    [
        "while true; do sleep 1; done",
        "while :; do date; sleep 2; done",
        "until false; do sleep 1; done",
        "watch -n 1 date",
        "tail -f f",
        "sleep infinity",
    ],
)
def test_what_has_no_end_ends_after_the_span_without_a_screen(make_shell: MakeShell, line: str) -> None:
    # Source: CONTRACT, "The shell": what streams without end ends by itself after ten simulated seconds, exit 0.
    shell = make_shell(f="x\n")
    before = shell.session.world.clock.now_ns
    result = shell.run_line(line)
    assert result.exit == 0
    assert (shell.session.world.clock.now_ns - before) / 1e9 == STREAM_SPAN_S


def test_watch_shows_one_picture_an_interval(make_shell: MakeShell) -> None:
    text = render(make_shell().run_line("watch -n 5 -t 'date +%T'").stdout)
    assert text == "08:00:00\n08:00:05\n"


def test_timeout_shortens_a_stream(make_shell: MakeShell) -> None:
    shell = make_shell(f="x\n")
    before = shell.session.world.clock.now_ns
    assert shell.run_line("timeout 3 tail -f f").exit == 124
    assert (shell.session.world.clock.now_ns - before) / 1e9 == 3


def test_sleep_moves_the_simulated_clock_alone(make_shell: MakeShell) -> None:
    assert render(make_shell().run_line("date; sleep 90; date -u +%FT%TZ").stdout) == (
        "Mon Nov 23 08:00:00 UTC 2026\n2026-11-23T08:01:30Z\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "while true; do :; done",
        "f() { f; }; f",
        "f() { f | f; }; f",
        "x=a; while true; do x=$x$x; done",
        "for i in {1..9999999}; do :; done",
        "echo {1..300}{1..300}{1..300}",
        "yes | head -c 100000000 | wc -c; while true; do yes; done",
        "seq 99999999",
        "awk 'BEGIN{while(1) x++}'",
        "awk 'BEGIN{x=\"a\"; while(1) x=x x}'",
        "awk 'function f(){return f()} BEGIN{f()}'",
        "echo a | sed ':a;s/a/aa/;ta'",
        "echo a | sed ':a;ba'",
        "jq -n 'def f: f; f'",
        "jq -n '[range(1e12)]'",
        "jq -n 'last(repeat(1))'",
        "jq -n '0 | until(false; . + 1)'",
        "printf '%999999999d' 1",
        "$(" * 30 + "echo" + ")" * 30,
        "(" * 200 + "echo" + ")" * 200,
        "echo $((" + "(" * 500 + "1" + ")" * 500 + "))",
        "grep -E '(a*)*(a*)*(a*)*b' <<< " + "a" * 5000,
        "echo ${x:-" * 100 + "}" * 100,
    ],
    ids=lambda line: line[:30],
)
def test_hostile_lines_end_within_the_bounds(make_shell: MakeShell, line: str) -> None:
    result = make_shell().run_line(line)
    assert len(render(result.stdout)) + len(render(result.stderr)) < 2 * MAX_OUTPUT_CHARACTERS


SHELLISH = st.text(
    alphabet=st.sampled_from(list("ab01 \t\n'\"\\$`(){}[]<>|&;!#*?~=:-+%/@^,.eEoOFf")) | st.characters(codec="utf-8"),
    max_size=60,
)
FRAGMENTS = [
    "if", "then", "fi", "for", "in", "do", "done", "while", "case", "esac", "{", "}", "(", ")", "|", "&&", "||", ";",
    ";;",
    "$(", "`", "${x", "$((", "))", "'", '"', ">", "<", "2>&1", "a", "x=1", "$x", "[[", "]]", "!", "echo", "grep", "sed",
    "awk", "jq", "-n", "s/a/b/", "{print}", ".", "cat", "f()", "<(", "<<<", "*", "<<EOF", "EOF",
]  # fmt: skip
WORDS = st.lists(st.sampled_from([*FRAGMENTS, "\n"]), max_size=25).map(" ".join)


@settings(deadline=None)  # a first run imports what it runs
@given(SHELLISH | WORDS)
def test_any_text_is_run_or_refused_and_never_raises(make_shell: MakeShell, line: str) -> None:
    needs_more(line)
    result = make_shell(a="x 1\n").run_line(line)
    assert 0 <= result.exit <= 255


TOOL_NAMES = [
    "awk", "base64", "column", "cut", "date", "diff", "grep", "head", "jq", "ls", "nl", "printf", "sed", "seq", "sleep",
    "sort", "tail", "test", "tr", "uniq", "wc", "xargs",
]  # fmt: skip
TOOLS = st.sampled_from(TOOL_NAMES)


@settings(deadline=None)  # a first run imports what it runs
@given(TOOLS, SHELLISH, SHELLISH)
def test_any_argument_is_taken_or_refused_and_never_raises(
    make_shell: MakeShell, tool: str, first: str, second: str
) -> None:
    shell = make_shell(a="x 1\ny 2\n")
    shell.session.variables.update(first=first, second=second)
    assert 0 <= shell.run_line(f'{tool} "$first" "$second" < a').exit <= 255


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo a", False),
        ("cat <<EOF\nx", True),
        ("cat <<EOF\nx\nEOF", False),
        ("echo 'a", True),
        ("for i in 1 2; do", True),
        ("echo a |", True),
        ("echo a \\", True),
        ("if then", False),
        ("echo $(ls", True),
    ],
)
def test_a_terminal_asks_for_more_where_bash_does(text: str, expected: bool) -> None:
    assert needs_more(text) is expected
