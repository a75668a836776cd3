"""The configuration file: a flat YAML mapping of flags' names, as ``--print-raw-filters`` prints one.

# Source: spf13/viper as cilium/cilium v1.19 hubble/cmd/root.go uses it: a file that is missing or malformed counts for
# nothing, names ignore case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def dump_config(settings: Mapping[str, Any]) -> str:
    """The text of a file with these settings, sorted by name."""
    texts = ((name, setting_text(value)) for name, value in sorted(settings.items()))
    return "".join(f"{name}:{text}\n" if text.startswith("\n") else f"{name}: {text}\n" for name, text in texts)


def setting_text(value: Any) -> str:
    """A setting as YAML; a list begins on a line of its own."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "".join(f"\n    - {item}" for item in value) or "[]"
    # A number that viper keeps as text is quoted.
    text = str(value)
    return f'"{text}"' if not text or text.isdigit() else text
