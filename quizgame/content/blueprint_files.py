"""Finds and loads blueprints: the built-in ones by name, others by file."""

from __future__ import annotations

from pathlib import Path

from quizgame.content.blueprint import Blueprint
from quizgame.content.packfiles import builtin_blueprints, read_pack_file
from quizgame.content.validation import check_model, close_match
from quizgame.errors import QuizgameError
from quizgame.yamlsource.loader import load_document
from quizgame.yamlsource.place import YamlError

DEFAULT = "cca"


def blueprint_names() -> list[str]:
    """The names of the built-in blueprints."""
    return sorted(path.stem for path in builtin_blueprints().glob("*.yaml"))


def load_blueprint(name: str = DEFAULT) -> Blueprint:
    """Load a built-in blueprint by its name, or any by its file.

    Raises:
        QuizgameError: There is none of this name.
        YamlError: The file is no blueprint; it lists all its problems.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        known = blueprint_names()
        if name not in known:
            raise QuizgameError(f'unknown blueprint "{name}"{close_match(name, known)}',
                                hint=f"known are {', '.join(known)}; a file's name ends in .yaml")  # fmt: skip
        path = builtin_blueprints() / f"{name}.yaml"
    file = read_pack_file(path)
    checked = check_model(Blueprint, load_document(file.text, file.name))
    if checked.model is None:
        raise YamlError(checked.problems)
    return checked.model
