"""The generated parts of ``docs/fidelity.md``: everything between a pair of marks is made from the code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from quizgame.game.worlds import free_world
from quizgame.tools.cilium.connectivity.catalog import CATALOG
from quizgame.tools.cilium.connectivity.site import Site
from quizgame.tools.cilium.connectivity.tests import TESTS
from quizgame.tools.session import Session
from tests.fidelity.coverage import EVERY_COMMAND, Tool, all_tools
from tests.fidelity.simplified import simplifications
from tests.fidelity.unread import NOTHING_TO_DO

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "fidelity.md"
PACKAGE = ROOT / "quizgame"
MARKED = re.compile(r"(<!-- generated: (?P<name>[a-z]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def brought_up_to_date(text: str) -> str:
    """The page with its generated parts made anew."""
    return MARKED.sub(lambda part: part[1] + "\n" + PARTS[part["name"]]() + "\n" + part[3], text)


def _coverage() -> str:
    return "\n".join(line for tool in all_tools() for line in _tool(tool))


def _tool(tool: Tool) -> Iterator[str]:
    options = sum(len(entry.simulated) for entry in tool.entries)
    unsimulated = sum(len(entry.refused) for entry in tool.entries)
    yield f"### {tool.name[0].upper()}{tool.name[1:]}" if " " in tool.name else f"### `{tool.name}`"
    yield ""
    commands = sum(entry.command != EVERY_COMMAND for entry in tool.entries)
    refused_commands = f", {len(tool.refused)} refused" if tool.refused else ""
    yield f"Commands: {commands} simulated{refused_commands}. Options: {options} simulated, {unsimulated} refused."
    yield ""
    yield "| command | simulated | refused |"
    yield "|---|---|---|"
    for entry in tool.entries:
        command = entry.command if entry.command == EVERY_COMMAND else f"`{entry.command}`"
        simulated = _escaped(entry.note) or _listed(entry.simulated)
        yield f"| {command} | {simulated} | {_listed(entry.refused)} |"
    if tool.refused:
        yield ""
        yield f"Refused as a whole: {_listed(tool.refused)}."
    yield ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _listed(words: Sequence[str]) -> str:
    return " · ".join(f"`{word}`" for word in words)


def _connectivity() -> str:
    world = free_world()
    site = Site(Session(world), world.cluster, world.cluster, version=world.cluster.cilium_version)
    open_to_all = [entry.name for entry in CATALOG if not entry.reason(site)]
    run = [name for name in open_to_all if name in TESTS]
    left = [name for name in open_to_all if name not in TESTS]
    skipped = len(CATALOG) - len(run) - len(left)
    return "\n".join(
        (
            f"Of the {len(CATALOG)} tests of the real one {len(run)} run, {skipped} are skipped as the real one skips",
            f"them in such a cluster, and {len(left)} are not simulated.",
            "",
            f"Run: {_listed(run)}.",
            "",
            f"Not simulated: {_listed(left)}.",
        )
    )


def _simplified() -> str:
    return "\n".join(f"- `{module}`: {text}" for module, text in simplifications(PACKAGE))


def _unread() -> str:
    return "\n".join(f"- `{tool} --{option}`: {reason}" for (tool, option), reason in NOTHING_TO_DO.items())


PARTS: dict[str, Callable[[], str]] = {
    "coverage": _coverage,
    "connectivity": _connectivity,
    "simplified": _simplified,
    "unread": _unread,
}
"""What stands between the marks of a name."""
