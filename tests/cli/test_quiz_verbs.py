"""The verbs of the quiz, as scripts and instructors use them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quizgame.cli.main import main
from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import load_library
from quizgame.content.packfiles import builtin_folder
from quizgame.game.quiz.exam import ExamSession
from quizgame.game.quiz.plan import plan_exam
from quizgame.store.store import Store

Run = Callable[..., tuple[int, str, str]]
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUIZGAME_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> tuple[int, str, str]:
        try:
            status = main(words)
        except SystemExit as exit_:
            status = exit_.code if isinstance(exit_.code, int) else 1
        captured = capsys.readouterr()
        return int(status), captured.out, captured.err

    return call


def data(result: tuple[int, str, str]) -> Any:
    status, out, err = result
    assert (status, err) == (0, "")
    return json.loads(out)


def sit_exam(home: Path, seed: int, finish: bool = True) -> list[str]:
    library = load_library([builtin_folder("questions")])
    plan = plan_exam(library.questions.values(), load_blueprint(), seed=seed)
    with Store(home / "quizgame.db") as store:
        attempt = store.start_attempt("exam", subject="cca", seed=seed, payload=plan.started(), now=NOW)
        session = ExamSession(library.questions, store.events(attempt.id), store.journal(attempt.id))
        for item in session.items[:50]:
            session.answer(item.id, tuple(choice.key for choice in item.choices[: item.choose]), NOW)
        if finish:
            session.submit(NOW)
    return [item.id for item in plan.items]


# exam --plan


def test_plan_of_a_seed_is_sixty_distinct_questions_in_the_official_shares(run: Run) -> None:
    plan = data(run("exam", "--plan", "--seed", "7", "--json"))
    assert all(list(item) == ["id", "domain", "competency"] for item in plan)
    assert len({item["id"] for item in plan}) == 60
    counts = Counter(item["domain"] for item in plan)
    assert sorted(counts.values()) == [4, 6, 6, 6, 6, 9, 11, 12]
    assert data(run("exam", "--plan", "--seed", "7", "--json")) == plan
    assert data(run("exam", "--plan", "--seed", "8", "--json")) != plan


def test_plan_with_a_seed_ignores_history_and_without_one_leaves_the_last_mock_out(run: Run, home: Path) -> None:
    before = data(run("exam", "--plan", "--seed", "7", "--json"))
    asked = sit_exam(home, 7)
    assert data(run("exam", "--plan", "--seed", "7", "--json")) == before
    status, out, err = run("exam", "--plan", "--json")
    again = {item["id"] for item in json.loads(out)} & set(asked)
    assert status == 0
    assert len(again) < 30
    assert err == (
        "" if not again else f"{len(again)} questions were in the last mock too: the bank has too few others\n"
    )


def test_plan_makes_no_database(run: Run, home: Path) -> None:
    run("exam", "--plan")
    run("stats")
    assert not home.exists()


def test_plan_that_the_bank_cannot_fill_is_told(run: Run) -> None:
    status, out, err = run("exam", "--plan", "--seed", "1", "--questions", "5000")
    assert (status, out) == (2, "")
    assert err.startswith("quizgame: the bank is too small for an exam of 5000 questions: architecture has ")
    assert run("exam", "--plan", "--questions", "0")[0] == 2
    assert run("exam", "--plan", "--blueprint", "nope")[0] == 2


# list


def test_questions_are_listed_as_agreed(run: Run) -> None:
    rows = data(run("list", "questions", "--json"))
    assert len(rows) >= 120
    for row in rows:
        assert row["kind"] in {"single", "multiple", "ordering", "matching", "fill-in", "spot"}
        assert row["difficulty"] in {"easy", "medium", "hard"}
        assert row["sources"]
        assert bool(row["options"]) is (row["answer"] is None)
        assert all(option["reason"] for option in row["options"])
    only = data(run("list", "questions", "--domain", "ebpf", "--json"))
    assert {row["domain"] for row in only} == {"ebpf"}
    assert run("list", "questions")[1].count("\n") == len(rows)


def test_unknown_domain_is_wrong_usage(run: Run) -> None:
    for words in (("list", "questions"), ("list", "domains"), ("export", "--format", "csv", "-")):
        status, out, err = run(*words, "--domain", "ebfp")
        assert (status, out) == (2, "")
        assert err.startswith('quizgame: unknown domain "ebfp" (did you mean "ebpf"?)')


def test_domains_are_listed_with_their_competencies(run: Run) -> None:
    rows = data(run("list", "domains", "--json"))
    assert [row["weight"] for row in rows] == [20, 18, 16, 10, 10, 10, 10, 6]
    assert sum(len(row["competencies"]) for row in rows) == 27


def test_pack_of_a_folder_is_listed_and_a_missing_folder_told(run: Run, tmp_path: Path) -> None:
    samples = Path(__file__).parents[1] / "content" / "samples"
    assert "single-deny" in {row["id"] for row in data(run("list", "questions", "--pack", str(samples), "--json"))}
    assert run("list", "questions", "--pack", "nowhere") == (
        2, "", "quizgame: no folder nowhere (--pack takes a folder of packs)\n"
    )  # fmt: skip


def test_bad_pack_of_the_user_is_told_and_the_rest_is_used(run: Run, home: Path) -> None:
    (home / "packs").mkdir(parents=True)
    (home / "packs" / "bad.yaml").write_text("kind: Questions\nquestions: [\n")
    status, out, err = run("list", "questions", "--json")
    assert status == 0
    assert len(json.loads(out)) >= 120
    assert err.startswith(f"{home}/packs/bad.yaml:3:1: ")


# check


def test_built_in_packs_pass(run: Run) -> None:
    report = data(run("check", "--fast", "--json"))
    assert report["problems"] == []
    assert report["questions"] >= 120
    assert report["files"] >= 9
    assert {"scenarios", "scenarios_played", "labs_played"} <= report.keys()
    assert all(figure["within"] is not False for figure in report["figures"])


def test_problems_are_one_a_line_sorted_with_status_1(run: Run) -> None:
    Path("b.yaml").write_text(
        'apiVersion: quizgame/v1\nkind: Questions\ndomain: ebpf\nquestions:\n  - {id: x, promt: y, kind: fill-in, '
        'competency: role-of-ebpf, difficulty: easy, stem: s, versions: 1.19, answers: [a], normalise: word}\n'
    )  # fmt: skip
    Path("a.yaml").write_text("a: [\n")
    status, out, _ = run("check", "b.yaml", "a.yaml")
    assert status == 1
    lines = out.splitlines()
    assert lines[0].startswith("a.yaml:2:1: ")
    assert lines[1:3] == [
        'b.yaml:5:13: unknown key "promt" in question (did you mean "proof"?)',
        "b.yaml:5:101: versions: expected text, found 1.19: put it in quotes",
    ]
    status, out, _ = run("check", "--json", ".")
    report = json.loads(out)
    assert (status, report["files"], report["questions"]) == (1, 2, 0)
    assert report["problems"][1] == {
        "file": "b.yaml", "line": 5, "column": 13, "message": 'unknown key "promt" in question (did you mean "proof"?)'
    }  # fmt: skip


def test_id_in_two_files_is_told(run: Run) -> None:
    assert run("new", "question", "twice")[0] == 0
    text = Path("twice.yaml").read_text()
    Path("other.yaml").write_text(text)
    status, out, _ = run("check", "other.yaml", "twice.yaml")
    assert status == 1
    place = text[: text.index("id: twice")].count("\n") + 1
    assert out.splitlines()[0] == f'twice.yaml:{place}:9: id "twice" is taken by other.yaml:{place}'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("apiVersion: quizgame/v1\nkind: Qestions\n",
         'pack.yaml:2:7: unknown kind "Qestions": expected one of Questions,'),
        ("apiVersion: v1\nkind: Pod\n", 'pack.yaml:2:7: unknown kind "Pod": expected one of Questions,'),
        ("[]\n", "pack.yaml:1:1: expected a mapping, found a list"),
        ("# nothing\n", "pack.yaml:1:1: the file is empty"),
    ],
)  # fmt: skip
def test_file_that_is_no_pack_is_told(run: Run, text: str, problem: str) -> None:
    Path("pack.yaml").write_text(text)
    status, out, _ = run("check", "pack.yaml")
    assert status == 1
    assert out.startswith(problem)


def test_missing_path_is_wrong_usage(run: Run) -> None:
    assert run("check", "nowhere.yaml") == (2, "", "quizgame: no file or folder nowhere.yaml\n")


# new, schema


def test_starter_passes_check_and_overwrites_nothing(run: Run) -> None:
    assert run("new", "question", "my-question", "--domain", "ebpf") == (0, "my-question.yaml\n", "")
    status, out, _ = run("check", "my-question.yaml")
    assert (status, out) == (0, "proofs: 1 question, 4 claims executed\n1 file, 1 question, no problems\n")
    status, _, err = run("new", "question", "my-question")
    assert (status, err) == (2, "quizgame: my-question.yaml exists (choose another name, or move it away)\n")
    assert run("new", "question", "../Evil")[0] == 2
    assert "did you mean" in run("new", "question", "other", "--domain", "ebfp")[2]


@pytest.mark.parametrize("name", ["question", "exam"])
def test_schema_is_json(run: Run, name: str) -> None:
    schema = data(run("schema", name))
    assert schema["type"] == "object"
    assert schema["$schema"].startswith("https://json-schema.org/")


# stats


def test_stats_tell_what_was_done(run: Run, home: Path) -> None:
    empty = json.loads(run("stats", "--json")[1])
    assert (empty["answers"]["total"], empty["readiness"]["probability"]) == (0, None)
    sit_exam(home, 1)
    sit_exam(home, 2, finish=False)
    stats = data(run("stats", "--json"))
    assert stats["answers"]["total"] == 50
    assert stats["questions"]["seen"] == 50
    assert stats["attempts"]["exam"] == {"begun": 2, "finished": 1}
    (exam,) = stats["exams"]
    assert (exam["total"], exam["right"], exam["blueprint"]) == (60, stats["answers"]["right"], "cca")
    assert sum(domain["answers"] for domain in stats["domains"]) == 50
    assert 0 <= stats["readiness"]["low"] <= stats["readiness"]["probability"] <= stats["readiness"]["high"] <= 1
    text = run("stats")[1]
    assert "(by cca)" in text
    assert "to pass an exam by cca today" in text


def test_database_option_names_another_file(run: Run, home: Path, tmp_path: Path) -> None:
    sit_exam(home, 1)
    assert json.loads(run("stats", "--json", "--db", str(tmp_path / "none.db"))[1])["answers"]["total"] == 0
    assert data(run("stats", "--json", "--db", str(home / "quizgame.db")))["answers"]["total"] == 50


@pytest.mark.parametrize("words", [("stats",), ("export", "--format", "csv", "--what", "answers", "-")])
def test_database_that_is_not_there_is_told_and_not_made(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    missing = tmp_path / "new" / "folder" / "x.db"
    status, _, err = run(*words, "--db", str(missing))
    assert (status, err) == (0, f"there is no database {missing}: nothing is recorded there yet\n")
    assert not (tmp_path / "new").exists()


def test_damaged_database_is_one_clear_line(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "quizgame.db").write_text("nonsense")
    status, out, err = run("stats")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "is damaged" in err


def test_plan_up_to_an_exam(run: Run, home: Path) -> None:
    sit_exam(home, 3)
    until = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    plan = data(run("stats", "--until", until, "--json"))["plan"]
    assert plan["until"] == until
    assert sum(domain["a_day"] for domain in plan["domains"]) == plan["a_day"]
    assert plan["a_day"] * plan["days"] >= plan["questions"] > 0
    status, out, err = run("stats", "--until", until)
    assert (status, err) == (0, "")
    assert f"{plan['a_day']} questions a day up to {until}" in out
    assert "No promise." in out
    assert "plan" not in data(run("stats", "--json"))
    assert run("stats", "--until", "2020-01-01")[0] == 2
    assert "expected a day as YYYY-MM-DD" in run("stats", "--until", "tomorrow")[2]


# export, import


def test_exports_hold_every_question(run: Run) -> None:
    total = sum(not each["template"] for each in data(run("list", "questions", "--json")))
    status, out, err = run("export", "--format", "json", "bank.json")
    assert (status, out) == (0, "")
    assert all(line.startswith("json: not carried: ") for line in err.splitlines())
    assert len(json.loads(Path("bank.json").read_text())["questions"]) == total
    run("export", "--format", "anki", "bank.txt")
    notes = [line for line in Path("bank.txt").read_text().splitlines() if not line.startswith("#")]
    assert len(notes) == total
    assert run("export", "--format", "csv", "-")[1].startswith("id,domain,competency,kind")
    assert run("export", "--format", "csv", "no/such/folder.csv")[0] == 2


def test_answers_are_exported(run: Run, home: Path) -> None:
    sit_exam(home, 1)
    run("export", "--format", "json", "--what", "answers", "answers.json")
    rows = json.loads(Path("answers.json").read_text())["answers"]
    assert len(rows) == 50
    assert list(rows[0]) == ["instant", "kind", "item", "domain", "competency", "right", "confidence", "response"]
    assert run("export", "--format", "anki", "--what", "answers", "x")[0] == 2
    assert run("export", "--format", "gift", "--what", "answers", "x")[0] == 2


def test_gift_export_is_imported_again_and_tells_what_it_left(run: Run, home: Path) -> None:
    status, out, err = run("export", "--format", "gift", "--domain", "ebpf", "bank.gift")
    assert (status, out) == (0, "")
    assert "gift: left out: GIFT has no spot questions (" in err
    rows = data(run("list", "questions", "--domain", "ebpf", "--json"))
    carried = [row for row in rows if row["kind"] not in ("spot", "ordering") and not row["template"]]
    assert f"{len(carried)} questions imported" in run("import", "--format", "gift", "bank.gift")[2]


def test_gift_import_becomes_a_pack_of_the_user(run: Run, home: Path) -> None:
    Path("class.gift").write_text("::First:: Which one? {=right#yes ~wrong#no ~other ~last}\n\nEssay {}\n")
    status, out, err = run("import", "--format", "gift", "--competency", "ipam", "class.gift")
    assert (status, out) == (0, f"{home / 'packs' / 'class-architecture.yaml'}\n")
    assert err.startswith("class.gift:3:1: left out: an essay")
    listed = {row["id"]: row for row in data(run("list", "questions", "--json"))}
    assert listed["first"]["competency"] == "ipam"
    assert [option["text"] for option in listed["first"]["options"] if option["correct"]] == ["right"]
    status, _, err = run("import", "--format", "gift", "--competency", "ipam", "class.gift")
    assert status == 2
    assert "exists" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe", "is not UTF-8"), (b"", "holds no question"), (None, "cannot read")],
)
def test_import_that_cannot_be_is_told(run: Run, home: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        Path("x.gift").write_bytes(content)
    status, out, err = run("import", "--format", "gift", "x.gift")
    assert (status, out) == (2, "")
    assert message in err
    assert not (home / "packs").exists()


def test_listing_loads_no_store_and_no_screen(home: Path) -> None:
    code = (
        "import sys; from quizgame.cli.main import main; main(['list', 'domains']); "
        "sys.exit(any(name in sys.modules for name in ('textual', 'sqlite_utils', 'fsrs')))"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
