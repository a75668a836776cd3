"""``jq``: options, messages and statuses as the jq manual (1.8) states them; the host stays out of sight."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.tools.output import render
from quizgame.tools.shell.executor import Shell

PODS = '{"items":[{"metadata":{"name":"xwing","labels":{"org":"alliance"}},"n":1},{"metadata":{"name":"tie"},"n":2}]}\n'


@pytest.mark.parametrize(
    ("line", "stdout", "stderr", "status"),
    [
        ("jq -r '.items[].metadata.name' p", "xwing\ntie\n", "", 0),
        ("jq '.items[0].metadata.name' p", '"xwing"\n', "", 0),
        ("jq -c '.items[0].metadata' p", '{"name":"xwing","labels":{"org":"alliance"}}\n', "", 0),
        ("jq '.items[0].metadata.labels' p", '{\n  "org": "alliance"\n}\n', "", 0),
        ("jq --tab '.items[0].metadata.labels' p", '{\n\t"org": "alliance"\n}\n', "", 0),
        ("jq --indent 1 '.items[0].metadata.labels' p", '{\n "org": "alliance"\n}\n', "", 0),
        ("jq -cS '.items[0].metadata' p", '{"labels":{"org":"alliance"},"name":"xwing"}\n', "", 0),
        ("jq -r '.items[] | select(.n > 1) | .metadata.name' p", "tie\n", "", 0),
        ("jq -j '.items[].n' p; echo", "12\n", "", 0),
        ("jq '[.items[].n] | add' p", "3\n", "", 0),
        ("jq -r '.items[] | \"\\(.metadata.name)=\\(.n)\"' p", "xwing=1\ntie=2\n", "", 0),
        ("jq -r '.items[] | [.metadata.name, .n] | @csv' p", '"xwing",1\n"tie",2\n', "", 0),
        ("cat p p | jq -s length", "2\n", "", 0),
        ("printf 'a\\nb\\n' | jq -R .", '"a"\n"b"\n', "", 0),
        ("printf 'a\\nb\\n' | jq -Rs .", '"a\\nb\\n"\n', "", 0),
        ("jq -n --arg who you '\"hi \" + $who'", '"hi you"\n', "", 0),
        ("jq -n --argjson n 2 '$n * 2'", "4\n", "", 0),
        ("jq -n '{}, []' -c", "{}\n[]\n", "", 0),
        ("echo '\"\\u001b\\u007f\"' | jq .", '"\\u001b\\u007f"\n', "", 0),
        ("echo '1 2 3' | jq -n '[inputs]' -c", "[1,2,3]\n", "", 0),
        ("echo '{\"a\":null}' | jq -e .a", "null\n", "", 1),
        ("echo '{\"a\":1}' | jq -e .a", "1\n", "", 0),
        ("echo 1 | jq -e empty", "", "", 4),
        ("echo '[1]' | jq .a", "", 'jq: error (at <stdin>:1): Cannot index array with string ("a")\n', 5),
        ("printf '1\\n[2]\\n\"x\"\\n' | jq '.+1'", "2\n", None, 5),
        ("jq -n 'error({a:1})'", "", 'jq: error (at <unknown>) (not a string): {"a": 1}\n', 5),
        ("echo '{\"a\":' | jq .", "", "jq: parse error: Unfinished JSON term at EOF at line 2, column 0\n", 2),
        ("printf '1\\n{]' | jq .", "1\n", None, 2),
        ("echo 1 | jq '.a['", "", None, 3),
        ("jq -n 'nosuch'", "", None, 3),
        ("jq . nosuch", "", "jq: error: Could not open nosuch: No such file or directory\n", 2),
        ("jq -n 'def f: 1; f'", "", "quizgame: jq def is not simulated\n", 3),
        ("jq -n 'input_line_number'", "", "quizgame: jq input_line_number is not simulated\n", 3),
        # The simulated clock and environment, not the host's.
        ("jq -n 'now | todate'", '"2026-11-23T08:00:00Z"\n', "", 0),
        ("A=1; jq -n 'env.A, $ENV.HOME'", '"1"\n"/root"\n', "", 0),
        ('jq -n \'env | has("VIRTUAL_ENV") or has("OLDPWD")\'', "false\n", "", 0),
    ],
)
def test_answers(make_shell: Callable[..., Shell], line: str, stdout: str, stderr: str | None, status: int) -> None:
    result = make_shell(p=PODS).run_line(line)
    assert (render(result.stdout), result.exit) == (stdout, status)
    if stderr is None:
        assert render(result.stderr).startswith("jq: ")
    else:
        assert render(result.stderr) == stderr
