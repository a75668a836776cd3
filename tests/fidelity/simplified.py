"""Where the code says that it is simpler than the real thing: its ``Simplified:`` notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

MARK = "Simplified:"
_END = re.compile(r'"""|\n\s*\n|\n\s*(?:Args|Returns|Raises|Yields):')


def simplifications(package: Path) -> Iterator[tuple[str, str]]:
    """Each note with the module that it stands in, by module: ``("tools/pod/dispatch.py", "what an image …")``.

    Args:
        package: The folder of the package.
    """
    for path in sorted(package.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for found in re.finditer(re.escape(MARK), source):
            line_start = source.rfind("\n", 0, found.start()) + 1
            is_comment = source[line_start : found.start()].lstrip().startswith("#")
            rest = source[found.end() :]
            text = _comment(rest) if is_comment and not _in_docstring(source, line_start) else _paragraph(rest)
            yield path.relative_to(package).as_posix(), text


def _in_docstring(source: str, place: int) -> bool:
    return source.count('"""', 0, place) % 2 == 1


def _comment(rest: str) -> str:
    """The comment up to its last line."""
    first, *following = rest.split("\n")
    kept = [first]
    for line in following:
        if not line.lstrip().startswith("# "):
            break
        kept.append(line.lstrip()[1:])
    return _tidy(" ".join(kept))


def _paragraph(rest: str) -> str:
    """The paragraph of a docstring up to its end."""
    end = _END.search(rest)
    return _tidy(rest[: end.start()] if end else rest)


def _tidy(text: str) -> str:
    words = re.sub(r"\n\s*#", "\n", text).replace("``", "`").replace("\\\\", "\\")
    return " ".join(words.split())
