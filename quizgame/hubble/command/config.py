"""``hubble config view`` and ``get``: the settings that flags, environment and defaults make up together.

# Source: cilium/cilium v1.19 hubble/cmd/config/view.go, get.go (YAML of viper's settings, sorted by name).
"""

from __future__ import annotations

from quizgame.goflags.durations import format_duration
from quizgame.goflags.flagset import Flag, FlagSet
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.sink import Sink


def run_config_view(flags: FlagSet, _environment: HubbleEnvironment, sink: Sink, names: list[str]) -> None:
    """Print all settings."""
    for name in sorted(names):
        text = _yaml(flags[name])
        sink.out(f"{name}: {text}\n" if not text.startswith("-") else f"{name}:\n    {text}\n")


def run_config_get(flags: FlagSet, environment: HubbleEnvironment, sink: Sink, names: list[str]) -> None:
    """Print one setting, or all without a name.

    Raises:
        CommandFailure: There is no such setting, or more than one name was given.
    """
    words = flags.args
    if not words:
        run_config_view(flags, environment, sink, names)
        return
    if len(words) > 1:
        given = " ".join(words)
        raise CommandFailure(f"invalid arguments: get requires exactly 0 or 1 argument: got '{given}'")
    if words[0] not in names:
        raise CommandFailure(f"unknown key: {words[0]}")
    sink.out(_yaml(flags[words[0]]) + "\n")


def _yaml(flag: Flag) -> str:
    value = flag.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n    ".join(f"- {item}" for item in value) or "[]"
    if flag.kind == "duration" and isinstance(value, int):
        return format_duration(value)
    # A number that viper keeps as text is quoted.
    text = str(value)
    return f'"{text}"' if not text or text.isdigit() else text
