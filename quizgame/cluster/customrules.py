"""CEL rules of custom resource definitions, as predicates with the message of the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

HAS_CEL: frozenset[str] = frozenset()
"""Kinds whose definition has CEL rules anywhere."""

CEL_RULES: Mapping[str, tuple[tuple[Callable[[Mapping[str, Any]], bool], str], ...]] = {}
"""Type name → (what must hold for a value of the type, message)."""
