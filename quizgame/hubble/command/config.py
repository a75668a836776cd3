"""``hubble config view`` and ``get``: the settings that flags, environment and defaults make up together.

# Source: cilium/cilium v1.19 hubble/cmd/config/view.go, get.go (YAML of viper's settings, sorted by name).
"""

from __future__ import annotations

from quizgame.goflags.durations import format_duration
from quizgame.goflags.flagset import Flag, FlagSet, Value
from quizgame.hubble.command.configfile import dump_config, setting_text
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.sink import Sink


def run_config_view(flags: FlagSet, _environment: HubbleEnvironment, sink: Sink, names: list[str]) -> None:
    """Print all settings."""
    sink.out(dump_config({name: _setting(flags[name]) for name in names}))


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
    value = _setting(flags[words[0]])
    is_list = isinstance(value, list) and bool(value)
    sink.out("".join(f"- {item}\n" for item in flags.texts(words[0])) if is_list else f"{setting_text(value)}\n")


def _setting(flag: Flag) -> Value:
    return format_duration(flag.value) if flag.kind == "duration" and isinstance(flag.value, int) else flag.value
