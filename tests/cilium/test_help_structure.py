"""Help pages of ``cilium`` and ``cilium-dbg``: the real tools' commands and flags. Expectations: the reference set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from quizgame.goflags.command import Command, help_page
from quizgame.tools.cilium import program as cilium
from quizgame.tools.cilium.commands import REFUSED as CILIUM_REFUSED
from quizgame.tools.cilium_dbg import program as cilium_dbg
from quizgame.tools.cilium_dbg.catalog import REFUSED as DBG_REFUSED

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")

FLAG = re.compile(r"^ +(?:-(\w), |    )--([\w-]+)(?: (\w+))? {2,}", re.MULTILINE)
PARTIAL = {"cilium-cli": {"connectivity-test"}, "cilium-dbg": set[str]()}
"""Commands of which some flags are left out of the help: sysdump's inside the connectivity test."""


def tree(area: str) -> Command:
    root, _ = cilium.command_tree() if area == "cilium-cli" else cilium_dbg.command_tree()
    return root


def commands(root: Command) -> Iterator[tuple[str, Command]]:
    yield "-".join(root.path.split()[1:]) or "root", root
    for child in root.children:
        yield from commands(child)


def flags(text: str) -> dict[str, tuple[str, str]]:
    return {name: (short, kind) for short, name, kind in FLAG.findall(text)}


def pages() -> list[tuple[str, str]]:
    areas = ("cilium-cli", "cilium-dbg")
    return [(area, page.stem) for area in areas for page in sorted((GOLDEN / area / "help").glob("*.txt"))]


@pytest.mark.parametrize("area", ["cilium-cli", "cilium-dbg"])
def test_every_command_is_known(area: str) -> None:
    known = {name for name, _ in commands(tree(area))}
    assert {name for each, name in pages() if each == area} - known == set()


@pytest.mark.parametrize("area", ["cilium-cli", "cilium-dbg"])
def test_simulated_commands_have_the_real_flags(area: str) -> None:
    refused = {path for path, _, _ in CILIUM_REFUSED} if area == "cilium-cli" else set(DBG_REFUSED)
    simulated = dict(commands(tree(area)))
    missing = {}
    for each, name in pages():
        if (
            each != area
            or name in PARTIAL[area]
            or name.replace("-", " ") in {path.replace("-", " ") for path in refused}
        ):
            continue
        shown = flags(help_page(simulated[name]))
        real = flags((GOLDEN / area / "help" / f"{name}.txt").read_text())
        lacking = {
            flag: form for flag, form in real.items() if shown.get(flag) != form and flag not in ("H", "kvstore")
        }
        if lacking:
            missing[name] = lacking
    assert missing.pop("kvstore", {}).keys() <= {"kvstore-opt"}
    assert missing == {}
