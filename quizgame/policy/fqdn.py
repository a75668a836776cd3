"""Names and name patterns of toFQDNs and of DNS rules."""

from __future__ import annotations

import re
from functools import lru_cache

_LABEL = "[-a-zA-Z0-9_]"


def normalise(name: str) -> str:
    """Return a name or pattern in lower case without the trailing dot."""
    return name.strip().lower().removesuffix(".")


@lru_cache(maxsize=4096)
def pattern_expression(pattern: str) -> re.Pattern[str]:
    """Compile a matchPattern to an expression over normalised names.

    The expressions hold no nested repetition, so that matching takes linear time per star.

    Source: cilium/cilium v1.19 pkg/fqdn/matchpattern/matchpattern.go: ``*`` alone is every name, a leading ``**.`` is
    one or more labels, any other ``*`` is a run of characters without a dot.
    """
    wanted = normalise(pattern)
    if wanted == "*":
        return re.compile(r"[-a-zA-Z0-9_.]*")
    head = ""
    if wanted.startswith("**."):
        head = rf"{_LABEL}+(?:\.{_LABEL}+)*\."
        wanted = wanted[3:]
    parts = [re.escape(part) for part in re.split(r"\*+", wanted)]
    return re.compile(head + f"{_LABEL}*".join(parts))


def name_matches(name: str, *, match_name: str = "", match_pattern: str = "") -> bool:
    """Say whether a name matches a selector by name or by pattern (the one that is not empty)."""
    asked = normalise(name)
    if match_name:
        return asked == normalise(match_name)
    return bool(match_pattern) and pattern_expression(match_pattern).fullmatch(asked) is not None
