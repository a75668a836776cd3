"""Go's ``encoding/csv`` for one record: how a ``stringSlice`` flag splits its value."""

from __future__ import annotations

from quizgame.goflags.errors import GoValueError


def split_csv(text: str) -> list[str]:
    """Return the fields of one comma-separated record; quotes group, doubled quotes are quotes.

    Raises:
        GoValueError: ``parse error on line 1, column N: ...`` with Go's words; ``EOF`` for a bare newline.
    """
    fields: list[str] = []
    rest = text.removesuffix("\n")
    if not rest:
        raise GoValueError("EOF")
    column = 1
    while True:
        if not rest.startswith('"'):
            field, comma, tail = rest.partition(",")
            if '"' in field:
                raise _parse_error(column + _bytes(field[: field.index('"')]), 'bare " in non-quoted field')
            fields.append(field)
        else:
            field, tail = _quoted(rest, column)
            fields.append(field)
            comma = tail[:1]
            tail = tail[1:]
        if not comma:
            return fields
        column += _bytes(rest) - _bytes(tail)
        rest = tail


def _quoted(rest: str, column: int) -> tuple[str, str]:
    out: list[str] = []
    at = 1
    while True:
        end = rest.find('"', at)
        if end < 0:
            raise _parse_error(column + _bytes(rest), 'extraneous or missing " in quoted-field')
        out.append(rest[at:end])
        if rest.startswith('""', end):
            out.append('"')
            at = end + 2
            continue
        if rest[end + 1 : end + 2] not in ("", ","):
            raise _parse_error(column + _bytes(rest[:end]), 'extraneous or missing " in quoted-field')
        return "".join(out), rest[end + 1 :]


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogateescape"))


def _parse_error(column: int, reason: str) -> GoValueError:
    return GoValueError(f"parse error on line 1, column {column}: {reason}")
