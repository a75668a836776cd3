"""The learner's in-memory files: paths, folders and their error texts.

Files live in ``Session.files`` under a path relative to the home folder (``a.yaml``, ``sub/a.yaml``), or absolute where
they lie outside it (``/tmp/a.yaml``). An empty folder is kept as a key that ends in ``/``.
"""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import basename, dirname, join, normpath

from quizgame.errors import QuizgameError
from quizgame.tools.derive import joined
from quizgame.tools.output import Line
from quizgame.tools.session import Session

HOME = "/root"
SYSTEM_FOLDERS = ("/", "/bin", "/dev", "/etc", "/home", "/opt", "/proc", "/root", "/run", "/tmp", "/usr", "/var")
"""Folders that every workstation has; empty here, but for what the learner puts there."""
NO_SUCH_FILE = "No such file or directory"
IS_A_FOLDER = "Is a directory"
NOT_A_FOLDER = "Not a directory"
EXISTS = "File exists"


class FileProblem(QuizgameError):
    """A path that cannot be used; the message is the C library's text for the error."""


def absolute(session: Session, path: str) -> str:
    """The normalised absolute path."""
    return normpath(join(session.cwd, path)) if path else session.cwd


def _key(path: str) -> str:
    return path[len(HOME) + 1 :] if path.startswith(HOME + "/") else path


def is_folder(session: Session, path: str) -> bool:
    """Whether the path names a folder."""
    place = absolute(session, path)
    if place in SYSTEM_FOLDERS:
        return True
    prefix = _key(place) + "/"
    return any(key.startswith(prefix) for key in session.files)


def is_file(session: Session, path: str) -> bool:
    """Whether the path names a file."""
    return path[-1:] != "/" and (
        absolute(session, path) == "/dev/null" or _key(absolute(session, path)) in session.files
    )


def read_file(session: Session, path: str) -> list[Line]:
    """The file's lines with their facts.

    Raises:
        FileProblem: if it is not there, or a folder.
    """
    if path and is_folder(session, path):
        raise FileProblem(IS_A_FOLDER)
    key = _key(absolute(session, path))
    if key == "/dev/null":
        return []
    if not path or key not in session.files:
        raise FileProblem(NO_SUCH_FILE)
    if path.endswith("/"):
        raise FileProblem(NOT_A_FOLDER)
    return joined(session.files[key])


def open_file(session: Session, path: str, *, is_append: bool = False) -> list[Line]:
    """The live list to which a writer appends; truncated first unless ``is_append``.

    Raises:
        FileProblem: if it is a folder, or its folder is not there.
    """
    if path and is_folder(session, path):
        raise FileProblem(IS_A_FOLDER)
    place = absolute(session, path)
    if not path or path.endswith("/") or not is_folder(session, dirname(place)):
        raise FileProblem(NOT_A_FOLDER if is_file(session, dirname(place)) else NO_SUCH_FILE)
    if place == "/dev/null":
        return []
    key = _key(place)
    stored = session.files.get(key)
    if stored is None or not is_append:
        stored = []
        session.files[key] = stored
    return stored


def write_file(session: Session, path: str, content: Iterable[Line]) -> None:
    """Replace or create a file.

    Raises:
        FileProblem: as ``open_file``.
    """
    open_file(session, path).extend(content)


def remove_file(session: Session, path: str) -> None:
    """Remove a file.

    Raises:
        FileProblem: if it is not there, or a folder.
    """
    if is_folder(session, path):
        raise FileProblem(IS_A_FOLDER)
    place = absolute(session, path)
    _keep_folder(session, dirname(place))
    if session.files.pop(_key(place), None) is None:
        raise FileProblem(NO_SUCH_FILE)


def make_folder(session: Session, path: str) -> None:
    """Create a folder whose parent exists.

    Raises:
        FileProblem: if something of that name exists, or the parent does not.
    """
    place = absolute(session, path)
    if is_folder(session, path) or is_file(session, path):
        raise FileProblem(EXISTS)
    if not is_folder(session, dirname(place)):
        raise FileProblem(NO_SUCH_FILE)
    session.files[_key(place) + "/"] = []


def remove_folder(session: Session, path: str) -> None:
    """Remove a folder with all in it."""
    prefix = _key(absolute(session, path)) + "/"
    _keep_folder(session, dirname(absolute(session, path)))
    for key in [key for key in session.files if key.startswith(prefix)]:
        del session.files[key]


def _keep_folder(session: Session, place: str) -> None:
    """Leave a mark for a folder, so that it outlives its last file."""
    if place not in SYSTEM_FOLDERS and is_folder(session, place):
        session.files.setdefault(_key(place) + "/", [])


def entries(session: Session, path: str) -> list[str]:
    """Names in a folder, sorted by character code."""
    place = absolute(session, path)
    names: set[str] = set()
    prefix = place.rstrip("/") + "/"
    for key in session.files:
        whole = key if key.startswith("/") else f"{HOME}/{key}"
        if whole.startswith(prefix) and whole != prefix:
            names.add(whole[len(prefix) :].split("/", 1)[0])
    names.update(basename(folder) for folder in SYSTEM_FOLDERS if folder != "/" and dirname(folder) == place)
    return sorted(names)
