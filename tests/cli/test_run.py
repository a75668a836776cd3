"""``quizgame run`` as a process, as the contract has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from quizgame.content.scenario.starter import scenario_starter

SUBMITTED_KEYS = ["scenario", "seed", "commands", "steps", "deductions", "score", "max", "passed", "solved"]


def quizgame(home: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "quizgame", *words],
        input=stdin,
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "QUIZGAME_HOME": str(home)},
    )


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "scenario.yaml"
    path.write_text(scenario_starter("starter", "network-policy", "interpret-policies"))
    return str(path)


def test_json_has_what_the_contract_says(tmp_path: Path, scenario: str) -> None:
    lines = ["hubble observe --verdict DROPPED --last 3", "nonsense", "answer cause 1", "hint"]
    done = quizgame(
        tmp_path, "run", scenario, *(word for line in lines for word in ("-c", line)), "--json", "--seed", "3"
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert list(told) == SUBMITTED_KEYS
    assert (told["scenario"], told["seed"], told["max"]) == ("starter", 3, 100)
    assert [command["line"] for command in told["commands"]] == lines
    assert [list(command) for command in told["commands"]] == [["line", "exit", "stdout", "stderr", "facts"]] * 4
    assert told["commands"][1]["exit"] == 127
    assert told["commands"][1]["stderr"].endswith("nonsense: command not found\n")
    assert any(fact.startswith("flow(") for fact in told["commands"][0]["facts"])
    assert [step["id"] for step in told["steps"]] == ["drop", "selector", "cause", "repair", "proof"]
    assert told["steps"][0] == {"id": "drop", "kind": "evidence", "points": 20, "earned": 20, "command": 0}
    assert told["steps"][3] == {"id": "repair", "kind": "repair", "points": 25, "earned": 0, "command": None}
    assert told["deductions"] == [{"reason": "hint 1 of 2", "points": 3, "command": 3}]
    assert (told["solved"], told["passed"]) == (False, False)
    earned = sum(step["earned"] for step in told["steps"])
    assert told["score"] == earned - 3


def test_the_transcript_is_the_lines_and_their_output(tmp_path: Path, scenario: str) -> None:
    done = quizgame(tmp_path, "run", scenario, "-c", "echo one; echo two >&2", "-c", "score")
    assert done.returncode == 0
    assert done.stdout.startswith("$ echo one; echo two >&2\none\ntwo\n$ score\n0 points so far")
    assert "\n0 of 100 points, not solved, not passed\n" in done.stdout


def test_a_script_is_the_same_as_its_lines(tmp_path: Path, scenario: str) -> None:
    script = "# a comment\n\ncat <<EOF\na\nb\nEOF\nfor i in 1 2\ndo echo $i\ndone\n"
    file = tmp_path / "script"
    file.write_text(script)
    by_file = quizgame(tmp_path, "run", scenario, "--script", str(file))
    by_stdin = quizgame(tmp_path, "run", scenario, "--script", "-", stdin=script)
    by_lines = quizgame(tmp_path, "run", scenario, "-c", "cat <<EOF\na\nb\nEOF", "-c", "for i in 1 2\ndo echo $i\ndone")
    assert by_file.stdout.startswith("$ cat <<EOF\na\nb\nEOF\na\nb\n$ for i in 1 2\ndo echo $i\ndone\n1\n2\n")
    assert by_file.stdout == by_stdin.stdout == by_lines.stdout


def test_same_scenario_seed_and_lines_give_the_same_bytes(tmp_path: Path) -> None:
    lines = [
        "brief",
        "kubectl get pods -A -o wide",
        "hubble observe --last 50 -o jsonpb",
        "kubectl get events -A",
        "steps",
    ]
    words = ["run", "mesh-policy-drop", "--seed", "5", *(word for line in lines for word in ("-c", line))]
    first, second = quizgame(tmp_path, *words), quizgame(tmp_path, *words)
    assert first.stdout == second.stdout
    assert first.stdout.count("\n") > 100
    other = quizgame(tmp_path, *[*words[:3], "6", *words[4:]])
    assert other.stdout != first.stdout


def test_a_submission_ends_the_scoring_and_opens_why(tmp_path: Path, scenario: str) -> None:
    done = quizgame(tmp_path, "run", scenario, "-c", "submit", "-c", "help", "-c", "hint", "--json")
    told = json.loads(done.stdout)
    assert [command["exit"] for command in told["commands"]] == [0, 0, 1]
    assert "An expert's way" in told["commands"][0]["stdout"]
    assert told["deductions"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["mesh-policy-dorp"], 'unknown scenario or lab "mesh-policy-dorp" (did you mean "mesh-policy-drop"?)'),
        (["no/such.yaml"], "no/such.yaml: no such file"),
        (["mesh-policy-drop", "--script", "/no/such"], "/no/such: cannot read: No such file or directory"),
        (["mesh-policy-drop", "--colour"], "unrecognized arguments: --colour"),
        (["mesh-policy-drop", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
    ],
)
def test_wrong_use_exits_with_2(tmp_path: Path, words: list[str], message: str) -> None:
    done = quizgame(tmp_path, "run", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_scenario_is_told_with_its_places(tmp_path: Path, scenario: str) -> None:
    path = Path(scenario)
    path.write_text(path.read_text().replace("minutes: 10", "minutes: ten"))
    done = quizgame(tmp_path, "run", scenario)
    assert done.returncode == 2
    assert "minutes: expected a whole number, found 'ten'" in done.stderr


def test_scenarios_are_listed(tmp_path: Path) -> None:
    listed = json.loads(quizgame(tmp_path, "list", "scenarios", "--json").stdout)
    assert {"mesh-policy-drop", "l7-method-denied", "always-without-baseline"} <= {each["id"] for each in listed}
    assert list(listed[0]) == ["id", "title", "domain", "competencies", "kind", "difficulty", "minutes"]


def test_a_new_scenario_proves_itself_and_a_spoilt_one_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    begin = [sys.executable, "-m", "quizgame", "new", "scenario", "my-first"]
    environment = {**os.environ, "QUIZGAME_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    assert subprocess.run(begin, cwd=folder, env=environment, check=False, capture_output=True).returncode == 0
    again = subprocess.run(begin, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    assert (again.returncode, "exists" in again.stderr) == (2, True)
    path = folder / "my-first" / "scenario.yaml"
    path.write_text(path.read_text().replace("--max-time 5 http://api/", "--max-time 5 http://nowhere/"))
    checked = quizgame(tmp_path, "check", str(folder), "--json")
    told = json.loads(checked.stdout)
    assert (checked.returncode, told["scenarios"], told["files"]) == (1, 1, 1)
    played = told["scenarios_played"][0]
    assert (played["id"], played["seeds"], played["expert"]) == ("my-first", 5, 90)
    assert max(played["naive"].values()) <= 45
    assert all(problem["line"] > 100 for problem in told["problems"])
    fast = json.loads(quizgame(tmp_path, "check", str(folder), "--json", "--fast").stdout)
    assert (fast["scenarios_played"], fast["problems"]) == ([], [])
