"""Schema, starter, writer and exports say the same as the models."""

from __future__ import annotations

import csv
import json
from html import unescape
from io import StringIO

import pytest
import yaml

from quizgame.content.blueprint import Blueprint
from quizgame.content.interchange.anki import anki_notes
from quizgame.content.interchange.records import question_record
from quizgame.content.interchange.tables import questions_csv
from quizgame.content.library import Library, build_library
from quizgame.content.lint.bank import lint
from quizgame.content.packfiles import PackFile
from quizgame.content.packwriter import pack_text
from quizgame.content.schema import FORMATS, json_schema
from quizgame.content.starter import question_starter


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_schema_describes_every_key(name: str) -> None:
    schema = json_schema(name)
    json.dumps(schema)
    models = [schema, *schema["$defs"].values()]
    for model in models:
        if model.get("type") == "object":
            assert model["additionalProperties"] is False
            for key, field in model["properties"].items():
                assert "description" in field, (model["title"], key)


def test_schema_of_questions_names_all_kinds() -> None:
    items = json_schema("question")["properties"]["questions"]["items"]
    assert set(items["discriminator"]["mapping"]) == {"single", "multiple", "ordering", "matching", "fill-in", "spot"}


def test_starter_passes_every_check(blueprint: Blueprint) -> None:
    text = question_starter("my-question", "network-policy", "interpret-policies")
    library = build_library([PackFile("my-question.yaml", text.encode())])
    assert not library.problems
    assert list(library.questions) == ["my-question"]
    assert lint(library.questions.values(), blueprint).problems == ()


def test_written_pack_reads_back_the_same(samples: Library) -> None:
    for entry in samples.questions.values():
        data = entry.question.model_dump(mode="json", exclude_none=True)
        text = pack_text(entry.domain, [data])
        (read,) = build_library([PackFile("x.yaml", text.encode())]).questions.values()
        assert read.question == entry.question
        assert yaml.safe_load(text)["questions"][0]["id"] == entry.id


@pytest.mark.parametrize("awkward", ["no", "1.20", "a: b", "- x", "first\nsecond", "  led", "tail\n", "#", "'", "é →"])
def test_awkward_text_survives_writing(samples: Library, awkward: str) -> None:
    data = samples.questions["single-deny"].question.model_dump(mode="json", exclude_none=True) | {"stem": awkward}
    library = build_library([PackFile("x.yaml", pack_text("ebpf", [data]).encode())])
    assert library.questions["single-deny"].question.stem == awkward


def test_record_has_the_agreed_keys_and_an_answer_where_there_are_no_options(samples: Library) -> None:
    for entry in samples.questions.values():
        record = question_record(entry)
        assert list(record) == [
            "id", "domain", "competency", "kind", "difficulty", "stem", "options", "exhibit", "answer", "explanation",
            "sources", "versions", "tags", "proof", "template",
        ]  # fmt: skip
        if record["kind"] in ("single", "multiple"):
            assert record["answer"] is None
            assert all(set(option) == {"text", "correct", "reason"} for option in record["options"])
        else:
            assert record["options"] == []
            assert record["answer"]
    assert (
        question_record(samples.questions["spot-selector"])["exhibit"] == "spec:\n  endpointSelector: {}\n  ingress: []"
    )


def test_csv_holds_every_question_and_reads_back(samples: Library) -> None:
    rows = list(csv.DictReader(StringIO(questions_csv(samples.questions.values()))))
    assert [row["id"] for row in rows] == list(samples.questions)
    first = rows[0]
    assert (first["option_2"], first["correct"], first["option_5"]) == ("Shop", "1", "")
    assert first["reasons"].split("\n")[0] == "Deny is decided before allow."


def test_anki_notes_have_five_fields_and_keep_markup_as_text(samples: Library, blueprint: Blueprint) -> None:
    lines = anki_notes(samples.questions.values(), blueprint).splitlines()
    header = [line for line in lines if line.startswith("#")]
    assert header[:2] == ["#separator:tab", "#html:true"]
    assert "#columns:id\tFront\tBack\tDeck\tTags" in header
    notes = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(notes) == len(samples.questions)
    assert all(len(fields) == 5 for fields in notes)
    spot = next(fields for fields in notes if fields[0] == "quizgame-spot-drop")
    assert "a -&gt; c" in spot[1]
    assert "<b>a -> c policy-verdict:none INGRESS DENIED</b>" in unescape(spot[2])
    assert spot[3] == "Cilium Certified Associate::Network Policy"
