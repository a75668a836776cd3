"""Which facts a line still shows after the shell and the text tools. Rule: the design's "Fake tools"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result
from quizgame.tools.session import Session, Tool
from quizgame.tools.shell.executor import Shell

DROP = fact("flow", witnesses=("xwing", "DROPPED"), verdict="DROPPED", from_="default/xwing")
PASS = fact("flow", witnesses=("tiefighter", "FORWARDED"), verdict="FORWARDED", from_="default/tiefighter")
NODE = fact("node", witnesses=("worker", "Ready"), node="worker", status="Ready")
BARE = fact("component", name="relay", status="ok")
FLOWS = (
    Line("xwing:4242 deathstar:80 DROPPED", (DROP,)),
    Line("tiefighter:80 deathstar:80 FORWARDED", (PASS,)),
    Line("relay ok", (BARE,)),
)
DOCUMENT = (
    Line("{", (NODE,)),
    Line('  "name": "worker",', (NODE,)),
    Line('  "status": "Ready", "flow": {"from": "xwing", "verdict": "DROPPED"}', (NODE, DROP)),
    Line("}", (NODE,)),
)


class _Printer:
    """A program that prints fixed lines."""

    def __init__(self, name: str, printed: Sequence[Line]) -> None:
        self.name = name
        self._printed = printed

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        return Result(list(self._printed))


class _Tools(Mapping[str, Tool]):
    def __init__(self, inner: Mapping[str, Tool]) -> None:
        self._inner = inner
        self._own: dict[str, Tool] = {"flows": _Printer("flows", FLOWS), "document": _Printer("document", DOCUMENT)}

    def __getitem__(self, name: str) -> Tool:
        return self._own[name] if name in self._own else self._inner[name]

    def __iter__(self) -> Any:
        return iter({**self._own, **dict.fromkeys(self._inner)})

    def __len__(self) -> int:
        return len(self._inner) + len(self._own)


@pytest.fixture
def shell(make_shell: Callable[..., Shell]) -> Shell:
    made = make_shell()
    made.tools = _Tools(made.tools)
    return made


def _shown(shell: Shell, line: str) -> set[Fact]:
    result = shell.run_line(line)
    assert result.exit == 0, result.stderr
    return {fact for printed in result.stdout for fact in printed.facts}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("flows", {DROP, PASS, BARE}),
        ("flows | grep DROPPED", {DROP}),
        ("flows | grep -v DROPPED", {PASS, BARE}),
        ("flows | grep -n DROPPED", {DROP}),
        ("flows | grep --color=always DROPPED", {DROP}),
        ("flows | head -1", {DROP}),
        ("flows | tail -n +2", {PASS, BARE}),
        ("flows | sort -r | tac | cat -n", {DROP, PASS, BARE}),
        ("flows | uniq -c", {DROP, PASS, BARE}),
        ("flows | wc -l", set()),
        ("flows | grep -c DROPPED", set()),
        ("flows | grep -q DROPPED && echo yes", set()),
        ("flows | grep -o DROPPED", set()),
        ("flows | grep -o 'xwing.*'", {DROP}),
        ("flows | cut -d' ' -f1,3", {DROP, PASS}),
        ("flows | cut -d' ' -f3", set()),
        ("flows | awk '{print $1, $3}'", {DROP, PASS}),
        ("flows | awk '{print $1}'", set()),
        ("flows | awk '/DROPPED/'", {DROP}),
        ("flows | awk '{v[$1]=$3} END {for (k in v) print k, v[k]}'", {DROP, PASS}),
        ("flows | awk '$3 == \"DROPPED\" {n++} END {print n}'", set()),
        ("flows | sed 's/deathstar/x/'", {DROP, PASS, BARE}),
        ("flows | sed 's/xwing/ywing/'", {PASS, BARE}),
        ("flows | sed -n '/DROPPED/p'", {DROP}),
        ("flows | tr ' ' '\\t'", {DROP, PASS}),
        ("flows | tr ' ' '\\n'", {DROP, PASS}),
        ("flows | tr A-Z a-z", {BARE}),
        ("flows | column -t", {DROP, PASS}),
        ("flows | paste -sd' '", {DROP, PASS}),
        ("flows > f; cat f", {DROP, PASS, BARE}),
        ("flows > f", set()),
        ("flows > /dev/null", set()),
        ("flows > f; cp f g; mv g h; grep DROPPED h", {DROP}),
        ("flows | tee f > /dev/null; head -1 f", {DROP}),
        ("flows >&2", set()),
        ('x=$(flows); echo "$x"', {DROP, PASS, BARE}),
        ("x=$(flows | wc -l); echo $x DROPPED", set()),
        ("echo $(flows)", {DROP, PASS}),
        ("cat <<< \"$(flows)\"", {DROP, PASS, BARE}),
        ("flows | while read a b c; do echo $a $c; done", {DROP, PASS}),
        ("for l in \"$(flows)\"; do echo \"$l\" | grep xwing; done", {DROP}),
        ("flows | xargs -n3 echo", set()),
        ("echo xwing DROPPED", set()),
        ("document", {NODE, DROP}),
        ("document | jq -r .flow.from", set()),
        ("document | jq .flow", {DROP}),
        ("document | jq -c .flow", {DROP}),
        ("document | jq -r '.name, .status'", {NODE}),
        ("document | jq -r '.flow | [.from, .verdict] | @tsv'", {DROP}),
        ("document | jq .", {NODE, DROP}),
        ("document | jq length", set()),
        ("document | grep Ready", {NODE, DROP}),
        ("document | base64 | base64 -d", set()),
        ("diff <(flows) /dev/null || true", {DROP, PASS, BARE}),
        ("watch -n 60 -t flows", {DROP, PASS, BARE}),
        ("timeout 5 flows | grep xwing", {DROP}),
    ],
)  # fmt: skip
def test_a_line_shows_what_its_text_still_tells(shell: Shell, line: str, expected: set[Fact]) -> None:
    assert _shown(shell, line) == expected


def test_a_witness_must_stand_as_a_whole_word(shell: Shell) -> None:
    assert _shown(shell, "flows | sed 's/DROPPED/DROPPEDX/'") == {PASS, BARE}


def test_equal_facts_count_by_whichever_witness_is_shown(make_shell: Callable[..., Shell]) -> None:
    """Two lines tell the same by different texts (an address, a name); showing either is enough."""
    shell = make_shell()
    by_address = fact("flow", witnesses=("10.0.0.1", "DROPPED"), verdict="DROPPED")
    by_name = fact("flow", witnesses=("xwing", "DROPPED"), verdict="DROPPED")
    shell.session.files["f"] = [Line("10.0.0.1 a DROPPED", (by_address,)), Line("xwing b DROPPED", (by_name,))]
    for line in ("awk '{v=$1} END {print v, $3}' f", "cat f | tr -s ' ' | tail -1", 'x=$(tail -1 f); echo "$x" seen'):
        assert _shown(shell, line) == {by_name}
