"""``awk`` where gawk differs from other awks (the recorded cases hold what all agree on). Source: the gawk manual."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.tools.output import render
from quizgame.tools.shell.executor import Shell


@pytest.mark.parametrize(
    ("line", "stdout", "stderr", "status"),
    [
        # "If start is less than one, substr() acts as if the string started there."
        ("awk 'BEGIN{print substr(\"hello\",0,2)}'", "h\n", "", 0),
        # "integers are printed as integers", whatever OFMT says.
        ("awk 'BEGIN{print 100000000000, 2^53}'", "100000000000 9007199254740992\n", "", 0),
        ("awk 'BEGIN{print gensub(/(a)(b)/, \"\\\\2\\\\1\", \"g\", \"abab\")}'", "baba\n", "", 0),
        ("awk 'BEGIN{if (match(\"port=80\", /([a-z]+)=([0-9]+)/, m)) print m[1], m[2]}'", "port 80\n", "", 0),
        ("awk 'BEGIN{print strftime(\"%H:%M\", systime())}'", "08:00\n", "", 0),
        ("awk 'BEGIN{print and(6, 3), or(6, 3), xor(6, 3), strtonum(\"0x10\")}'", "2 7 5 16\n", "", 0),
        ("awk 'BEGIN{print ENVIRON[\"HOME\"]}'", "/root\n", "", 0),
        ("awk 'BEGIN{print \"a\" > \"out\"}'; cat out", "a\n", "", 0),
        ("awk 'BEGIN{print 1/0}'", "", "awk: cmd. line:1: fatal: division by zero attempted\n", 2),
        ("awk '{print $1'", "",
         "awk: cmd. line:1: {print $1\nawk: cmd. line:1:          ^ unexpected newline or end of string\n", 1),
        ("awk 'BEGIN{print 1 +* 2}'", "",
         "awk: cmd. line:1: BEGIN{print 1 +* 2}\nawk: cmd. line:1:                ^ syntax error\n", 1),
        ("awk 1 nosuch", "", 'awk: cannot open "nosuch" (No such file or directory)\n', 2),
        ("awk 'BEGIN{\"date\" | getline d}'", "", "quizgame: awk a pipe is not simulated\n", 3),
        ("awk 'BEGIN{nosuch()}'", "", "awk: cmd. line:1: fatal: function `nosuch' not defined\n", 2),
    ],
)  # fmt: skip
def test_answers(make_shell: Callable[..., Shell], line: str, stdout: str, stderr: str, status: int) -> None:
    result = make_shell().run_line(line)
    assert (render(result.stdout), render(result.stderr), result.exit) == (stdout, stderr, status)
