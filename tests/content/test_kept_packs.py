"""Packs that were read before come back as they were, and never in place of what the files now say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from quizgame.content import keptpacks
from quizgame.content.keptpacks import KeptPacks
from quizgame.content.library import load_library
from quizgame.content.packfiles import builtin_folder

HEAD = "apiVersion: quizgame/v1\nkind: Questions\ndomain: ebpf\nquestions:\n"


@pytest.fixture
def kept(tmp_path: Path) -> KeptPacks:
    return KeptPacks(tmp_path / "kept")


@pytest.fixture
def folder(tmp_path: Path, question: Callable[[str], str]) -> Path:
    """One pack with the question ``mine``."""
    made = tmp_path / "packs"
    made.mkdir()
    (made / "pack.yaml").write_text(HEAD + question("mine"))
    return made


def refuse_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test fail where a text is read as YAML."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("read as YAML")

    monkeypatch.setattr("quizgame.content.library.load_documents", refuse)


def test_bank_that_is_kept_is_the_bank_that_was_read(kept: KeptPacks, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [builtin_folder("questions"), Path(__file__).parent / "samples"]
    read = load_library(folders)
    assert load_library(folders, kept) == read
    refuse_yaml(monkeypatch)
    again = load_library(folders, kept)
    assert again == read
    assert list(again.questions) == list(read.questions)


def test_places_in_a_kept_pack_are_those_of_its_text(kept: KeptPacks, folder: Path) -> None:
    first, second = (load_library([folder], kept).questions["mine"] for _ in range(2))
    assert second.place("options", 2, "text") == first.place("options", 2, "text")
    assert second.place("options", 2, "text").line == 13
    assert second.pack_place("domain") == first.pack_place("domain")


def test_changed_text_is_read_anew(kept: KeptPacks, folder: Path) -> None:
    before = load_library([folder], kept)
    (folder / "pack.yaml").write_text((folder / "pack.yaml").read_text().replace("What does", "Why does"))
    after = load_library([folder], kept)
    assert before.questions["mine"].question.stem == "What does mine do?"
    assert after.questions["mine"].question.stem == "Why does mine do?"


def test_other_code_that_reads_yaml_reads_anew(kept: KeptPacks, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_library([folder], kept)
    monkeypatch.setattr(keptpacks, "_reading_code", lambda: b"of another version")
    refuse_yaml(monkeypatch)
    with pytest.raises(AssertionError, match="read as YAML"):
        load_library([folder], kept)


def test_problems_are_told_every_time(kept: KeptPacks, folder: Path, question: Callable[[str], str]) -> None:
    (folder / "bad.yaml").write_text(HEAD + question("other").replace("difficulty: easy", "difficulty: eazy"))
    first, second = (load_library([folder], kept).problems for _ in range(2))
    assert len(first) == 1
    assert second == first


@pytest.mark.parametrize("harm", ["", "{", "[]", '{"apiVersion": "quizgame/v1", "kind": "Questions"}', "\x00"])
def test_harmed_kept_pack_is_read_anew_and_mended(
    kept: KeptPacks, folder: Path, tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = load_library([folder], kept)
    (path,) = (tmp_path / "kept").iterdir()
    path.write_text(harm)
    assert load_library([folder], kept) == read
    refuse_yaml(monkeypatch)
    assert load_library([folder], kept) == read


def test_home_that_does_not_exist_is_not_made(tmp_path: Path, folder: Path) -> None:
    home = tmp_path / "home"
    assert "mine" in load_library([folder], KeptPacks(home / "kept")).questions
    assert not home.exists()


def test_folder_that_takes_no_files_keeps_nothing_from_being_read(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    assert "mine" in load_library([folder], KeptPacks(tmp_path / "kept")).questions


def test_only_so_many_packs_are_kept(
    kept: KeptPacks, folder: Path, question: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keptpacks, "MOST_KEPT", 3)
    for number in range(6):
        (folder / "pack.yaml").write_text(HEAD + question(f"q{number}"))
        load_library([folder], kept)
    assert len(list((tmp_path / "kept").iterdir())) == 3
