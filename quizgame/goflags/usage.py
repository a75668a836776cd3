"""The flag lists of help pages, laid out as pflag lays them out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from quizgame.goflags.flagset import Flag

_BACKQUOTED = re.compile("`([^`]*)`")
_BARE = {"bool": "", "count": "count"}
_IMPLIED = {"bool": "true", "count": "+1"}


def flag_usages(flags: Iterable[Flag], *, sort: bool = True) -> str:
    """Return one line a flag, each ended by a newline; hidden and deprecated flags are left out.

    # Source: spf13/pflag flag.go FlagUsagesWrapped with no wrapping.
    """
    rows: list[tuple[str, str]] = []
    for flag in sorted(flags, key=lambda flag: flag.name) if sort else flags:
        if flag.hidden or flag.deprecated:
            continue
        value_name, usage = unquote_usage(flag)
        head = f"  -{flag.short}, --{flag.name}" if flag.short else f"      --{flag.name}"
        if value_name:
            head += " " + value_name
        if flag.no_opt_default and flag.no_opt_default != _IMPLIED.get(flag.kind):
            head += f'[="{flag.no_opt_default}"]' if flag.kind == "string" else f"[={flag.no_opt_default}]"
        if flag.default_text:
            usage += f" (default {flag.default_text})"
        rows.append((head, usage))
    # The end of a head is followed by one blank of its own, the padding and one more blank.
    width = max((len(head) for head, _ in rows), default=0) + 3
    return "".join(f"{head:<{width}}" + usage.replace("\n", "\n" + " " * width) + "\n" for head, usage in rows)


def unquote_usage(flag: Flag) -> tuple[str, str]:
    """Return the name of the flag's value and its usage: a back-quoted word in the usage names the value."""
    match = _BACKQUOTED.search(flag.usage)
    if match:
        return match[1], flag.usage[: match.start()] + match[1] + flag.usage[match.end() :]
    return _BARE.get(flag.kind, flag.kind), flag.usage
