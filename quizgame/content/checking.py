"""Checking pack files of every kind: each file goes to the checker of its kind.

Rules for this file: `CHECKERS` names the kinds. Whatever a file is, its problems are found without stopping at the
first bad file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import LoadedPack, assemble, is_manifest, pack_of
from quizgame.content.lint.bank import lint
from quizgame.content.lint.validator import Figure
from quizgame.content.packfiles import (
    PackFile,
    is_template,
    pack_paths,
    read_pack_file,
    scenario_folders_among,
)
from quizgame.content.questions import carries_proof
from quizgame.content.validation import check_model, close_match
from quizgame.errors import QuizgameError
from quizgame.yamlsource.loader import Document, load_documents
from quizgame.yamlsource.place import Place, YamlError, YamlProblem


@dataclass(frozen=True, slots=True)
class ContentReport:
    """What checking packs found."""

    files: int
    questions: int
    problems: tuple[YamlProblem, ...]
    """Sorted by place."""
    figures: tuple[Figure, ...]
    """Numbers of the bank; empty where there are no questions."""
    scenarios: tuple[Path, ...] = ()
    """Files of the scenarios, in their order."""
    labs: tuple[Path, ...] = ()
    """Files of the labs, in their order."""
    playable: tuple[Path, ...] = ()
    """Those scenarios and labs that have no problems."""
    packs: tuple[Path, ...] = ()
    """Files of questions, in their order."""
    proven: int = 0
    """Questions that carry a proof to be executed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to be checked."""

    path: Path
    named: bool
    """Whether it was named itself; in a folder, manifests of Kubernetes are passed over."""


def candidates(paths: Iterable[Path]) -> list[Candidate]:
    """The files behind these paths, each once, in their order.

    Raises:
        QuizgameError: A path does not exist.
    """
    found: dict[Path, Candidate] = {}
    for path in paths:
        if path.is_dir():
            for inside in pack_paths(path):
                found.setdefault(inside.resolve(), Candidate(inside, named=False))
        elif path.exists():
            found[path.resolve()] = Candidate(path, named=True)
        else:
            raise QuizgameError(f"no file or folder {path}")
    return list(found.values())


def check_packs(files: Iterable[Candidate], blueprint: Blueprint) -> ContentReport:
    """Check files of packs, the questions in them also as one bank."""
    packs: dict[Path, LoadedPack] = {}
    problems: list[YamlProblem] = []
    exercises: dict[Path, tuple[str, bool]] = {}
    count = 0
    for candidate, file in _read(files, problems):
        try:
            document = _pack_document(file, candidate)
        except YamlError as error:
            problems.extend(error.problems)
            count += 1
            continue
        if document is None:
            continue
        count += 1
        kind = document.data.get("kind") if isinstance(document.data, dict) else None
        checker = CHECKERS.get(kind) if isinstance(kind, str) else None
        if kind == "Questions" or kind is None:
            packs[candidate.path] = pack_of(document)
        elif checker is not None:
            found = checker(document, candidate.path.parent, file.text, blueprint)
            problems.extend(found)
            if checker is _check_scenario:
                exercises[candidate.path] = (str(kind), not found)
        else:
            known = ["Questions", *CHECKERS]
            message = f'unknown kind "{kind}": expected one of {", ".join(known)}{close_match(str(kind), known)}'
            problems.append(YamlProblem(document.place(("kind",)), message))
    library = assemble(packs.values(), problems)
    report = lint(library.questions.values(), blueprint)
    figures = report.figures if library.questions else ()
    everything = sorted({*library.problems, *report.problems})
    return ContentReport(
        count,
        len(library.questions),
        tuple(everything),
        figures,
        scenarios=tuple(path for path, (kind, _) in exercises.items() if kind == "Scenario"),
        labs=tuple(path for path, (kind, _) in exercises.items() if kind == "Lab"),
        playable=tuple(path for path, (_, is_sound) in exercises.items() if is_sound),
        packs=tuple(packs),
        proven=sum(carries_proof(entry.question) for entry in library.questions.values()),
    )


def _read(files: Iterable[Candidate], problems: list[YamlProblem]) -> Iterator[tuple[Candidate, PackFile]]:
    """Read files, leaving out the manifests in the folders of scenarios: they are templates, checked with those.

    Args:
        files: What to read.
        problems: Takes those of files that cannot be read.
    """
    read: list[tuple[Candidate, PackFile]] = []
    for candidate in files:
        try:
            read.append((candidate, read_pack_file(candidate.path)))
        except YamlError as error:
            problems.extend(error.problems)
    folders = scenario_folders_among((candidate.path, file.text) for candidate, file in read)
    for candidate, file in read:
        if candidate.named or not is_template(candidate.path, file.text, folders):
            yield candidate, file


def _pack_document(file: PackFile, candidate: Candidate) -> Document | None:
    documents = load_documents(file.text, file.name)
    if not candidate.named and documents and all(is_manifest(document.data) for document in documents):
        return None
    if len(documents) == 1:
        return documents[0]
    place = documents[1].place() if documents else Place(file.name, 1, 1)
    message = "a second document: a pack is one, remove the --- before it" if documents else "the file is empty"
    raise YamlError([YamlProblem(place, message)])


def _check_blueprint(document: Document, _folder: Path, _text: bytes, _blueprint: Blueprint) -> tuple[YamlProblem, ...]:
    return check_model(Blueprint, document).problems


def _check_scenario(document: Document, folder: Path, text: bytes, blueprint: Blueprint) -> tuple[YamlProblem, ...]:
    from quizgame.content.scenario.checking import check_scenario

    return check_scenario(document, folder, text, blueprint)


Checker = Callable[[Document, Path, bytes, Blueprint], tuple[YamlProblem, ...]]
"""From a document, the folder and the text of its file, and the blueprint, to its problems."""
CHECKERS: Mapping[str, Checker] = {"Exam": _check_blueprint, "Scenario": _check_scenario, "Lab": _check_scenario}
"""Kind of pack → what checks one document of it; questions are checked together, as a bank."""
