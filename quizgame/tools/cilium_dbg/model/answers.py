"""How answers of the agent's API look as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def api_json(value: Any) -> Any:
    """A value as the tool's JSON has it: keys in order, and empty texts, zeros and ``false`` left out.

    # Source: the API's Go types mark such fields ``omitempty``; golden cilium-dbg/endpoint-get and status-json.
    """
    if isinstance(value, Mapping):
        return {key: api_json(value[key]) for key in sorted(value) if not _is_empty(value[key])}
    return [api_json(each) for each in value] if isinstance(value, list | tuple) else value


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | int | float) and not value)
