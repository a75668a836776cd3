"""What completion proposes: programs where one may stand, then a tool's own words, then files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from quizgame.tools.output import Line, Result
from quizgame.tools.session import Session
from quizgame.tools.shell.completion import complete
from quizgame.tools.shell.executor import Shell


class _Client:
    name = "kubectl"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        return Result()

    def complete(self, argv: Sequence[str], session: Session) -> Iterable[str]:
        return ("get", "describe", "delete") if len(argv) == 2 else ("pods",)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kubec", ["kubectl"]),
        ("kubectl de", ["delete", "describe"]),
        ("kubectl get p", ["pods"]),
        ("ls | kubec", ["kubectl"]),
        ("watch kubec", ["kubectl"]),
        ("cat net", ["net.yaml"]),
        ("cat < net", ["net.yaml"]),
        ("cat sub/", ["sub/a.yaml"]),
        ("cat s", ["sub/"]),
        ("kubectl apply -f net", ["net.yaml"]),
        ("echo 'net", []),
        ("cat nosuch/", []),
    ],
)
def test_proposals(make_shell: Callable[..., Shell], line: str, expected: list[str]) -> None:
    shell = make_shell(**{"net.yaml": "x\n", "sub/a.yaml": "y\n"})
    assert complete(shell.session, line, len(line), {"kubectl": _Client()}) == expected


def test_only_what_stands_before_the_cursor_counts(make_shell: Callable[..., Shell]) -> None:
    shell = make_shell(**{"net.yaml": "x\n"})
    assert complete(shell.session, "cat n | grep x", 5, {}) == ["net.yaml"]
