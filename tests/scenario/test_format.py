"""The format: variables, located problems, files beside a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.checking import candidates, check_packs
from quizgame.content.library import load_library
from quizgame.content.scenario.variables import UnknownVariable, draw, substitute
from quizgame.content.scenarios import load_scenarios, source_of
from quizgame.content.schema import json_schema
from quizgame.yamlsource.loader import load_document
from quizgame.yamlsource.place import YamlError


def problems_of(text: str, folder: Path = Path()) -> list[str]:
    with pytest.raises(YamlError) as caught:
        source_of(load_document(text, "scenario.yaml"), folder, text.encode())
    return [str(problem) for problem in caught.value.problems]


class TestVariables:
    def test_a_whole_placeholder_keeps_the_type_of_its_value(self) -> None:
        filled = substitute({"port": "${port}", "text": "on ${port}"}, {"port": 5432})
        assert filled == {"port": 5432, "text": "on 5432"}

    def test_parts_that_belong_together_are_drawn_together(self) -> None:
        vary: Any = {"app": [{"ns": "a", "api": "x"}, {"ns": "b", "api": "y"}]}
        seen = {substitute("${app.ns}/${app.api}", draw(vary, seed, "s")) for seed in range(20)}
        assert seen == {"a/x", "b/y"}

    def test_a_further_variable_moves_none_of_the_others(self) -> None:
        values: Any = {"a": [1, 2, 3, 4, 5, 6, 7]}
        before = [draw(values, seed, "s")["a"] for seed in range(10)]
        assert [draw({"new": [1, 2], **values}, seed, "s")["a"] for seed in range(10)] == before
        assert len(set(map(str, before))) > 2

    def test_a_doubled_dollar_stands_for_itself(self) -> None:
        assert substitute("$${HOME} ${x}", {"x": "y"}) == "${HOME} y"

    def test_an_unknown_name_is_an_error(self) -> None:
        with pytest.raises(UnknownVariable, match=r"\$\{y\}"):
            substitute("${y}", {"x": "1"})


class TestProblemsHavePlaces:
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("briefing: |", "breifing: |", 'unknown key "breifing" in scenario (did you mean "briefing"?)'),
            ("kind: repair\n    points: 25", "kind: repair\n    points: 26", "the points of the steps add up to 101"),
            ('${ns}/front", to: "api:80", every', '${nss}/front", to: "api:80", every', '"${nss}" names no variable'),
            ("verdict: DROPPED", "verdickt: DROPPED", 'no attribute "verdickt" (did you mean "verdict"?)'),
            ("      object: {kind", "      objekt: {kind", 'unknown kind of fact "objekt" (did you mean "object"?)'),
            ("wrong: [frontend, web, ui]", 'wrong: [frontend, "${ns}"]', "values are drawn as they stand"),
            ("wrong: [frontend, web, ui]", "wrong: [frontend, {}]", 'the values of "wrong" differ in their parts'),
            ("every: 3s", "every: 3 seconds", '"3 seconds" is no duration'),
            ("rulesOut: [wrong-target-port]", "rulesOut: [nothing]", '"nothing" is named as a decoy and is none'),
            ("correct: true", "correct: false", "no option is correct"),
            ('port: "${port}", verdict', "port: [1], verdict", "expected"),
            ("kind: verification", "kind: verificaton", 'unknown kind "verificaton"'),
            ('{from: "${ns}/cleaner", to: "api:80"', '{from: "cleaner", to: "api:80"', '"cleaner" names no workload'),
            ('{from: "${ns}/cleaner", to: "api:80"', '{from: "${ns}/cleaner", to: "api"', "give the port once"),
        ],
    )  # fmt: skip
    def test_each_slip_is_told_with_its_line(self, starter_text: str, old: str, new: str, message: str) -> None:
        assert old in starter_text
        found = problems_of(starter_text.replace(old, new, 1))
        assert any(message in problem for problem in found), found
        line = int(found[0].split(":")[1])
        assert 1 <= line <= starter_text.count("\n") + 1

    @pytest.mark.parametrize(
        ("old", "new", "row"),
        [
            ("kind: repair\n    points: 25", "kind: repair\n    points: 26", "steps:"),
            ("  - id: selector", "  - id: drop", "- id: drop"),
            ("rulesOut: [wrong-target-port]", "rulesOut: [nothing]", "rulesOut: [nothing]"),
            ("  - id: proof\n    kind: verification\n    points: 10", "  - {id: a, kind: verification, points: 5}\n"
             "  - {id: b, kind: verification, points: 5}", "steps:"),
            ("  clusters:\n    - name: prod", "  mesh: {connected: [[prod, elsewhere]]}\n  clusters:\n    - name: prod",
             "mesh: {connected: [[prod, elsewhere]]}"),
        ],
    )  # fmt: skip
    def test_what_concerns_the_whole_points_at_the_key(self, starter_text: str, old: str, new: str, row: str) -> None:
        assert old in starter_text
        text = starter_text.replace(old, new, 1)
        places = [int(problem.split(":")[1]) for problem in problems_of(text)]
        assert [text.splitlines()[line - 1].strip() for line in places] == [row]

    def test_an_action_is_one_thing(self, starter_text: str) -> None:
        twice = starter_text.replace(
            "fault:\n  - apply:", "fault:\n  - scale: {kind: Deployment, name: x, replicas: 0}\n    apply:", 1
        )
        assert any("an action is a mapping with one key" in problem for problem in problems_of(twice))

    def test_a_manifest_that_is_no_yaml_is_told_where_it_stands(self, starter_text: str) -> None:
        text = starter_text.replace("          metadata: {name: ${ns}}\n", "          metadata: {name: ${ns}\n", 1)
        source = source_of(load_document(text, "scenario.yaml"), Path(), text.encode())
        drawn = source.draw(0)
        with pytest.raises(YamlError) as caught:
            drawn.manifests(drawn.scenario.world.clusters[0].manifests, ("world", "clusters", 0, "manifests"))
        place = caught.value.problems[0].place
        broken_line = text[: text.index("{name: ${ns}\n")].count("\n") + 1
        assert broken_line <= place.line <= broken_line + 2


class TestFiles:
    def test_manifests_beside_the_scenario_are_templates(self, starter_text: str, tmp_path: Path) -> None:
        folder = tmp_path / "starter"
        folder.mkdir()
        (folder / "scenario.yaml").write_text(
            starter_text.replace("      manifests:\n", "      manifests:\n        - extra-*.yaml\n", 1)
        )
        (folder / "extra-1.yaml").write_text(
            'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${ns}}\ndata: {port: "${port}"}\n'
        )
        library = load_scenarios([tmp_path])
        assert not library.problems
        drawn = library.find("starter").draw(3)
        first = drawn.manifests(drawn.scenario.world.clusters[0].manifests, ("world", "clusters", 0, "manifests"))[0]
        assert first[1][0]["data"] == {"port": str(drawn.values["port"])}
        # Neither the bank nor the checker takes the template for a pack of its own.
        assert not load_library([tmp_path]).problems
        report = check_packs(candidates([tmp_path]), load_blueprint())
        assert (report.files, report.problems, len(report.playable)) == (1, (), 1)

    @pytest.mark.parametrize("name", ["missing.yaml", "../outside.yaml", "/etc/passwd"])
    def test_no_file_outside_the_folder_is_opened(self, starter_text: str, tmp_path: Path, name: str) -> None:
        (tmp_path / "outside.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n")
        folder = tmp_path / "pack"
        folder.mkdir()
        text = starter_text.replace("      manifests:\n", f"      manifests:\n        - {name}\n", 1)
        assert any("no file" in problem for problem in problems_of(text, folder))

    def test_one_broken_scenario_leaves_the_others_usable(self, starter_text: str, tmp_path: Path) -> None:
        for name, text in (("good", starter_text), ("bad", starter_text.replace("minutes: 10", "minutes: ten"))):
            (tmp_path / name).mkdir()
            (tmp_path / name / "scenario.yaml").write_text(text)
        library = load_scenarios([tmp_path])
        assert list(library.sources) == ["starter"]
        assert ["minutes: expected a whole number" in problem.message for problem in library.problems] == [True]


def test_unused_variables_and_unknown_subjects_are_problems(starter_text: str, tmp_path: Path) -> None:
    text = starter_text.replace("vary:\n", "vary:\n  idle: [1, 2]\n", 1).replace(
        "domain: network-policy", "domain: netwrk-policy"
    )
    (tmp_path / "scenario.yaml").write_text(text)
    messages = [problem.message for problem in check_packs(candidates([tmp_path]), load_blueprint()).problems]
    assert 'the variable "idle" is used nowhere' in messages
    assert any('unknown domain "netwrk-policy" (did you mean "network-policy"?)' in message for message in messages)


def test_the_schema_takes_a_variable_where_a_number_is_meant() -> None:
    schema = json_schema("scenario")
    port = schema["$defs"]["Probe"]["properties"]["port"]
    assert "pattern" in str(port)
    assert set(schema["required"]) >= {"id", "briefing", "world", "steps", "experts", "debrief"}
