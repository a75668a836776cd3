"""Sound packs of questions, kept as JSON, so that their YAML need not be read again.

Rules for this file: what is kept is found by a hash of the pack's text and of the code that reads YAML, and is checked
as any other input when it is taken up, so it never differs from what the text says. What cannot be read or written is
passed over: a pack is then read from its YAML.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path

import yaml
from pydantic import ValidationError

from quizgame import yamlsource
from quizgame.content.packfiles import PackFile
from quizgame.content.questions import QuestionPack
from quizgame.yamlsource.loader import DEFAULT_LIMITS, Document, Path_, load_document
from quizgame.yamlsource.place import Place

FOLDER = "kept"
"""The folder of kept packs in the user's home folder."""
MOST_KEPT = 500
"""How many packs are kept; of more, those that were written first go."""


class UnreadDocument:
    """A sound document that is parsed only if someone asks for a place in it."""

    def __init__(self, file: PackFile) -> None:
        self._file = file

    @property
    def source(self) -> str:
        """The name of the file."""
        return self._file.name

    def place(self, path: Path_ = ()) -> Place:
        """See `Document.place`."""
        return self._document.place(path)

    @cached_property
    def _document(self) -> Document:
        return load_document(self._file.text, self._file.name)


class KeptPacks:
    """The packs that are kept in one folder.

    Args:
        folder: It is made when the first pack is kept, if the folder that it lies in exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, file: PackFile) -> QuestionPack | None:
        """The pack that a text makes, if it is kept."""
        try:
            with self._path(file).open("rb") as stream:
                return QuestionPack.model_validate_json(stream.read(DEFAULT_LIMITS.bytes))
        except (OSError, ValidationError):
            return None

    def keep(self, file: PackFile, data: object, pack: QuestionPack) -> None:
        """Keep a pack without problems.

        Args:
            file: Its text.
            data: What YAML makes of the text.
            pack: What the format makes of the data.
        """
        try:
            text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
            if len(text) < DEFAULT_LIMITS.bytes and QuestionPack.model_validate_json(text) == pack:
                self._write(self._path(file), text)
        except (OSError, ValueError):
            return

    def _path(self, file: PackFile) -> Path:
        return self._folder / f"{sha256(_reading_code() + file.text).hexdigest()}.json"

    def _write(self, path: Path, text: bytes) -> None:
        self._folder.mkdir(exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(text)
        part.replace(path)
        for old in self._surplus():
            old.unlink(missing_ok=True)

    def _surplus(self) -> Iterator[Path]:
        kept = [path for path in self._folder.iterdir() if path.suffix in (".json", ".part")]
        if len(kept) > MOST_KEPT:
            yield from sorted(kept, key=lambda path: path.stat().st_mtime)[: len(kept) - MOST_KEPT]


@lru_cache(maxsize=1)
def _reading_code() -> bytes:
    """A hash of the code that decides what a YAML text says.

    Raises:
        OSError: It cannot be read.
    """
    digest = sha256(yaml.__version__.encode())
    for folder in yamlsource.__path__:
        for path in sorted(Path(folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.digest()
