"""Labs through the verbs, as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CALL = "kubectl -n shop exec deploy/front -- curl -s -o /dev/null -w '%{http_code}\\n' http://api/"


def quizgame(home: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "quizgame", *words],
        capture_output=True, text=True, check=False, timeout=120, cwd=cwd,
        env={**os.environ, "QUIZGAME_HOME": str(home)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new lab, as an author begins it."""
    place = tmp_path_factory.mktemp("author")
    done = quizgame(place, "new", "lab", "my-lab", cwd=place)
    assert (done.returncode, done.stdout) == (0, "my-lab/scenario.yaml\n")
    # Drawn names would differ by the seed; the tests are about one of them.
    path = place / "my-lab" / "scenario.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("ns: [shop, clinic, museum]", "ns: [shop]"))
    return place / "my-lab"


def test_a_new_lab_proves_itself(folder: Path, tmp_path: Path) -> None:
    done = quizgame(tmp_path, "check", str(folder), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["problems"]) == (0, [])
    assert told["labs_played"] == [{"id": "my-lab", "tasks": 3}]
    assert (told["labs"], told["scenarios"], told["scenarios_played"]) == (1, 0, [])
    assert "my-lab: lab, 3 tasks done" in quizgame(tmp_path, "check", str(folder)).stdout


def test_a_spoilt_one_does_not(folder: Path, tmp_path: Path) -> None:
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    (tmp_path / "scenario.yaml").write_text(text.replace("kubectl apply -f closed.yaml\n", "kubectl apply -f x.yaml\n"))
    done = quizgame(tmp_path, "check", str(tmp_path / "scenario.yaml"))
    row = text[: text.index("kubectl apply -f closed.yaml\n")].count("\n") + 1
    assert done.returncode == 1
    assert f'scenario.yaml:{row}:1: the solution\'s line fails: error: the path "x.yaml" does not exist' in done.stdout
    fast = quizgame(tmp_path, "check", str(tmp_path / "scenario.yaml"), "--fast")
    assert fast.returncode == 0, "it is only wrong when it is played"


@pytest.mark.parametrize("name", ["folder", "file", "relative"])
def test_a_lab_is_named_by_folder_or_file(folder: Path, tmp_path: Path, name: str) -> None:
    path = {"folder": str(folder), "file": str(folder / "scenario.yaml"), "relative": "my-lab"}[name]
    done = quizgame(tmp_path, "run", path, "-c", CALL, cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[0] == "Task 1 of 3: See that everything is open"
    at = rows.index(f"$ {CALL}")
    assert rows[at + 1 : at + 4] == ["200", "", "[x] 1 of 3: See that everything is open"]
    assert "Task 2 of 3: Close the door" in rows
    assert "1 of 3 tasks done" in rows
    assert rows[-1].startswith("Nothing is closed before something selects it")


def test_the_result_as_json(folder: Path, tmp_path: Path) -> None:
    lines = [
        CALL,
        "kubectl apply -f closed.yaml",
        CALL,
        "answer close-it 'The packet'",
        "kubectl delete cnp -n shop api",
    ]
    options = [word for line in lines for word in ("-c", line)]
    done = quizgame(tmp_path, "run", str(folder), *options, "--json", "--seed", "4")
    told = json.loads(done.stdout)
    assert list(told) == ["scenario", "seed", "commands", "steps", "deductions", "score", "max", "passed", "solved"]
    assert told["steps"] == [
        {"id": "see-it-open", "kind": "task", "points": 33, "earned": 33, "command": 0},
        {"id": "close-it", "kind": "task", "points": 33, "earned": 33, "command": 3},
        {"id": "open-it", "kind": "task", "points": 34, "earned": 0, "command": None},
    ]
    assert (told["score"], told["max"], told["passed"], told["solved"]) == (66, 100, False, False)
    assert (told["scenario"], told["seed"], told["deductions"]) == ("my-lab", 4, [])
    assert "[x] 1 of 3" in told["commands"][0]["told"]
    assert told["commands"][0]["stdout"] == "200\n"
    assert "told" not in told["commands"][1]
    again = quizgame(tmp_path, "run", str(folder), *options, "--json", "--seed", "4")
    assert again.stdout == done.stdout


def test_labs_are_listed_by_their_kind(folder: Path, tmp_path: Path) -> None:
    done = quizgame(tmp_path, "list", "scenarios", "--json", "--pack", str(folder.parent))
    (own,) = [row for row in json.loads(done.stdout) if row["id"] == "my-lab"]
    assert own["kind"] == "lab"
    assert own["competencies"]
    assert {row["kind"] for row in json.loads(done.stdout)} == {"scenario", "lab"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda place: None, "the folder holds no scenario and no lab"),
        (lambda place: (place / "one.yaml").write_text("kind: Lab\n"), 'one.yaml:1:1: missing key "apiVersion" in lab'),
    ],
)
def test_a_folder_without_one_is_told(tmp_path: Path, make: object, message: str) -> None:
    place = tmp_path / "empty"
    place.mkdir()
    make(place)  # type: ignore[operator]  # one of the two functions above
    done = quizgame(tmp_path, "run", str(place))
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_folder_of_several_asks_for_one(folder: Path, tmp_path: Path) -> None:
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(text.replace("id: my-lab", f"id: {name}"))
    done = quizgame(tmp_path, "run", str(tmp_path))
    assert done.returncode == 2
    assert "several lie in it: one, two" in done.stderr


def test_the_schema_of_labs(tmp_path: Path) -> None:
    schema = json.loads(quizgame(tmp_path, "schema", "lab").stdout)
    assert "tasks" in schema["properties"]
