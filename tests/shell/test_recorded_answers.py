"""The fake shell and its text tools answer, byte for byte, what bash and the GNU tools answered.

``cases/recorded.json`` is written by ``record_cases.py`` from the real tools; nothing in it is written by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quizgame.tools.output import render
from quizgame.tools.shell.executor import Shell

CASES = Path(__file__).parent / "cases"
RECORDED: dict[str, Any] = json.loads((CASES / "recorded.json").read_text())
FILES: dict[str, str] = json.loads((CASES / "files.json").read_text())
SHELL_PREFIX = re.compile(r"^bash: (?:line \d+: )?", re.MULTILINE)
UNKNOWN_PROGRAM = re.compile(r"^bash: (\S+: command not found)$", re.MULTILINE)
"""The one place where the contract leaves out the shell's name before the message."""


def _answer(shell: Shell, script: str) -> dict[str, str | int]:
    result = shell.run_line(script)
    stderr = SHELL_PREFIX.sub("bash: ", render(result.stderr))
    return {"script": script, "stdout": render(result.stdout), "stderr": stderr, "exit": result.exit}


@pytest.mark.parametrize("case", RECORDED["shell"], ids=lambda case: case["script"][:40])
def test_shell_language_is_that_of_bash(case: dict[str, str | int], make_shell: Callable[..., Shell]) -> None:
    expected = {**case, "stderr": UNKNOWN_PROGRAM.sub(r"\1", str(case["stderr"]))}
    assert _answer(make_shell(), str(case["script"])) == expected


@pytest.mark.parametrize("case", RECORDED["text"], ids=lambda case: case["script"][:40])
def test_text_tools_are_the_gnu_ones(case: dict[str, str | int], make_shell: Callable[..., Shell]) -> None:
    assert _answer(make_shell(**FILES), str(case["script"])) == case
