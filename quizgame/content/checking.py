"""Checking pack files of every kind: each file goes to the checker of its kind.

Rules for this file: `CHECKERS` names the kinds. Whatever a file is, its problems are found without stopping at the
first bad file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import LoadedPack, assemble, is_manifest, pack_of
from quizgame.content.lint.bank import lint
from quizgame.content.lint.validator import Figure
from quizgame.content.packfiles import PackFile, pack_paths, read_pack_file
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
    packs: list[LoadedPack] = []
    problems: list[YamlProblem] = []
    count = 0
    for candidate in files:
        try:
            file = read_pack_file(candidate.path)
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
            packs.append(pack_of(document))
        elif checker is not None:
            problems.extend(checker(document))
        else:
            known = ["Questions", *CHECKERS]
            message = f'unknown kind "{kind}": expected one of {", ".join(known)}{close_match(str(kind), known)}'
            problems.append(YamlProblem(document.place(("kind",)), message))
    library = assemble(packs, problems)
    report = lint(library.questions.values(), blueprint)
    figures = report.figures if library.questions else ()
    everything = sorted({*library.problems, *report.problems})
    return ContentReport(count, len(library.questions), tuple(everything), figures)


def _pack_document(file: PackFile, candidate: Candidate) -> Document | None:
    documents = load_documents(file.text, file.name)
    if not candidate.named and documents and all(is_manifest(document.data) for document in documents):
        return None
    if len(documents) == 1:
        return documents[0]
    place = documents[1].place() if documents else Place(file.name, 1, 1)
    message = "a second document: a pack is one, remove the --- before it" if documents else "the file is empty"
    raise YamlError([YamlProblem(place, message)])


def _check_blueprint(document: Document) -> tuple[YamlProblem, ...]:
    return check_model(Blueprint, document).problems


CHECKERS: Mapping[str, Callable[[Document], tuple[YamlProblem, ...]]] = {"Exam": _check_blueprint}
"""Kind of pack → what checks one document of it; questions are checked together, as a bank."""
