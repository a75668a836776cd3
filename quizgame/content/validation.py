"""From loaded YAML to models: every complaint of pydantic becomes a line with its place and what to do.

Rules for this file: it knows no format in particular. Nouns and known keys come from the models themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from quizgame.content.model import PackModel, PlacedError
from quizgame.yamlsource.loader import Document
from quizgame.yamlsource.place import Place, YamlProblem

Model = TypeVar("Model", bound=PackModel)
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Checked(Generic[Model]):
    """A model, if the data made one, and what is wrong with the data."""

    model: Model | None
    problems: tuple[YamlProblem, ...]
    kept: tuple[int, ...] = ()
    """From `check_entries`: where the model's entries stand in the list as written."""


def check_model(model: type[Model], document: Document) -> Checked[Model]:
    """Make a model of a whole document.

    Returns:
        The model without problems, or no model and all problems sorted by place.
    """
    try:
        return Checked(model.model_validate(document.data), ())
    except ValidationError as error:
        return Checked(None, located_problems(model, document, error))


def check_entries(model: type[Model], document: Document, key: str) -> Checked[Model]:
    """Make a model of a document, leaving out the entries of the list at ``key`` that are wrong.

    Returns:
        The model with its sound entries and the problems of the others; no model if the rest is wrong too.
    """
    data = document.data
    entries = data.get(key) if isinstance(data, dict) else None
    everything = tuple(range(len(entries))) if isinstance(entries, list) else ()
    try:
        return Checked(model.model_validate(data), (), everything)
    except ValidationError as error:
        problems = located_problems(model, document, error)
        locations = [detail["loc"] for detail in error.errors(include_url=False)]
    if not isinstance(entries, list):
        return Checked(None, problems)
    bad = {location[1] for location in locations if location[:1] == (key,) and len(location) > 1}
    kept = tuple(index for index in everything if index not in bad)
    try:
        return Checked(model.model_validate({**data, key: [entries[index] for index in kept]}), problems, kept)
    except ValidationError:
        return Checked(None, problems)


def located_problems(model: type[PackModel], document: Document, error: ValidationError) -> tuple[YamlProblem, ...]:
    """One problem for each complaint, sorted by place, without repeats."""
    details = error.errors(include_url=False)
    return tuple(sorted({_problem(model, document, detail) for detail in details if not _is_consequence(detail)}))


def close_match(word: str, known: Sequence[str]) -> str:
    """``' (did you mean "x"?)'`` for a close match among the known words, else nothing."""
    matches = get_close_matches(word, known, n=1)
    return f' (did you mean "{matches[0]}"?)' if matches else ""


def taken_id(name: str, place: Place, first: Place) -> YamlProblem:
    """That an id stands for something else already."""
    return YamlProblem(place, f'id "{name}" is taken by {first.file}:{first.line}')


def _is_consequence(detail: ErrorDetails) -> bool:
    """Whether a list only looks too short because some of its entries are wrong."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _problem(model: type[PackModel], document: Document, detail: ErrorDetails) -> YamlProblem:
    loc = tuple(part for part in detail["loc"])
    path = _data_path(document.data, loc)
    kind = detail["type"]
    if kind == "extra_forbidden":
        parent = _model_at(model, loc[:-1], document.data)
        known = _keys(parent)
        message = f'unknown key "{loc[-1]}" in {_noun(parent)}{close_match(str(loc[-1]), known)}'
        return YamlProblem(document.key_place(path), message)
    if kind == "missing":
        parent = _model_at(model, loc[:-1], document.data)
        return YamlProblem(document.place(path), f'missing key "{loc[-1]}" in {_noun(parent)}')
    if kind == "union_tag_not_found":
        tag = str(detail["ctx"]["discriminator"]).strip("'")
        return YamlProblem(
            document.place(path), f'missing key "{tag}" in {_noun(_model_at(model, loc, document.data))}'
        )
    if kind == "union_tag_invalid":
        path = (*path, str(detail["ctx"]["discriminator"]).strip("'"))
    if kind == "value_error" and isinstance(detail["ctx"]["error"], PlacedError):
        return YamlProblem(document.key_place((*path, *detail["ctx"]["error"].path)), str(detail["ctx"]["error"]))
    message = _MESSAGES.get(kind, _as_pydantic_says)(detail)
    key = next((part for part in reversed(path) if isinstance(part, str)), None)
    if key is not None and kind not in ("value_error", "union_tag_invalid"):
        message = f"{key}: {message}"
    return YamlProblem(document.place(path), message)


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else _yaml_word(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _yaml_word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return str(value)


def _not_text(detail: ErrorDetails) -> str:
    value = detail["input"]
    if value is None:
        return "expected text, found nothing"
    if isinstance(value, dict | list):
        return f"expected text, found {_yaml_word(value)}"
    return f"expected text, found {_yaml_word(value)}: put it in quotes"


def _expected(detail: ErrorDetails) -> str:
    expected = str(detail["ctx"]["expected"])
    words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    hint = close_match(detail["input"], words) if isinstance(detail["input"], str) else ""
    return f"expected {expected.replace(chr(39), chr(34))}, found {_shown(detail['input'])}{hint}"


def _unknown_tag(detail: ErrorDetails) -> str:
    known = [tag.strip().strip("'") for tag in str(detail["ctx"]["expected_tags"]).split(",")]
    tag = str(detail["ctx"]["tag"])
    return f'unknown kind "{tag}": expected one of {", ".join(known)}{close_match(tag, known)}'


def _not_a(noun: str) -> Callable[[ErrorDetails], str]:
    return lambda detail: f"expected {noun}, found {_shown(detail['input'])}"


def _as_pydantic_says(detail: ErrorDetails) -> str:
    text = detail["msg"]
    return text[:1].lower() + text[1:]


_MESSAGES: dict[str, Callable[[ErrorDetails], str]] = {
    "string_type": _not_text,
    "string_too_short": lambda detail: "expected text, found an empty one",
    "string_too_long": lambda detail: f"longer than {detail['ctx']['max_length']} characters",
    "string_pattern_mismatch": lambda detail: (
        f"{_shown(detail['input'])} is no name: use lower-case letters, digits and single hyphens"
    ),
    "literal_error": _expected,
    "enum": _expected,
    "union_tag_invalid": _unknown_tag,
    "value_error": lambda detail: str(detail["ctx"]["error"]),
    "model_type": _not_a("a mapping"),
    "model_attributes_type": _not_a("a mapping"),
    "dict_type": _not_a("a mapping"),
    "tuple_type": _not_a("a list"),
    "list_type": _not_a("a list"),
    "bool_type": _not_a("true or false"),
    "int_type": _not_a("a whole number"),
    "too_short": lambda detail: (
        f"expected at least {detail['ctx']['min_length']} entries, found {len(detail['input'])}"
    ),
    "too_long": lambda detail: (
        f"expected at most {detail['ctx']['max_length']} entries, found {len(detail['input'])}"
    ),
    "greater_than_equal": lambda detail: f"expected at least {detail['ctx']['ge']}, found {detail['input']}",
    "less_than_equal": lambda detail: f"expected at most {detail['ctx']['le']}, found {detail['input']}",
}  # fmt: skip


def _data_path(data: object, loc: Location) -> Location:
    """The location without the tags of unions, which are no keys of the data."""
    path: list[str | int] = []
    for index, part in enumerate(loc):
        is_key = isinstance(data, Mapping) and part in data
        if is_key or (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            data = data[part]  # type: ignore[index]  # one of the two tests above says that it is there
            path.append(part)
        elif index == len(loc) - 1 and not (isinstance(data, Mapping) and data.get("kind") == part):
            path.append(part)
    return tuple(path)


def _model_at(model: type[PackModel], loc: Location, data: object) -> type[BaseModel]:
    """The model whose keys stand at a location."""
    current: Any = model
    best: type[BaseModel] = model
    for part in loc:
        current = _step(current, part)
        bare = _strip(current)
        if get_origin(bare) in (Union, UnionType):
            bare = _strip(get_args(bare)[0])
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            best = bare
    return best


def _strip(annotation: Any) -> Any:
    """The annotation without ``Annotated`` and without ``| None``."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return _strip(rest[0])
    return annotation


def _step(annotation: Any, part: str | int) -> Any:
    annotation = _strip(annotation)
    origin = get_origin(annotation)
    if origin in (tuple, list):
        return get_args(annotation)[0]
    if origin is dict:
        return get_args(annotation)[1]
    if origin in (Union, UnionType):
        for member in get_args(annotation):
            if part in _tags(_strip(member)):
                return member
        return annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
    return annotation


def _tags(member: Any) -> tuple[object, ...]:
    if isinstance(member, type) and issubclass(member, BaseModel) and "kind" in member.model_fields:
        return get_args(member.model_fields["kind"].annotation)
    return ()


def _noun(model: type[BaseModel]) -> str:
    return model.noun if issubclass(model, PackModel) else "mapping"


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]
