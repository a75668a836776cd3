"""Reads any message of the API from JSON, as strictly as protobuf does and with its words.

This is the slow and exact way, for texts that the fast decoder does not recognize as what the tool itself prints.

# Source: protocolbuffers/protobuf-go encoding/protojson/decode.go and well_known_types.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Meta, structs

from quizgame.hubble.enums import ApiEnum
from quizgame.hubble.flow import Message
from quizgame.hubble.protojson.tokens import Kind, ProtoJsonError, Token, Tokens
from quizgame.hubble.timestamps import format_timestamp, parse_timestamp

_RANGES = {
    "uint32": (0, 0xFFFFFFFF),
    "int32": (-0x80000000, 0x7FFFFFFF),
    "uint64": (0, 0xFFFFFFFFFFFFFFFF),
}
_MAX_DEPTH = 100
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What the reader knows of a field."""

    attribute: str
    name: str
    """As printed, ``node_name``."""
    json_name: str
    """In lowerCamelCase, as messages show it."""
    kind: str
    """``string bool uint32 int32 uint64 double enum timestamp message any``."""
    repeated: bool
    wrapped: bool
    """Presence counts: ``false`` and 0 are kept."""
    enum: type[ApiEnum] | None
    message: type[Message] | None


def parse_message(message: type[M], text: str, *, discard_unknown: bool = False) -> M:
    """Read one message from a JSON text.

    Args:
        message: Its class.
        text: The JSON; bytes that are no UTF-8 as surrogate escapes.
        discard_unknown: Pass over unknown fields and unknown names of enumerations.

    Raises:
        ProtoJsonError: With protobuf's message and place.
    """
    tokens = Tokens(text)
    parsed = _Reader(tokens, discard_unknown).message(message, _MAX_DEPTH)
    trailing = tokens.read()
    if trailing.kind is not Kind.END:
        raise tokens.unexpected(trailing)
    return parsed


@cache
def fields_by_name(message: type[Message]) -> dict[str, FieldInfo]:
    """Return a message's fields by both spellings of their names."""
    hints = get_type_hints(message, include_extras=True)
    found: dict[str, FieldInfo] = {}
    for field in structs.fields(message):
        info = _field_info(field.name, field.encode_name, hints[field.name])
        found[info.name] = info
        found[info.json_name] = info
    return found


def _field_info(attribute: str, name: str, hint: Any) -> FieldInfo:
    wrapped = repeated = False
    if get_origin(hint) in (Union, UnionType):
        wrapped = True
        hint = next(part for part in get_args(hint) if part is not NoneType)
    if get_origin(hint) is list:
        repeated = True
        hint = get_args(hint)[0]
    kind, enum, message = "string", None, None
    if get_origin(hint) is Annotated:
        meta = next(part for part in get_args(hint)[1:] if isinstance(part, Meta))
        extra = meta.extra or {}
        kind, enum = extra["kind"], extra.get("enum")
    elif isinstance(hint, type) and issubclass(hint, Message):
        kind, message = "message", hint
    elif get_origin(hint) is dict:
        kind = "any"
    elif hint is bool:
        kind = "bool"
    elif hint is float:
        kind = "double"
    return FieldInfo(attribute, name, _camel(name), kind, repeated, wrapped, enum, message)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


class _Reader:
    def __init__(self, tokens: Tokens, discard_unknown: bool) -> None:
        self._tokens = tokens
        self._discard_unknown = discard_unknown
        self._scalars: dict[str, Callable[[FieldInfo, Token], Any]] = {
            "string": self._string,
            "bool": self._bool,
            "uint32": self._integer,
            "int32": self._integer,
            "uint64": self._integer,
            "double": self._double,
            "enum": self._enum,
            "timestamp": self._timestamp,
        }

    def message(self, message: type[M], depth: int) -> M:
        if depth == 0:
            raise ProtoJsonError("proto: exceeded max recursion depth")
        tokens = self._tokens
        opening = tokens.read()
        if opening.kind is not Kind.OBJECT_OPEN:
            raise tokens.unexpected(opening)
        known = fields_by_name(message)
        seen: set[str] = set()
        alternatives = message.ONEOF
        chosen = False
        values: dict[str, Any] = {}
        while True:
            token = tokens.read()
            if token.kind is Kind.OBJECT_CLOSE:
                return message(**values)
            if token.kind is not Kind.NAME:
                raise tokens.unexpected(token)
            field = known.get(str(token.value))
            if field is None:
                if not self._discard_unknown:
                    raise tokens.error(token.at, f"unknown field {token.raw}")
                self._skip(depth)
                continue
            if field.name in seen:
                raise tokens.error(token.at, f"duplicate field {token.raw}")
            seen.add(field.name)
            if tokens.peek().kind is Kind.NULL:
                tokens.read()
                continue
            if alternatives and field.name in alternatives[1]:
                if chosen:
                    raise tokens.error(token.at, f"error parsing {token.raw}, oneof {alternatives[0]} is already set")
                chosen = True
            value = self._list(field, depth) if field.repeated else self._single(field, depth)
            if value is not None and (field.wrapped or value not in (0, "", False) or field.kind == "message"):
                values[field.attribute] = value

    def _single(self, field: FieldInfo, depth: int) -> Any:
        if field.message is not None:
            return self.message(field.message, depth - 1)
        if field.kind == "any":
            return self._any(depth - 1)
        return self._scalars[field.kind](field, self._tokens.read())

    def _list(self, field: FieldInfo, depth: int) -> list[Any]:
        opening = self._tokens.read()
        if opening.kind is not Kind.ARRAY_OPEN:
            raise self._tokens.unexpected(opening)
        values: list[Any] = []
        while self._tokens.peek().kind is not Kind.ARRAY_CLOSE:
            value = self._single(field, depth)
            if value is not None:
                values.append(value)
        self._tokens.read()
        return values

    def _invalid(self, field: FieldInfo, token: Token) -> ProtoJsonError:
        name = "value" if field.wrapped else field.json_name
        return self._tokens.error(token.at, f"invalid value for {field.kind} field {name}: {token.raw}")

    def _string(self, field: FieldInfo, token: Token) -> str:
        if token.kind is not Kind.STRING:
            raise self._invalid(field, token)
        return str(token.value)

    def _bool(self, field: FieldInfo, token: Token) -> bool:
        if token.kind is not Kind.BOOL:
            raise self._invalid(field, token)
        return bool(token.value)

    def _number_text(self, field: FieldInfo, token: Token) -> str:
        if token.kind is Kind.NUMBER:
            return token.raw
        if token.kind is Kind.STRING and str(token.value).strip() == token.value:
            try:
                inner = Tokens(str(token.value)).read()
            except ProtoJsonError:
                raise self._invalid(field, token) from None
            if inner.kind is Kind.NUMBER and inner.raw == token.value:
                return inner.raw
        raise self._invalid(field, token)

    def _integer(self, field: FieldInfo, token: Token) -> int | str:
        number = _whole(self._number_text(field, token))
        low, high = _RANGES[field.kind]
        if number is None or not low <= number <= high:
            raise self._invalid(field, token)
        if field.kind != "uint64":
            return number
        return str(number) if number or field.repeated else ""

    def _double(self, field: FieldInfo, token: Token) -> float:
        return float(self._number_text(field, token))

    def _enum(self, field: FieldInfo, token: Token) -> Any:
        assert field.enum is not None
        if token.kind is Kind.STRING:
            member = field.enum.__members__.get(str(token.value))
            if member is not None:
                return _present(member, field)
            if self._discard_unknown:
                return None
        elif token.kind is Kind.NUMBER:
            number = _whole(token.raw)
            if number is not None and -0x80000000 <= number <= 0x7FFFFFFF:
                return next((_present(member, field) for member in field.enum if member.number == number), number)
        raise self._invalid(field, token)

    def _timestamp(self, _field: FieldInfo, token: Token) -> str:
        if token.kind is not Kind.STRING:
            raise self._tokens.unexpected(token)
        try:
            return format_timestamp(parse_timestamp(str(token.value)))
        except ValueError:
            raise self._tokens.error(token.at, f"invalid google.protobuf.Timestamp value {token.raw}") from None

    def _any(self, depth: int) -> dict[str, Any]:
        """Read a packed extension as it stands: no extension type is known here.

        Simplified: protobuf refuses a type URL that its registry does not hold.
        """
        value = self._plain(depth)
        if not isinstance(value, dict):
            raise ProtoJsonError('proto: missing "@type" field')
        return value

    def _plain(self, depth: int) -> Any:
        if depth <= 0:
            raise ProtoJsonError("proto: exceeded max recursion depth")
        token = self._tokens.read()
        if token.kind is Kind.OBJECT_OPEN:
            members: dict[str, Any] = {}
            while (name := self._tokens.read()).kind is Kind.NAME:
                members[str(name.value)] = self._plain(depth - 1)
            if name.kind is not Kind.OBJECT_CLOSE:
                raise self._tokens.unexpected(name)
            return members
        if token.kind is Kind.ARRAY_OPEN:
            items: list[Any] = []
            while self._tokens.peek().kind is not Kind.ARRAY_CLOSE:
                items.append(self._plain(depth - 1))
            self._tokens.read()
            return items
        if token.kind is Kind.NUMBER:
            whole = _whole(token.raw)
            return float(token.raw) if whole is None else whole
        if token.kind in (Kind.STRING, Kind.BOOL, Kind.NULL):
            return token.value
        raise self._tokens.unexpected(token)

    def _skip(self, depth: int) -> None:
        self._plain(depth)


def _present(member: ApiEnum, field: FieldInfo) -> ApiEnum | None:
    return member if member.number or field.repeated else None


def _whole(text: str) -> int | None:
    """Return a JSON number's value if it is whole (``2.0`` and ``1e3`` are), within reason."""
    if text.lstrip("-").isdigit():
        return int(text) if len(text) <= 20 else None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if number.adjusted() > 20 or number != number.to_integral_value():
        return None
    return int(number)
