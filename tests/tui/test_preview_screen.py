"""The preview follows its file: the question when it is sound, located problems while it is not."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from quizgame.cli.preview import preview_terms
from quizgame.errors import QuizgameError
from quizgame.tui.launch import PreviewTerms
from quizgame.tui.screens import preview

Press = Callable[..., Any]
SIZE = (100, 40)
LOOKS = 500
PACK = """\
apiVersion: quizgame/v1
kind: Questions
domain: ebpf
questions:
  - id: first-one
    competency: role-of-ebpf
    kind: single
    difficulty: easy
    stem: Where does it run?
    options:
      - {text: In the kernel, correct: true, reason: It is loaded there.}
      - {text: In a pod, reason: No pod is needed.}
    versions: "1.19"
  - id: second-one
    competency: role-of-ebpf
    kind: single
    difficulty: hard
    stem: What checks it?
    options:
      - {text: The verifier, correct: true}
      - {text: Nobody}
    versions: "1.19"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(preview, "LOOK_EVERY_S", 0.02)
    path = tmp_path / "draft.yaml"
    path.write_text(PACK, encoding="utf-8")
    return path


async def until(pilot: Pilot[None], press: Press, wanted: str) -> str:
    """Look until a text is there."""
    text = ""
    for _ in range(LOOKS):
        text = str(await press(pilot))
        if wanted in text:
            return text
    raise AssertionError(f"{wanted!r} never came:\n{text}")


async def test_a_changed_file_is_shown_at_once(desktop: Any, press: Press, file: Path) -> None:
    app = desktop.app(PreviewTerms(file))
    async with app.run_test(size=SIZE) as pilot:
        text = await until(pilot, press, "Where does it run?")
        assert "draft.yaml › first-one" in text
        assert "1 of 2" in text
        file.write_text(PACK.replace("Where does it run?", "Where is it loaded?"), encoding="utf-8")
        await until(pilot, press, "Where is it loaded?")


async def test_a_broken_file_shows_its_problems_until_it_is_mended(desktop: Any, press: Press, file: Path) -> None:
    app = desktop.app(PreviewTerms(file, "second-one"))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, press, "What checks it?")
        file.write_text(PACK.replace("stem: What", "stm: What"), encoding="utf-8")
        text = await until(pilot, press, "to mend")
        assert 'draft.yaml:18:5: unknown key "stm"' in "".join(line.strip() + " " for line in text.splitlines())
        assert "What checks it?" not in text
        file.unlink()
        await until(pilot, press, "No such file")
        file.write_text(PACK.replace("hard", "easy"), encoding="utf-8")
        assert "second-one" in await until(pilot, press, "What checks it?")


async def test_an_answer_is_explained_and_recorded_nowhere(desktop: Any, press: Press, file: Path) -> None:
    app = desktop.app(PreviewTerms(file))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, press, "Where does it run?")
        await press(pilot, "1")
        assert "It is loaded there." in await press(pilot, "enter")
        assert "Where does it run?" in await press(pilot, "enter")
        assert "What checks it?" in await press(pilot, "right_square_bracket")
        assert "Where does it run?" in await press(pilot, "left_square_bracket")
    with desktop.store() as store:
        assert store.attempts() == []


def test_a_question_is_found_by_its_id_and_a_missing_one_told(tmp_path: Path, file: Path) -> None:
    args = Namespace(what="first-one", pack=[str(tmp_path)], blueprint="cca")
    terms = preview_terms(args)
    assert terms.question == "first-one"
    assert terms.path.resolve() == file.resolve()
    args.what = "first-on"
    with pytest.raises(QuizgameError, match='did you mean "first-one"'):
        preview_terms(args)
