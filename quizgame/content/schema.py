"""JSON Schemas of the pack formats, made from the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.content.blueprint import Blueprint
from quizgame.content.model import PackModel
from quizgame.content.questions import QuestionPack

FORMATS: Mapping[str, type[PackModel]] = {"question": QuestionPack, "exam": Blueprint}
"""Name of a format, as ``quizgame schema`` takes it → the model of its files."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a format."""
    return {"$schema": _DIALECT, **FORMATS[name].model_json_schema(by_alias=True)}
