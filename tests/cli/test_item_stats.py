"""``quizgame stats --items``: from the exports of learners to the figures of their class."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quizgame.cli.main import main
from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import load_library
from quizgame.content.packfiles import builtin_folder
from quizgame.game.quiz.exam import ExamSession
from quizgame.game.quiz.items import text_key
from quizgame.game.quiz.plan import plan_exam
from quizgame.store.store import Store

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Six learners sat the same exam; number n answered all but the last 10 n questions rightly."""
    monkeypatch.setenv("QUIZGAME_HOME", str(tmp_path / "home"))
    library = load_library([builtin_folder("questions")])
    plan = plan_exam(library.questions.values(), load_blueprint(), seed=5)
    files = []
    for learner in range(6):
        database, file = tmp_path / f"{learner}.db", tmp_path / f"{learner}.json"
        with Store(database) as store:
            attempt = store.start_attempt("exam", subject="cca", seed=5, payload=plan.started(), now=NOW)
            session = ExamSession(library.questions, store.events(attempt.id), store.journal(attempt.id))
            for number, item in enumerate(session.items):
                right = {text_key(option.text) for option in item.question.options if option.correct}  # type: ignore[union-attr]
                is_right = number < 60 - 10 * learner
                keys = [choice.key for choice in item.choices if (choice.key in right) is is_right]
                session.answer(item.id, tuple(keys[: item.choose]), NOW)
            session.submit(NOW)
        words = ("export", "--what", "answers", "--format", "json", "--db", str(database), str(file))
        assert main(words) == 0
        files.append(str(file))
    capsys.readouterr()
    return files


def test_figures_of_a_class(exports: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", "--items", *exports, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    data = json.loads(captured.out)
    assert (data["learners"], len(data["items"])) == (6, 60)
    rights = sorted(item["right"] for item in data["items"])
    assert rights == [number for number in range(1, 7) for _ in range(10)]
    for item in data["items"]:
        assert item["learners"] == 6
        assert item["facility"] == pytest.approx(item["right"] / 6, abs=0.001)
        # Everyone was right where all six were; elsewhere the better learners were.
        assert (item["discrimination"] is None) is (item["right"] == 6)
        assert item["discrimination"] is None or item["discrimination"] > 0.5
        if item["kind"] == "single":
            assert sum(choice["chosen"] for choice in item["choices"]) == 6
            assert [choice["chosen"] for choice in item["choices"] if choice["correct"]] == [item["right"]]


def test_text_shows_distractors_that_nobody_chose(exports: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", "--items", *exports]) == 0
    out = capsys.readouterr().out
    assert out.startswith("item ")
    assert "(never chosen)" in out
    assert "✓" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no export of answers: "),
        ('{"answers": [{"item": 3}]}', "at `$.answers[0].item`"),
        ('{"answers": [{"item": "a", "right": true, "instant": "2026-01-01T00:00:00"}]}', "has no time zone"),
        (None, "cannot read "),
    ],
)
def test_file_that_is_no_export_is_told(
    text: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.json"
    if text is not None:
        file.write_text(text)
    assert main(["stats", "--items", str(file)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
