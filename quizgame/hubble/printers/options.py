"""What the formatting flags ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """Options shared by the formats."""

    time_format: str = "StampMilli"
    color: bool = False
    ip_translation: bool = True
    """Names instead of addresses."""
    node_name: bool = False
    policy_names: bool = False
    debug: bool = False
    silent_errors: bool = False
