"""The JSON Schemas that ship for editors are those that the program prints."""

from __future__ import annotations

import json

import pytest

from quizgame.content.packfiles import builtin_folder
from quizgame.content.schema import FORMATS, json_schema

FOLDER = builtin_folder("assets") / "schemas"


def test_every_format_has_its_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(FORMATS)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_file_is_what_the_program_prints(name: str) -> None:
    stored = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert stored == json_schema(name), "run `make schemas` and look at the difference"
