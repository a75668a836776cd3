"""The starter of ``quizgame new scenario``: a small scenario that proves itself, with the format explained in it.

The comments are the descriptions in the models, so that they say what the format is; the scenario stands beside this
module as a file.
"""

from __future__ import annotations

import re
from importlib.resources import files
from textwrap import wrap

from pydantic import BaseModel

from quizgame.content.scenario import scenario, steps, world

_COLUMN = 110
_MARK = re.compile(r"(?P<indent> *)#\? (?P<model>\w+)(?:\.(?P<field>\w+))?")
_MODULES = (scenario, steps, world)


def scenario_starter(name: str, domain: str, competency: str) -> str:
    """The text of the file.

    Args:
        name: The scenario's id.
        domain: Its domain.
        competency: One of that domain.
    """
    text = files("quizgame.content.scenario").joinpath("starter.yaml").read_text(encoding="utf-8")
    values = {"@NAME@": name, "@DOMAIN@": domain, "@COMPETENCY@": competency}
    for mark, value in values.items():
        text = text.replace(mark, value)
    return "".join(f"{line}\n" for written in text.splitlines() for line in _expanded(written))


def _expanded(line: str) -> list[str]:
    found = _MARK.fullmatch(line)
    if found is None:
        return [line]
    indent = found["indent"]
    model = _model(found["model"])
    field = found["field"]
    description = model.model_fields[field].description if field else model.__doc__
    return [f"{indent}# {part}" for part in wrap(description or "", _COLUMN - len(indent))]


def _model(name: str) -> type[BaseModel]:
    for module in _MODULES:
        found = getattr(module, name, None)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    raise LookupError(name)
