"""The library of scenarios and labs: found in folders, read with their manifests, drawn from a seed.

Rules for this file: one bad file never keeps another from being used; no file outside a scenario's folder is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from quizgame.content.packfiles import PackFile, builtin_folder, is_scenario_text, paths_in, read_pack_file
from quizgame.content.scenario.exercise import Exercise
from quizgame.content.scenario.lab import Lab
from quizgame.content.scenario.scenario import Scenario
from quizgame.content.scenario.variables import (
    UnknownVariable,
    Value,
    draw,
    first_values,
    placeholders,
    substitute,
    value_of,
)
from quizgame.content.validation import check_model, close_match, taken_id
from quizgame.errors import QuizgameError
from quizgame.yamlsource.loader import Document, load_document, load_documents
from quizgame.yamlsource.place import Place, YamlError, YamlProblem
from quizgame.yamlsource.scalars import Dialect

Kind = TypeVar("Kind", bound=Exercise)
FILES_OF_ONE_SCENARIO = 200

MODELS: Mapping[str, type[Scenario] | type[Lab]] = {"Scenario": Scenario, "Lab": Lab}
"""What a file of this room may be, by its `kind`."""
KINDS = tuple(kind.lower() for kind in MODELS)
"""What is played: ``scenario`` and ``lab``; also the kinds of attempts at them in a store."""

Manifests = list[tuple[str, list[dict[str, Any]]]]
"""Where they come from, and the objects, in order."""


@dataclass(frozen=True, slots=True)
class ScenarioSource:
    """A scenario or lab as written, with the files beside it."""

    document: Document = field(repr=False)
    manifest_files: Mapping[str, tuple[PackFile, ...]] = field(repr=False)
    """Name or pattern as it stands in the file → the files that it names."""
    digest: str
    """A hash of all text that it consists of."""
    sample: Scenario | Lab = field(repr=False)
    """The scenario or lab with the first value of each variable."""

    @property
    def id(self) -> str:
        """Its name."""
        return self.sample.id

    @property
    def kind(self) -> str:
        """``scenario`` or ``lab``."""
        return self.sample.kind.lower()

    @property
    def vary(self) -> dict[str, list[Value]]:
        """Its variables as written."""
        return _vary(self.document.data)

    def draw(self, seed: int) -> DrawnScenario:
        """One member of the family.

        Raises:
            YamlError: if this seed's values do not fit the format.
        """
        return self.with_values(draw(self.vary, seed, self.id), seed)

    def with_values(self, values: Mapping[str, Value], seed: int = 0) -> DrawnScenario:
        """The member of the family with these values.

        Raises:
            YamlError: if they do not fit the format.
        """
        document = Document(substitute(self.document.data, values), self.document.source, self.document.root)
        checked = check_model(type(self.sample), document)
        if checked.model is None:
            raise YamlError(checked.problems)
        return DrawnScenario(self, checked.model, values, seed)


@dataclass(frozen=True, slots=True)
class DrawnScenario:
    """A scenario or lab with its variables filled in."""

    source: ScenarioSource
    exercise: Scenario | Lab
    values: Mapping[str, Value]
    seed: int

    @property
    def scenario(self) -> Scenario:
        """The scenario.

        Raises:
            TypeError: It is a lab.
        """
        return _as(Scenario, self.exercise)

    @property
    def lab(self) -> Lab:
        """The lab.

        Raises:
            TypeError: It is a scenario.
        """
        return _as(Lab, self.exercise)

    def place(self, *path: str | int) -> Place:
        """Where a part of it stands."""
        return self.source.document.place(path)

    def key_place(self, *path: str | int) -> Place:
        """Where the key of a part of it stands."""
        return self.source.document.key_place(path)

    def manifests(self, entries: Sequence[str | dict[str, Any]], path: tuple[str | int, ...]) -> Manifests:
        """Read manifests.

        Args:
            entries: Objects, texts of YAML documents, or names of files, as the model has them.
            path: Where they stand in the file, for messages.

        Raises:
            YamlError: a text or file is no YAML of objects.
        """
        found: Manifests = []
        for index, entry in enumerate(entries):
            place = self.place(*path, index)
            if isinstance(entry, dict):
                found.append((str(place), [entry]))
            elif is_file_name(entry):
                found.extend(
                    self._from_file(file, place) for file in self.source.manifest_files[self._pattern(path, index)]
                )
            else:
                found.append((str(place), _objects_in(entry, place)))
        return found

    def _pattern(self, path: tuple[str | int, ...], index: int) -> str:
        node = self.source.document.data
        for part in (*path, index):
            node = node[part]
        return str(node)

    def _from_file(self, file: PackFile, place: Place) -> tuple[str, list[dict[str, Any]]]:
        text = file.text.decode("utf-8", "replace")
        try:
            filled = substitute(f"{text}\n", self.values)
        except UnknownVariable as error:
            raise YamlError([YamlProblem(place, f"{file.name}: {error}")]) from error
        return file.name, _objects(load_documents(filled, file.name, dialect=Dialect.KUBERNETES))


@dataclass(frozen=True, slots=True)
class ScenarioLibrary:
    """All scenarios and labs by id, and the problems of those that cannot be used."""

    sources: Mapping[str, ScenarioSource]
    problems: tuple[YamlProblem, ...]

    def find(self, name: str) -> ScenarioSource:
        """The scenario or lab of this name.

        Raises:
            QuizgameError: if there is none; a broken one's problems are told instead.
        """
        found = self.sources.get(name)
        if found is not None:
            return found
        broken = [problem for problem in self.problems if Path(problem.place.file).parent.name == name]
        if broken:
            raise YamlError(broken)
        known = list(self.sources)
        raise QuizgameError(f'unknown scenario or lab "{name}"{close_match(name, known)}',
                            hint="`quizgame list scenarios` names them")  # fmt: skip


def is_file_name(entry: str) -> bool:
    """Whether a text among manifests names files rather than holding them."""
    return "\n" not in entry and ":" not in entry


def scenario_folders(home: Path, extra: Iterable[Path] = ()) -> list[Path]:
    """The folders that a run reads: the built-in scenarios, the user's packs, and those named with ``--pack``."""
    return [builtin_folder("scenarios"), home / "packs", *extra]


def load_scenarios(folders: Iterable[Path]) -> ScenarioLibrary:
    """Load the scenarios of these folders; a folder that does not exist holds none."""
    sources: dict[str, ScenarioSource] = {}
    paths, problems = paths_in(folders)
    for path in paths:
        try:
            source = load_scenario_file(path)
        except YamlError as error:
            problems.extend(error.problems)
            continue
        if source is None:
            continue
        first = sources.setdefault(source.id, source)
        if first is not source:
            problems.append(taken_id(source.id, source.document.place(("id",)), first.document.place(("id",))))
    return ScenarioLibrary(MappingProxyType(sources), tuple(sorted(problems)))


def load_scenario_file(path: Path) -> ScenarioSource | None:
    """Load one file; ``None`` if it is something else than a scenario or lab.

    Raises:
        YamlError: it is one, with problems; or it cannot be read.
    """
    file = read_pack_file(path)
    if not is_scenario_text(file.text):
        return None
    return source_of(load_document(file.text, file.name), path.parent, file.text)


def source_of(document: Document, folder: Path, text: bytes) -> ScenarioSource:
    """Make a scenario or lab of a document.

    Args:
        document: What the file holds.
        folder: Where the files that it names lie.
        text: The file's text, for the digest.

    Raises:
        YamlError: all problems of the file, with their places.
    """
    data = document.data
    if not isinstance(data, dict):
        raise YamlError([YamlProblem(document.place(), "expected a mapping: a scenario or a lab")])
    model = MODELS.get(str(data.get("kind")), Scenario)
    problems = _variable_problems(document)
    if problems:
        raise YamlError(problems)
    values = first_values(_vary(data))
    checked = check_model(model, Document(substitute(data, values), document.source, document.root))
    if checked.model is None:
        raise YamlError(checked.problems)
    files, problems = _manifest_files(document, folder)
    if problems:
        raise YamlError(problems)
    digest = sha256(text)
    for pattern in sorted(files):
        for file in files[pattern]:
            digest.update(sha256(file.text).digest())
    return ScenarioSource(document, files, digest.hexdigest()[:16], checked.model)


def _as(model: type[Kind], exercise: Exercise) -> Kind:
    if not isinstance(exercise, model):
        raise TypeError(f"{exercise.id} is a {exercise.kind}")
    return exercise


def _vary(data: Any) -> dict[str, list[Value]]:
    vary = data.get("vary") if isinstance(data, dict) else None
    if not isinstance(vary, dict):
        return {}
    return {name: values for name, values in vary.items() if isinstance(values, list) and values}


def _variable_problems(document: Document) -> list[YamlProblem]:
    vary = _vary(document.data)
    problems = []
    for name, values in vary.items():
        shapes = {tuple(sorted(value)) if isinstance(value, dict) else None for value in values}
        if len(shapes) > 1:
            problems.append(
                YamlProblem(document.place(("vary", name)), f'the values of "{name}" differ in their parts')
            )
    for path, name in placeholders(document.data.get("vary"), ("vary",)):
        message = f'"${{{name}}}" in a value of a variable: values are drawn as they stand'
        problems.append(YamlProblem(document.place(path), message))
    sample = first_values(vary)
    for path, name in placeholders({key: part for key, part in document.data.items() if key != "vary"}):
        try:
            value_of(name, sample)
        except UnknownVariable as error:
            problems.append(YamlProblem(document.place(path), f"{error}{close_match(name, list(vary))}"))
    return problems


def _manifest_files(document: Document, folder: Path) -> tuple[dict[str, tuple[PackFile, ...]], list[YamlProblem]]:
    files: dict[str, tuple[PackFile, ...]] = {}
    problems: list[YamlProblem] = []
    for path, pattern in _file_names(document.data):
        try:
            found = _matching(folder, pattern)
        except (OSError, ValueError, NotImplementedError):
            found = []
        if found:
            files[pattern] = tuple(read_pack_file(each) for each in found)
        else:
            problems.append(YamlProblem(document.place(path), f'no file "{pattern}" in its folder'))
    return files, problems


def _matching(folder: Path, pattern: str) -> list[Path]:
    root = folder.resolve()
    found = [path for path in sorted(folder.glob(pattern)) if path.is_file() and path.resolve().is_relative_to(root)]
    return found[:FILES_OF_ONE_SCENARIO]


def _file_names(data: Any, path: tuple[str | int, ...] = ()) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """All names of files among manifests, wherever a `manifests` list stands."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "manifests" and isinstance(value, list):
                for index, entry in enumerate(value):
                    if isinstance(entry, str) and is_file_name(entry):
                        yield (*path, key, index), entry
            elif key not in ("merge", "values"):
                yield from _file_names(value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _file_names(item, (*path, index))


def _objects_in(text: str, place: Place) -> list[dict[str, Any]]:
    """Objects of a text inside the scenario's file; problems are moved to where the text stands."""
    try:
        return _objects(load_documents(text, place.file, dialect=Dialect.KUBERNETES))
    except YamlError as error:
        moved = [
            YamlProblem(Place(place.file, place.line + problem.place.line, problem.place.column), problem.message)
            for problem in error.problems
        ]
        raise YamlError(moved) from error


def _objects(documents: Iterable[Document]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for document in documents:
        if document.data is None:
            continue
        if not isinstance(document.data, dict):
            raise YamlError([YamlProblem(document.place(), "expected a Kubernetes object")])
        found.append(document.data)
    return found
