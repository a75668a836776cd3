"""Whatever a pack says, it yields problems with places, never an exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import build_library
from quizgame.content.lint.bank import lint
from quizgame.content.packfiles import PackFile
from quizgame.game.quiz.grading import grade
from quizgame.game.quiz.items import present

SAMPLE = (Path(__file__).parent / "samples" / "questions.yaml").read_text()
DATA = yaml.safe_load(SAMPLE)
BLUEPRINT = load_blueprint()

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["kind", "single", "x" * 600]),
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def usable_or_told(text: str) -> None:
    """Load, lint, show and grade; what was left out must be told with a place in the file."""
    library = build_library([PackFile("pack.yaml", text.encode())])
    lines = text.count("\n") + 2
    for problem in (*library.problems, *lint(library.questions.values(), BLUEPRINT).problems):
        assert problem.place.file == "pack.yaml"
        assert 1 <= problem.place.line <= lines
        assert problem.message
        assert str(problem).isprintable()
    for entry in library.questions.values():
        grade(present(entry, 1), ())
    if len(library.questions) < len(DATA["questions"]):
        assert library.problems


def paths(data: Any, prefix: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(data, dict):
        return [prefix, *(path for key, value in data.items() for path in paths(value, (*prefix, key)))]
    if isinstance(data, list):
        return [prefix, *(path for index, value in enumerate(data) for path in paths(value, (*prefix, index)))]
    return [prefix]


PATHS = paths(DATA)


def replaced(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    copy: Any = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


@given(st.sampled_from(PATHS), anything)
@settings(max_examples=150, deadline=None)
def test_any_value_anywhere(path: tuple[str | int, ...], value: Any) -> None:
    usable_or_told(yaml.safe_dump(replaced(DATA, path, value), sort_keys=False))


@given(st.integers(0, len(SAMPLE)), st.integers(0, 40), st.text(max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_change_of_the_text(start: int, length: int, put: str) -> None:
    usable_or_told(SAMPLE[:start] + put.encode("utf-8", "ignore").decode() + SAMPLE[start + length :])
