"""The starters of ``quizgame new``: a small scenario and a small lab that prove themselves and explain the format.

The comments are the descriptions in the models, so that they say what the format is; the files stand beside this
module.
"""

from __future__ import annotations

import re
from importlib.resources import files
from textwrap import wrap

from pydantic import BaseModel

from quizgame.content.scenario import lab, scenario, steps, world

_COLUMN = 110
_MARK = re.compile(r"(?P<indent> *)#\? (?P<model>\w+)(?:\.(?P<field>\w+))?")
_MODULES = (scenario, lab, steps, world)


def scenario_starter(name: str, domain: str, competency: str) -> str:
    """The text of a scenario's file.

    Args:
        name: Its id.
        domain: Its domain.
        competency: One of that domain.
    """
    return _starter("starter.yaml", name, domain, competency)


def lab_starter(name: str, domain: str, competency: str) -> str:
    """The text of a lab's file.

    Args:
        name: Its id.
        domain: Its domain.
        competency: One of that domain.
    """
    return _starter("lab_starter.yaml", name, domain, competency)


def _starter(file: str, name: str, domain: str, competency: str) -> str:
    text = files("quizgame.content.scenario").joinpath(file).read_text(encoding="utf-8")
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
