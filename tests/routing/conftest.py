"""Worlds that route and balance in every way, typed at through their shell."""

from __future__ import annotations

from tests.ipam.conftest import a_pod, build

__all__ = ["a_pod", "build"]
