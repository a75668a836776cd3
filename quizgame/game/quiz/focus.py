"""What a practice run is about, by name; loads nothing, so that screens can name it before anything is open."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Focus(Enum):
    """Which questions a practice run is about."""

    ANY = "any"
    SURE_AND_WRONG = "sure-and-wrong"
    """Those whose last answer was wrong and given with confidence: a misconception, not a gap."""
    WEAK = "weak"
    """Those of the competencies in which the estimate is below the pass mark."""
    CONFUSED = "confused"
    """Those answered wrongly last time, with those in which what was chosen instead is the right answer."""


NOTHING: Mapping[Focus, str] = {
    Focus.ANY: "No question is due. Practise something new instead.",
    Focus.SURE_AND_WRONG: "No answer was sure and wrong.",
    Focus.WEAK: "No competency with answers is estimated below the pass mark.",
    Focus.CONFUSED: "No wrong answer took one thing for another.",
}
"""What to tell where nothing is left."""
