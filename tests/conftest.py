"""What holds for all tests: steady property tests, and nothing of the developer's own environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.terminal import Terminal

settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without files; a test that writes there names one of its own."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, empty_home: Path) -> None:
    """Keep the developer's home, database, packs and colours out of the tests."""
    monkeypatch.setenv("HOME", str(empty_home))
    monkeypatch.setenv("QUIZGAME_HOME", str(empty_home / "quizgame"))
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Run the command in a pseudo-terminal, in a home of the test's own."""
    opened: list[Terminal] = []

    def start(*words: str, **named: Any) -> Terminal:
        opened.append(Terminal(tmp_path / "home", *words, **named))
        return opened[-1]

    yield start
    for one in opened:
        one.child.close(force=True)
