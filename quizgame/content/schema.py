"""JSON Schemas of the pack formats, made from the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.content.blueprint import Blueprint
from quizgame.content.model import PackModel
from quizgame.content.questions import QuestionPack
from quizgame.content.scenario.exercise import Exercise
from quizgame.content.scenario.lab import Lab
from quizgame.content.scenario.scenario import Scenario
from quizgame.content.scenario.variables import PLACEHOLDER_PATTERN

FORMATS: Mapping[str, type[PackModel]] = {
    "question": QuestionPack,
    "exam": Blueprint,
    "scenario": Scenario,
    "lab": Lab,
}
"""Name of a format, as ``quizgame schema`` takes it → the model of its files."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a format."""
    model = FORMATS[name]
    schema = {"$schema": _DIALECT, **model.model_json_schema(by_alias=True)}
    return _with_placeholders(schema) if issubclass(model, Exercise) else schema


def _with_placeholders(node: Any) -> Any:
    """The schema with ``${name}`` accepted wherever a number is: a variable may stand for it."""
    if isinstance(node, dict):
        changed = {key: _with_placeholders(value) for key, value in node.items()}
        if changed.get("type") == "integer":
            about = {key: changed.pop(key) for key in ("title", "description", "default") if key in changed}
            return {**about, "anyOf": [changed, {"type": "string", "pattern": PLACEHOLDER_PATTERN}]}
        return changed
    if isinstance(node, list):
        return [_with_placeholders(item) for item in node]
    return node
