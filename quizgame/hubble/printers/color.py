"""Colours of compact and dict output, and what happens to control characters that come from the data.

# Source: cilium/cilium v1.19 hubble/pkg/printer/color.go, terminal.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable

RED, GREEN, YELLOW, MAGENTA, CYAN = 31, 32, 33, 35, 36
_ANY_ESCAPE = re.compile("\x1b")
_FOREIGN_ESCAPE = re.compile(r"\x1b(?!\[(?:3[1-6]|0)m)")


def paint(code: int, text: str) -> str:
    """Return text between a colour's sequence and the reset."""
    return f"\x1b[{code}m{text}\x1b[0m"


def escaper(color: bool) -> Callable[[str], str]:
    r"""Return what makes text safe for a terminal.

    ESC becomes ``^[`` and a carriage return ``\\r``. With colour on, the sequences that the tool itself uses pass.
    """
    foreign = _FOREIGN_ESCAPE if color else _ANY_ESCAPE

    def escape(text: str) -> str:
        if "\x1b" in text:
            text = foreign.sub("^[", text)
        return text.replace("\r", "\\r") if "\r" in text else text

    return escape
