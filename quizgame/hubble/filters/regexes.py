"""RE2 expressions, with the words of Go's regexp package for malformed ones."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.hubble.filters.predicate import FilterError

_GO_WORDS = {
    # RE2's words: Go's
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}


def compile_re2(pattern: str) -> Callable[[str], bool]:
    """Return what says whether a text contains a match, in linear time.

    Raises:
        FilterError: ``error parsing regexp: REASON: `FRAGMENT```.
    """
    import re2  # late: only filters with patterns need it, and it takes longer to load than all of a plain run

    options = re2.Options()
    options.log_errors = False
    try:
        search = re2.compile(pattern, options).search
    except re2.error as refusal:
        raise FilterError(f"error parsing regexp: {_go_words(refusal, pattern)}") from None
    return lambda text: search(text) is not None


def _go_words(refusal: Exception, pattern: str) -> str:
    reason = refusal.args[0] if refusal.args else ""
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    for words, go_words in _GO_WORDS.items():
        if text == words or text.startswith(words + ":"):
            return _with_fragment(go_words, text[len(words) :].removeprefix(": "))
    words, _, fragment = text.partition(": ")
    return _with_fragment(words, fragment or pattern)


def _with_fragment(words: str, fragment: str) -> str:
    # Go prints the fragment in back quotes, and nothing more after a trailing backslash.
    return f"{words}: `{fragment}`"
