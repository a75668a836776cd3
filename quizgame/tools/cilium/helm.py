"""The Helm release as the CLI's commands see it: whether it is there, its values, upgrades of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.install.release import apply_release, release_revision
from quizgame.cluster.install.values import Values, assign, parse_set
from quizgame.tools.cilium.call import RELEASE, SYSTEM, Call, CommandFailed

NOT_FOUND = "release: not found"


def is_installed(call: Call) -> bool:
    """Whether the named release is in the cluster."""
    is_named = call.release == RELEASE and call.namespace == SYSTEM
    return is_named and release_revision(call.api) > 0


def need_release(call: Call, what: str) -> None:
    """End the command unless the release is there.

    Raises:
        CommandFailed: ``Unable to WHAT: release: not found``.
    """
    if not is_installed(call):
        raise CommandFailed(f"Unable to {what}: {NOT_FOUND}")


def upgrade_values(call: Call, changes: Mapping[str, Any]) -> None:
    """Upgrade the release with some values changed (dotted paths); everything else stays."""
    values: Values = call.cluster.values
    for path, value in changes.items():
        values = assign(values, path, value)
    apply_release(call.cluster, values)
    call.world.settle()


def given_values(texts: list[str], strings: list[str]) -> dict[str, Any]:
    """The values of ``--set`` and ``--set-string``.

    Raises:
        ValueError: an item cannot be read; the message is Helm's.
    """
    values: dict[str, Any] = {}
    for text in texts:
        for path, value in parse_set(text):
            values = assign(values, path, value)
    for text in strings:
        for path, value in parse_set(text):
            values = assign(values, path, _text_of(value))
    return values


def _text_of(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return [_text_of(each) for each in value]
    return "" if value is None else str(value)
