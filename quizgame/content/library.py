"""The library: all questions of all packs, with the problems of those packs that have some.

Rules for this file: one bad pack or question never keeps another from being used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from quizgame.collection import collection_paused
from quizgame.content.keptpacks import KeptPacks, UnreadDocument
from quizgame.content.packfiles import (
    PackFile,
    builtin_folder,
    is_template,
    paths_in,
    read_pack_file,
    scenario_folders_among,
)
from quizgame.content.questions import Question, QuestionPack
from quizgame.content.validation import Checked, check_entries, taken_id
from quizgame.yamlsource.loader import Document, load_document, load_documents
from quizgame.yamlsource.place import Place, YamlError, YamlProblem

FORMAT_GROUP = "quizgame"
"""What the ``apiVersion`` of every pack begins with."""
VARIANT_SEPARATOR = "@"
"""Between a template's id and the seed in the id of a variant; no id in a pack can hold it."""
OTHER_KINDS = ("Exam", "Scenario", "Lab")
"""Kinds of pack that hold no questions and may lie in the same folder."""


@dataclass(frozen=True, slots=True)
class BankQuestion:
    """A question with what its pack says of it."""

    question: Question
    domain: str
    document: Document | UnreadDocument | None = field(default=None, compare=False, repr=False)
    """The file it comes from; ``None`` for one that the program made."""
    path: tuple[str | int, ...] = field(default=(), compare=False, repr=False)
    """Where it stands in that file."""

    seed: int | None = None
    """What a variant of a template was made from; ``None`` for a question of a pack."""

    @property
    def id(self) -> str:
        """The question's id; of a variant the template's with its seed."""
        return self.question.id if self.seed is None else f"{self.question.id}{VARIANT_SEPARATOR}{self.seed}"

    @property
    def competency(self) -> str:
        """The question's competency."""
        return self.question.competency

    def place(self, *path: str | int) -> Place:
        """The place of the question, or of a part of it."""
        return self.pack_place(*self.path, *path)

    def pack_place(self, *path: str | int) -> Place:
        """The place of a part of its pack; for what the program made its id stands for the file."""
        return self.document.place(path) if self.document is not None else Place(self.id, 1, 1)


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


def parse(file: PackFile) -> Document:
    """Parse a file that must be one pack.

    Raises:
        YamlError: It is no YAML, or not exactly one document.
    """
    return load_document(file.text, file.name)


def is_manifest(data: object) -> bool:
    """Whether data is an object of Kubernetes rather than a pack: a pack of scenarios holds such files too.

    What has a kind of pack is none, though its ``apiVersion`` may be mistyped.
    """
    if not isinstance(data, dict) or data.get("kind") in ("Questions", *OTHER_KINDS):
        return False
    version = data.get("apiVersion")
    return isinstance(version, str) and "kind" in data and not version.startswith(f"{FORMAT_GROUP}/")


def load_pack(file: PackFile, kept: KeptPacks | None = None) -> LoadedPack | None:
    """Load the questions of one file's text; ``None`` if the file is something else than questions.

    Args:
        file: The file.
        kept: Where the pack may have been kept, and will be if it has no problems.
    """
    known = kept.find(file) if kept is not None else None
    if known is not None:
        return _loaded(known, UnreadDocument(file), range(len(known.questions)))
    try:
        documents = load_documents(file.text, file.name)
    except YamlError as error:
        return LoadedPack(file.name, None, (), error.problems)
    if documents and all(_is_other(document.data) for document in documents):
        return None
    try:
        document = parse(file) if len(documents) != 1 else documents[0]
    except YamlError as error:
        return LoadedPack(file.name, None, (), error.problems)
    checked = check_entries(QuestionPack, document, "questions")
    if kept is not None and checked.model is not None and not checked.problems:
        kept.keep(file, document.data, checked.model)
    return _pack_of(document, checked)


def _is_other(data: object) -> bool:
    return is_manifest(data) or (isinstance(data, dict) and data.get("kind") in OTHER_KINDS)


def pack_of(document: Document) -> LoadedPack:
    """Load the questions of one document."""
    return _pack_of(document, check_entries(QuestionPack, document, "questions"))


def _pack_of(document: Document, checked: Checked[QuestionPack]) -> LoadedPack:
    if checked.model is None:
        return LoadedPack(document.source, None, (), checked.problems)
    return _loaded(checked.model, document, checked.kept, checked.problems)


def _loaded(
    pack: QuestionPack,
    document: Document | UnreadDocument,
    indices: Iterable[int],
    problems: tuple[YamlProblem, ...] = (),
) -> LoadedPack:
    entries = tuple(
        BankQuestion(question, pack.domain, document, ("questions", index))
        for question, index in zip(pack.questions, indices, strict=True)
    )
    return LoadedPack(document.source, pack.domain, entries, problems)


def build_library(
    files: Iterable[PackFile], problems: Sequence[YamlProblem] = (), kept: KeptPacks | None = None
) -> Library:
    """Put the packs of these files together.

    Args:
        files: In the order in which they count: of two questions with one id, the first stays.
        problems: Those of files that could not be read.
        kept: Where packs are kept that have been read before.
    """
    packs: list[LoadedPack] = []
    digest = sha256()
    with collection_paused():
        for file in files:
            pack = load_pack(file, kept)
            if pack is not None:
                packs.append(pack)
                digest.update(sha256(file.text).digest())
    return assemble(packs, problems, digest.hexdigest()[:16])


def assemble(packs: Iterable[LoadedPack], problems: Sequence[YamlProblem] = (), digest: str = "") -> Library:
    """Put loaded packs together; of two questions with one id the first stays."""
    questions: dict[str, BankQuestion] = {}
    found = list(problems)
    names: list[str] = []
    for pack in packs:
        names.append(pack.file)
        found.extend(pack.problems)
        for entry in pack.questions:
            first = questions.setdefault(entry.id, entry)
            if first is not entry:
                found.append(taken_id(entry.id, entry.place("id"), first.place("id")))
    return Library(MappingProxyType(questions), tuple(sorted(found)), tuple(names), digest)


def pack_folders(home: Path, extra: Iterable[Path] = ()) -> list[Path]:
    """The folders that a run reads: the built-in packs, the user's, and those named with ``--pack``."""
    return [builtin_folder("questions"), home / "packs", *extra]


def load_library(folders: Iterable[Path], kept: KeptPacks | None = None) -> Library:
    """Load all packs of these folders; a folder that does not exist holds none.

    Args:
        folders: Where packs are.
        kept: Where packs are kept that have been read before; without it all are read from their YAML.
    """
    files: list[tuple[Path, PackFile]] = []
    paths, problems = paths_in(folders)
    for path in paths:
        try:
            files.append((path, read_pack_file(path)))
        except YamlError as error:
            problems.extend(error.problems)
    scenarios = scenario_folders_among((path, file.text) for path, file in files)
    return build_library([file for path, file in files if not is_template(path, file.text, scenarios)], problems, kept)
