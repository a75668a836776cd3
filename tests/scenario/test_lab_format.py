"""The format of labs: each slip is told with its place, and what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.checking import candidates, check_packs
from quizgame.content.scenarios import ScenarioSource, load_scenarios, source_of
from quizgame.content.schema import json_schema
from quizgame.yamlsource.loader import load_document
from quizgame.yamlsource.place import YamlError


def problems_of(text: str) -> list[str]:
    with pytest.raises(YamlError) as caught:
        source_of(load_document(text, "scenario.yaml"), Path(), text.encode())
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("debrief: |", "debreif: |", 'unknown key "debreif" in lab (did you mean "debrief"?)'),
        ("  - id: close-it", "  - id: see-it-open", 'task "see-it-open" appears twice'),
        ("correct: true", "correct: false", "exactly one option must be correct, none is"),
        ("          reason: It never", "          correct: true\n          reason: It never", "2 are"),
        ("- fails: {", "- fials: {", 'unknown key "fials" in check (did you mean "fails"?)'),
        ("outcome: ok}}", "outcome: ok}, flow: {}}", "a fact is a mapping with one key"),
        ("seen: {probe:", "seen: {prob:", 'unknown kind of fact "prob" (did you mean "probe"?)'),
        ("      - fails: {", "      - ever: true\n        fails: {", "ever goes with seen"),
        ("condition: {type: Valid}", "condition: {type: Valid}, absent: true", "has neither field nor condition"),
        ('field: "spec.ingress[0].fromEndpoints*app", value: front', "value: front", "a value needs the field"),
        ("    explain: |\n      A rule says", "    explian: |\n      A rule says", 'missing key "explain" in task'),
        ("minutes: 10", "minutes: soon", "minutes: expected a whole number, found 'soon'"),
        ("kind: Lab", "kind: Labs", 'expected "Scenario", found'),
    ],
)  # fmt: skip
def test_each_slip_is_told_with_its_line(lab_text: str, old: str, new: str, message: str) -> None:
    assert old in lab_text
    text = lab_text.replace(old, new, 1)
    found = problems_of(text)
    told = [problem for problem in found if message in problem]
    assert told, found
    file, line, column, _ = told[0].split(":", 3)
    assert file == "scenario.yaml"
    # What was changed, or the mapping around it, which begins some lines above.
    changed = lab_text[: lab_text.index(old)].count("\n") + 1
    assert 0 <= changed + new.count("\n") - int(line) <= (30 if "missing" in message else 8)
    assert int(column) >= 1


def test_a_task_without_anything_to_check_is_none(lab_text: str) -> None:
    start = lab_text.index("    done:\n      #") if "    done:\n      #" in lab_text else lab_text.index("    done:")
    end = lab_text.index("    # In the order in which they are given", start)
    assert any("a task needs done or ask" in problem for problem in problems_of(lab_text[:start] + lab_text[end:]))


def test_labs_and_scenarios_lie_in_one_library(lab_text: str, starter_text: str, tmp_path: Path) -> None:
    for name, text in (("lab", lab_text), ("scenario", starter_text)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "scenario.yaml").write_text(text)
    library = load_scenarios([tmp_path])
    assert library.problems == ()
    assert {source.id: source.kind for source in library.sources.values()} == {
        "first-lab": "lab",
        "starter": "scenario",
    }
    report = check_packs(candidates([tmp_path]), load_blueprint())
    assert (report.problems, len(report.scenarios), len(report.labs), len(report.playable)) == ((), 1, 1, 2)


def test_what_is_drawn_keeps_its_kind(make_lab: object, lab_text: str) -> None:
    source: ScenarioSource = make_lab()  # type: ignore[operator]  # a fixture that makes sources
    drawn = source.draw(1)
    assert drawn.lab.id == "first-lab"
    with pytest.raises(TypeError, match="first-lab is a Lab"):
        _ = drawn.scenario


def test_the_schema_describes_tasks_and_facts() -> None:
    schema = json_schema("lab")
    assert set(schema["required"]) >= {"id", "briefing", "world", "tasks", "debrief"}
    check = schema["$defs"]["TaskCheck"]["properties"]
    assert set(check) == {"seen", "ever", "works", "fails", "object", "any", "all", "cluster"}
    assert "flow" in schema["$defs"]["Wanted"]["properties"]
    assert all(part.get("description") for part in check.values() if "$ref" not in part)
