"""The library: all questions of all packs, with the problems of those packs that have some.

Rules for this file: one bad pack or question never keeps another from being used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from quizgame.content.packfiles import PackFile, builtin_folder, pack_paths, read_pack_file
from quizgame.content.questions import Question, QuestionPack
from quizgame.content.validation import check_entries
from quizgame.yamlsource.loader import Document, load_documents
from quizgame.yamlsource.place import Place, YamlError, YamlProblem


@dataclass(frozen=True, slots=True)
class BankQuestion:
    """A question with what its pack says of it."""

    question: Question
    domain: str
    document: Document = field(compare=False, repr=False)
    """The file it comes from."""
    path: tuple[str | int, ...] = field(compare=False, repr=False)
    """Where it stands in that file."""

    @property
    def id(self) -> str:
        """The question's id."""
        return self.question.id

    @property
    def competency(self) -> str:
        """The question's competency."""
        return self.question.competency

    def place(self, *path: str | int) -> Place:
        """The place of the question, or of a part of it."""
        return self.document.place((*self.path, *path))


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """What one file gave."""

    file: str
    domain: str | None
    """``None`` where the file is no usable pack."""
    questions: tuple[BankQuestion, ...]
    problems: tuple[YamlProblem, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """All questions by id, in the order of files and within them, and all problems, sorted by place."""

    questions: Mapping[str, BankQuestion]
    problems: tuple[YamlProblem, ...]
    files: tuple[str, ...]
    digest: str
    """A hash of the text of all files: two libraries with the same digest hold the same."""

    def in_domains(self, domains: Iterable[str]) -> list[BankQuestion]:
        """The questions of these domains (all domains if none are named)."""
        wanted = set(domains)
        return [entry for entry in self.questions.values() if not wanted or entry.domain in wanted]


def load_pack(file: PackFile) -> LoadedPack:
    """Load the questions of one file's text."""
    try:
        documents = load_documents(file.text, file.name)
    except YamlError as error:
        return LoadedPack(file.name, None, (), error.problems)
    if len(documents) != 1:
        place = documents[1].place() if documents else Place(file.name, 1, 1)
        message = "a pack is one document: remove the --- before this one" if documents else "the file is empty"
        return LoadedPack(file.name, None, (), (YamlProblem(place, message),))
    return pack_of(documents[0])


def pack_of(document: Document) -> LoadedPack:
    """Load the questions of one document."""
    checked = check_entries(QuestionPack, document, "questions")
    if checked.model is None:
        return LoadedPack(document.source, None, (), checked.problems)
    domain = checked.model.domain
    entries = tuple(
        BankQuestion(question, domain, document, ("questions", index))
        for question, index in zip(checked.model.questions, checked.kept, strict=True)
    )
    return LoadedPack(document.source, domain, entries, checked.problems)


def build_library(files: Iterable[PackFile], problems: Sequence[YamlProblem] = ()) -> Library:
    """Put the packs of these files together.

    Args:
        files: In the order in which they count: of two questions with one id, the first stays.
        problems: Those of files that could not be read.
    """
    questions: dict[str, BankQuestion] = {}
    found = list(problems)
    names: list[str] = []
    digest = sha256()
    for file in files:
        names.append(file.name)
        digest.update(sha256(file.text).digest())
        pack = load_pack(file)
        found.extend(pack.problems)
        for entry in pack.questions:
            first = questions.setdefault(entry.id, entry)
            if first is not entry:
                where = first.place("id")
                message = f'id "{entry.id}" is taken by {where.file}:{where.line}'
                found.append(YamlProblem(entry.place("id"), message))
    return Library(MappingProxyType(questions), tuple(sorted(found)), tuple(names), digest.hexdigest()[:16])


def pack_folders(home: Path, extra: Iterable[Path] = ()) -> list[Path]:
    """The folders that a run reads: the built-in packs, the user's, and those named with ``--pack``."""
    return [builtin_folder("questions"), home / "packs", *extra]


def load_library(folders: Iterable[Path]) -> Library:
    """Load all packs of these folders; a folder that does not exist holds none."""
    files: list[PackFile] = []
    problems: list[YamlProblem] = []
    for folder in folders:
        try:
            paths = list(pack_paths(folder)) if folder.is_dir() else []
        except YamlError as error:
            problems.extend(error.problems)
            continue
        for path in paths:
            try:
                files.append(read_pack_file(path))
            except YamlError as error:
                problems.extend(error.problems)
    return build_library(files, problems)
