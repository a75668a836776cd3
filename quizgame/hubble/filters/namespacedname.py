"""The syntax that pod and service filters share: ``[NAMESPACE/]PREFIX``."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.hubble.filters.predicate import FilterError, Predicate
from quizgame.hubble.flow import Flow

_DEFAULT_NAMESPACE = "default"


def on_name(names: list[str], get: Callable[[Flow], tuple[str, str]]) -> Predicate:
    """Return a predicate over what ``get`` tells: namespace and name.

    Without a slash the namespace is ``default``; before the slash nothing means any; after it nothing means all.

    Raises:
        FilterError: A name is empty.
    """
    wanted: list[tuple[str | None, str]] = []
    for name in names:
        if not name:
            raise FilterError("invalid filter, name must not be empty")
        namespace, slash, prefix = name.partition("/")
        if not slash:
            wanted.append((_DEFAULT_NAMESPACE, name))
        else:
            wanted.append((namespace or None, prefix))

    def matches(flow: Flow | None) -> bool:
        if flow is None:
            return False
        namespace, name = get(flow)
        if not namespace and not name:
            return False
        return any(
            (wanted_namespace is None or wanted_namespace == namespace) and name.startswith(prefix)
            for wanted_namespace, prefix in wanted
        )

    return matches
