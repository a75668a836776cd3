"""How a request to the API server wants to be treated."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

Warn = Callable[[str], None]
"""Takes one warning that the server sends along with its answer."""


class FieldValidation(Enum):
    """What happens to fields that a kind does not have (``kubectl --validate``)."""

    STRICT = "Strict"
    WARN = "Warn"
    IGNORE = "Ignore"
    TRUSTED = "Trusted"
    """The object comes from a controller of the simulation: neither decoding nor validation is run."""


class Propagation(Enum):
    """What happens to the objects that a deleted object owns."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"
