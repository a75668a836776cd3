"""Which tests and scenarios ``--test`` chooses. Source: facts F-104; reference cilium-cli, section 6."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import re2

from quizgame.tools.cilium.call import BareFailure


class Selection:
    """Regular expressions over ``test/scenario``; those with ``!`` before them exclude.

    Args:
        patterns: As typed; none chooses everything.

    Raises:
        BareFailure: one is no regular expression.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._wanted = [_compiled(each) for each in patterns if not each.startswith("!")]
        self._unwanted = [_compiled(each[1:]) for each in patterns if each.startswith("!")]

    def selects(self, test: str, scenario: str) -> bool:
        """Whether a scenario of a test is to run."""
        name = f"{test}/{scenario}"
        if any(each.search(name) for each in self._unwanted):
            return False
        return not self._wanted or any(each.search(name) for each in self._wanted)

    def selects_test(self, test: str, scenarios: Iterable[str]) -> bool:
        """Whether anything of a test is to run; of a test whose scenarios are not known its name decides."""
        listed = list(scenarios)
        return any(self.selects(test, each) for each in listed) if listed else self.selects(test, "")


def _compiled(pattern: str) -> re2.Pattern:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as problem:
        raise BareFailure(f"test parameter is not a valid regular expression: {pattern}: {problem}") from None
