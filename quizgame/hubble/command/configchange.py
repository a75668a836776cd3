"""``hubble config set`` and ``reset``: settings in the configuration file.

# Source: cilium/cilium v1.19 hubble/cmd/config/set.go, reset.go; spf13/viper WriteConfigAs (YAML, names sorted).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quizgame.goflags.csvfields import split_csv
from quizgame.goflags.durations import format_duration, parse_duration
from quizgame.goflags.errors import GoValueError
from quizgame.goflags.flagset import FlagSet
from quizgame.goflags.numbers import parse_bool
from quizgame.hubble.command.configfile import dump_config, read_config
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.command.settings import global_flags, server_flags
from quizgame.hubble.filters.predicate import NotSimulated
from quizgame.hubble.sink import Sink

Setting = bool | str | list[str]


def run_config_set(flags: FlagSet, environment: HubbleEnvironment, _sink: Sink, names: list[str]) -> None:
    """Write one setting to the file; without a value its default.

    Raises:
        CommandFailure: There is no such setting, or the value is none of its kind.
    """
    words = flags.args
    if len(words) not in (1, 2):
        given = " ".join(words)
        raise CommandFailure(f"invalid arguments: set requires exactly 1 or 2 argument(s): got '{given}'")
    _set(flags, environment, names, words[0], words[1] if len(words) > 1 else "")


def run_config_reset(flags: FlagSet, environment: HubbleEnvironment, _sink: Sink, names: list[str]) -> None:
    """Write the default of one setting, or of all.

    Raises:
        CommandFailure: There is no such setting; without a name, always: there is one that cannot be written.
    """
    words = flags.args
    if len(words) > 1:
        given = " ".join(words)
        raise CommandFailure(f"invalid arguments: resset requires exactly 0 or 1 argument: got '{given}'")
    for name in words or sorted(names):
        _set(flags, environment, names, name, "")


def _set(flags: FlagSet, environment: HubbleEnvironment, names: list[str], name: str, text: str) -> None:
    if name not in names:
        raise CommandFailure(f"unknown key: {name}")
    kind = flags[name].kind
    read = _KINDS.get(kind)
    if read is None:
        raise CommandFailure(f"unhandeld type {kind}, please open an issue")
    try:
        value = read(text or _default(environment, name))
    except GoValueError as refusal:
        shown = "stringSlice" if kind == "strings" else kind
        raise CommandFailure(
            f"cannot assign value={text} for key={name}, expected type={shown}: {refusal.message}"
        ) from None
    if environment.write_file is None:
        raise NotSimulated("writing the configuration file")
    path = flags.text("config")
    settings: dict[str, Any] = {**read_config(path, environment.open_file), name: value}
    try:
        environment.write_file(path, dump_config(settings))
    except OSError as failure:
        raise CommandFailure(f"open {path}: {(failure.strerror or 'invalid argument').lower()}") from None


def _default(environment: HubbleEnvironment, name: str) -> str:
    for flag in (*global_flags(environment.environ), *server_flags()):
        if flag.name == name:
            if isinstance(flag.value, bool):
                return "true" if flag.value else "false"
            if flag.kind == "duration" and isinstance(flag.value, int):
                return format_duration(flag.value)
            return "[]" if isinstance(flag.value, list) else str(flag.value)
    return ""


def _read_list(text: str) -> list[str]:
    inner = text.removeprefix("[").removesuffix("]")
    return split_csv(inner) if inner else []


_KINDS: dict[str, Callable[[str], Setting]] = {
    "bool": parse_bool,
    "duration": lambda text: format_duration(parse_duration(text)),
    "string": str,
    "strings": _read_list,
}
"""How a setting's value is read, by the kind of its flag."""
