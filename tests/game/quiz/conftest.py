from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from quizgame.content.blueprint import Blueprint
from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import Library, build_library, load_library
from quizgame.content.packfiles import PackFile
from quizgame.game.events import Event, Payload

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Recorder:
    """A journal in memory, with what a store would hold."""

    def __init__(self, payload: Payload, instant: datetime = START) -> None:
        self.events = [Event(0, instant, "started", payload)]
        self.finished = False

    def append(self, event: Event) -> None:
        assert not self.finished
        assert event.seq == len(self.events)
        assert event.instant >= self.events[-1].instant
        self.events.append(event)

    def finish(self, event: Event) -> None:
        self.append(event)
        self.finished = True


@pytest.fixture(scope="session")
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture(scope="session")
def start() -> datetime:
    return START


@pytest.fixture(scope="session")
def blueprint() -> Blueprint:
    return load_blueprint()


@pytest.fixture(scope="session")
def samples() -> Library:
    """Three questions of each kind, all on network policy."""
    return load_library([Path(__file__).parents[2] / "content" / "samples"])


@pytest.fixture(scope="session")
def large_bank(blueprint: Blueprint) -> Library:
    """A bank of 400 questions to the curriculum's targets, one in eight of a kind that no exam asks."""
    files = []
    for domain in blueprint.domains:
        lines = [f"apiVersion: quizgame/v1\nkind: Questions\ndomain: {domain.id}\nquestions:\n"]
        for competency in domain.competencies:
            for number in range(competency.target):
                lines.append(
                    f"  - id: {competency.id}-{number}\n    competency: {competency.id}\n    difficulty: easy\n"
                    f'    stem: s\n    versions: "1.19"\n'
                )
                if number % 8 == 7:
                    lines.append("    kind: fill-in\n    answers: [a]\n    normalise: word\n")
                else:
                    lines.append("    kind: single\n    options: [{text: a, correct: true}, {text: b}, {text: c}]\n")
        files.append(PackFile(f"{domain.id}.yaml", "".join(lines).encode()))
    library = build_library(files)
    assert not library.problems
    return library
