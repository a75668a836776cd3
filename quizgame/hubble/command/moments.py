"""Reading the times that flags name."""

from __future__ import annotations

from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.timestamps import parse_moment


def moment_of(name: str, text: str, now_ns: int) -> int | None:
    """The instant that a flag names, in nanoseconds since the epoch; ``None`` where it is not given.

    Args:
        name: The flag's name without its dashes.
        text: Its value.
        now_ns: What durations count back from.

    Raises:
        CommandFailure: It is no time.
    """
    if not text:
        return None
    try:
        return parse_moment(text, now_ns)
    except ValueError as refusal:
        raise CommandFailure(f"failed to parse the {name} time: {refusal}") from None
