"""Types of options that several verbs have."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date


def positive(text: str) -> int:
    """A number from 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"expected a number from 1, found {text!r}")
    return number


def day(text: str) -> date:
    """A day as ISO 8601 writes it."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"expected a day as YYYY-MM-DD, found {text!r}") from error
