"""The configuration file: a flat YAML mapping of flags' names, as ``--print-raw-filters`` prints one.

# Source: spf13/viper as cilium/cilium v1.19 hubble/cmd/root.go uses it: a file that is missing or malformed counts for
# nothing, names ignore case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

_MAX_BYTES = 1 << 20


def read_config(path: str, open_file: Callable[[str], BinaryIO]) -> dict[str, Any]:
    """Return the settings of a file; none if it cannot be read."""
    try:
        with open_file(path) as file:
            text = file.read(_MAX_BYTES)
    except (OSError, ValueError):
        return {}
    import yaml  # late: hardly anyone has such a file, and it takes longer to load than a plain run

    try:
        settings = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    if not isinstance(settings, dict):
        return {}
    return {str(name).lower(): value for name, value in settings.items()}
