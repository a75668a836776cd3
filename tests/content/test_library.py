"""Where packs come from, and that none reaches outside its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from quizgame.content import packfiles
from quizgame.content.blueprint import Blueprint
from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import Library, load_library, pack_folders
from quizgame.errors import QuizgameError
from quizgame.yamlsource.place import YamlError

HEAD = "apiVersion: quizgame/v1\nkind: Questions\ndomain: ebpf\nquestions:\n"


def test_samples_hold_three_questions_of_each_kind(samples: Library) -> None:
    kinds = [entry.question.kind for entry in samples.questions.values()]
    assert not samples.problems
    assert {kind: kinds.count(kind) for kind in kinds} == dict.fromkeys(
        ["single", "multiple", "ordering", "matching", "fill-in", "spot"], 3
    )


def test_packs_of_all_folders_are_read_and_missing_folders_hold_none(
    tmp_path: Path, question: Callable[[str], str]
) -> None:
    home = tmp_path / "home"
    (home / "packs" / "deep").mkdir(parents=True)
    (home / "packs" / "deep" / "mine.yml").write_text(HEAD + question("mine"))
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "other.yaml").write_text(HEAD + question("other"))
    library = load_library(pack_folders(home, [tmp_path / "extra", tmp_path / "nowhere"]))
    assert {"mine", "other"} <= library.questions.keys()
    assert len(library.questions) > 100


def test_files_that_are_no_questions_are_passed_over(tmp_path: Path, question: Callable[[str], str]) -> None:
    (tmp_path / "questions.yaml").write_text(HEAD + question("mine"))
    (tmp_path / "scenario.yaml").write_text("apiVersion: quizgame/v1\nkind: Scenario\nid: x\n")
    (tmp_path / "pods.yaml").write_text("apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\n")
    (tmp_path / ".hidden.yaml").write_text("nonsense: [")
    (tmp_path / "notes.txt").write_text("no yaml")
    library = load_library([tmp_path])
    assert list(library.questions) == ["mine"]
    assert not library.problems


def test_link_that_leads_outside_the_folder_is_not_followed(tmp_path: Path, question: Callable[[str], str]) -> None:
    (tmp_path / "outside.yaml").write_text(HEAD + question("outside"))
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    assert not load_library([folder]).questions


def test_digest_changes_with_the_text_alone(tmp_path: Path, question: Callable[[str], str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(HEAD + question("a"))
    before = load_library([tmp_path]).digest
    assert load_library([tmp_path]).digest == before
    path.write_text(HEAD + question("a").replace("two", "2nd"))
    assert load_library([tmp_path]).digest != before


def test_content_is_found_in_an_installation_and_in_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "quizgame"
    (package / "data" / "questions").mkdir(parents=True)
    monkeypatch.setattr(packfiles, "_PACKAGE", package)
    assert packfiles.builtin_folder("questions") == package / "data" / "questions"
    assert packfiles.builtin_folder("scenarios") == tmp_path / "site" / "scenarios"


def test_official_blueprint_has_the_weights_of_the_curriculum(blueprint: Blueprint) -> None:
    # Source: cncf/curriculum CCA_Curriculum.pdf, October 2024.
    assert [(domain.id, domain.weight) for domain in blueprint.domains] == [
        ("architecture", 20), ("network-policy", 18), ("service-mesh", 16), ("network-observability", 10),
        ("installation-and-configuration", 10), ("cluster-mesh", 10), ("ebpf", 10), ("bgp-and-external-networking", 6),
    ]  # fmt: skip
    assert sum(len(domain.competencies) for domain in blueprint.domains) == 27
    assert (blueprint.questions, blueprint.minutes, blueprint.pass_) == (60, 90, 75)


def test_blueprint_file_with_weights_that_miss_100_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "five.yaml"
    path.write_text(
        "apiVersion: quizgame/v1\nkind: Exam\nid: five\ntitle: Five\nquestions: 10\nminutes: 5\npass: 60\n"
        "kinds: [single]\ndomains:\n  - {id: a, title: A, weight: 40, competencies: [{id: b, title: B, target: 1}]}\n"
    )
    with pytest.raises(YamlError, match="the weights of the domains add up to 40, not 100"):
        load_blueprint(str(path))


def test_unknown_blueprint_is_told_with_a_close_name() -> None:
    with pytest.raises(QuizgameError, match=r'unknown blueprint "ccaa" \(did you mean "cca"\?\)'):
        load_blueprint("ccaa")
