from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from quizgame.content.blueprint import Blueprint
from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import Library, build_library, load_library
from quizgame.content.packfiles import PackFile

HEAD = "apiVersion: quizgame/v1\nkind: Questions\ndomain: network-policy\nquestions:\n"
QUESTION = """\
  - id: {id}
    competency: rule-structure
    kind: single
    difficulty: easy
    stem: What does {id} do?
    options:
      - {{text: "one of {id}", reason: r}}
      - {{text: two, correct: true, reason: r}}
      - {{text: three, reason: r}}
      - {{text: four, reason: r}}
    explanation: e
    sources: [docs]
    versions: "1.19"
"""


@pytest.fixture(scope="session")
def blueprint() -> Blueprint:
    return load_blueprint()


@pytest.fixture(scope="session")
def samples() -> Library:
    """Three questions of each kind."""
    return load_library([Path(__file__).parent / "samples"])


@pytest.fixture
def question() -> Callable[[str], str]:
    """The YAML of a sound question with this id."""
    return lambda name: QUESTION.format(id=name)


@pytest.fixture
def pack() -> Callable[..., Library]:
    """A library of one file, ``pack.yaml``, that holds these questions' YAML."""
    return lambda *questions: build_library([PackFile("pack.yaml", (HEAD + "".join(questions)).encode())])
