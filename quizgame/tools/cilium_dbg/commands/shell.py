"""``cilium-dbg shell -- db/show TABLE``: the agent's own tables. Source: reference cilium-dbg, section 15."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quizgame.tools.cilium_dbg.call import Call, DbgError, Row, Sub, table
from quizgame.tools.cilium_dbg.model.tables import TABLES, UNSIMULATED, TableRow
from quizgame.tools.output import Line, Result, lines, not_simulated

_COMMANDS = frozenset((
    "cat", "db", "db/cmp", "db/delete", "db/empty", "db/get", "db/initialized", "db/insert", "db/list",
    "db/lowerbound", "db/prefix", "db/watch", "exec", "health", "health/ok", "help", "lb/maps-dump", "metrics",
    "metrics/html", "metrics/plot",
))  # fmt: skip
"""What the agent's shell knows besides showing a table. Source: golden ``cilium-dbg/shell-help``."""
_SOCKET = "dial unix /var/run/cilium/shell.sock: connect: no such file or directory"


def _shell(call: Call) -> Result:
    words = list(call.args)
    if not words:
        return not_simulated("cilium-dbg shell without a command")
    if not call.agent.is_serving:
        raise DbgError(f"{_SOCKET}\n")
    name, *rest = words
    if name != "db/show":
        return (
            not_simulated(f"cilium-dbg shell -- {name}") if name in _COMMANDS else _failed(f"{name}: unknown command")
        )
    if len(rest) != 1 or rest[0].startswith("-"):
        return not_simulated(f"cilium-dbg shell -- db/show {' '.join(rest)}".rstrip())
    found = TABLES.get(rest[0])
    if found is not None:
        return Result(stdout=shown(found.columns, found.rows(call.agent)))
    if rest[0] in UNSIMULATED:
        return not_simulated(f"cilium-dbg shell -- db/show {rest[0]}")
    return _failed(f'db/show {rest[0]}: table "{rest[0]}" not found')


def shown(columns: Sequence[str], rows: Iterable[TableRow]) -> list[Line]:
    """A table with its header, and the empty line that ends the answer."""
    return [*table([columns], [Row(each.cells, each.facts) for each in rows]), Line("")]


def _failed(problem: str) -> Result:
    return Result(stdout=lines(f"<stdin>:0: {problem}\nerror: <stdin>:0: {problem}\n"), exit=1)


COMMANDS = (Sub("shell", "shell [command] [args]...", "Use the agent's own shell", _shell),)
