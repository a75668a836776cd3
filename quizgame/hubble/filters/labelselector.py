"""Kubernetes label selectors whose keys may carry Cilium's label sources.

# Source: k8s.io/apimachinery pkg/labels selector.go (grammar and messages), cilium/cilium v1.19
# pkg/hubble/filters/labelparser.go (``k8s:app`` is read as ``k8s.app``, ``app`` as ``any.app``) and pkg/labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from quizgame.goflags.errors import GoValueError
from quizgame.goflags.numbers import parse_int
from quizgame.goflags.quoting import quote
from quizgame.hubble.filters.netip import Prefix, parse_prefix
from quizgame.hubble.filters.predicate import FilterError

_SPACE = " \t\r\n"
_SPECIAL = "=!(),><"
_OPERATORS = {"=": "=", "==": "=", "!=": "!=", "in": "in", "notin": "notin", ">": ">", "<": "<"}
_SYMBOLS = frozenset({")", ",", "!", "==", "=", ">", "<", "!=", "("})
_ANY = "any"
_CIDR = "cidr"

_NAME_PART = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAME_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


@dataclass(frozen=True, slots=True)
class RecordedLabels:
    """Labels of an endpoint, in recorded order, as (source, key, value)."""

    labels: tuple[tuple[str, str, str], ...]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> RecordedLabels:
        """Read ``source:key=value``; without a colon the source is ``unspec``."""
        labels: list[tuple[str, str, str]] = []
        for text in texts:
            source, colon, rest = text.partition(":")
            if not colon:
                source, rest = "unspec", text
            key, _, value = rest.partition("=")
            labels.append((source, key, value))
        return cls(tuple(labels))

    def get(self, wanted: str) -> str | None:
        """Return the value of the first label with a key, given as ``source.key``; ``None`` if there is none."""
        wanted_source, _, wanted_key = wanted.partition(".")
        cidr = _prefix(wanted_key) if wanted_source == _CIDR else None
        for source, key, value in self.labels:
            if wanted_source in (_ANY, source) and key == wanted_key:
                return value
            if cidr is not None and source == _CIDR:
                recorded = _prefix(key)
                if recorded and recorded.length >= cidr.length and cidr.contains(recorded.address):
                    return value
        return None


def _prefix(key: str) -> Prefix | None:
    """Read the key of a ``cidr:`` label; in IPv6 ones a dash stands for each colon, and a 0 may pad an end."""
    text = key if "." in key else key.replace("-", ":")
    if text.startswith("0::"):
        text = text[1:]
    text = text.replace("::0/", "::/")
    try:
        return parse_prefix(text if "/" in text else text + ("/32" if "." in text else "/128"))
    except GoValueError:
        return None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition."""

    key: str
    """With its source, ``any.app``."""
    operator: str
    """``= != in notin > < exists !``."""
    values: frozenset[str] = frozenset()

    def matches(self, labels: RecordedLabels) -> bool:
        """Say whether labels fulfil it; ``!=``, ``notin`` and ``!`` hold where the key is absent."""
        value = labels.get(self.key)
        if value is None:
            return self.operator in ("!=", "notin", "!")
        if self.operator in ("=", "in"):
            return value in self.values
        if self.operator in ("!=", "notin"):
            return value not in self.values
        if self.operator in (">", "<"):
            (bound,) = self.values
            try:
                number = parse_int(value)
            except GoValueError:
                return False
            return number > int(bound) if self.operator == ">" else number < int(bound)
        return self.operator == "exists"


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions that must all hold; none selects everything."""

    requirements: tuple[Requirement, ...]

    def matches(self, labels: RecordedLabels) -> bool:
        """Say whether labels fulfil all conditions."""
        return all(requirement.matches(labels) for requirement in self.requirements)


def parse_selector(text: str) -> Selector:
    """Read a selector.

    Raises:
        FilterError: The parser's own message.
    """
    return _Parser(_with_sources(text)).selector()


def _with_sources(text: str) -> str:
    """Put a source and a dot before each key."""
    out: list[str] = []
    at = 0
    while at < len(text):
        start = at
        while at < len(text) and (text[at].isspace() or text[at] == "!"):
            at += 1
        out.append(text[start:at])
        start = at
        while at < len(text) and not (text[at].isspace() or text[at] in "=!,"):
            at += 1
        key = text[start:at]
        out.append((key if ":" in key else f"{_ANY}:{key}").replace(":", ".", 1))
        depth = 0
        start = at
        while at < len(text):
            char = text[at]
            at += 1
            depth += (char == "(") - (char == ")")
            if char == "," and depth == 0:
                break
        out.append(text[start:at])
    return "".join(out)


class _Parser:
    """Recursive descent over the tokens; ``None`` is the end of the text."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def selector(self) -> Selector:
        requirements: list[Requirement] = []
        while True:
            kind, text = self._peek()
            if kind == "end":
                break
            if kind not in ("word", "!"):
                raise FilterError(f"found '{text}', expected: !, identifier, or 'end of string'")
            try:
                requirements.append(self._requirement())
            except FilterError as refusal:
                raise FilterError(f"unable to parse requirement: {refusal.message}") from None
            kind, text = self._take()
            if kind == "end":
                break
            if kind != ",":
                raise FilterError(f"found '{text}', expected: ',' or 'end of string'")
            kind, text = self._peek()
            if kind not in ("word", "!"):
                raise FilterError(f"found '{text}', expected: identifier after ','")
        return Selector(tuple(requirements))

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _requirement(self) -> Requirement:
        kind, key = self._take()
        negated = kind == "!"
        if negated:
            kind, key = self._take()
        if kind != "word":
            raise FilterError(f"found '{key}', expected: identifier")
        _check_key(key)
        if self._peek()[0] in ("end", ","):
            return Requirement(key, "!" if negated else "exists")
        kind, text = self._take()
        operator = _OPERATORS.get(text)
        if operator is None or kind == "error":
            raise FilterError(f"found '{text}', expected: in, notin, =, ==, !=, gt, lt")
        values = self._list() if operator in ("in", "notin") else {self._exact_value()}
        _check_values(key, operator, values)
        return Requirement(key, operator, frozenset(values))

    def _exact_value(self) -> str:
        if self._peek()[0] in ("end", ","):
            return ""
        kind, text = self._take()
        if kind != "word":
            raise FilterError(f"found '{text}', expected: identifier")
        return text

    def _list(self) -> set[str]:
        kind, text = self._take()
        if kind != "(":
            raise FilterError(f"found '{text}' expected: '('")
        kind, text = self._peek()
        if kind == ")":
            self._take()
            return {""}
        if kind not in ("word", ","):
            raise FilterError(f"found '{text}', expected: ',', ')' or identifier")
        values = self._identifiers()
        self._take()
        return values

    def _identifiers(self) -> set[str]:
        values: set[str] = set()
        while True:
            kind, text = self._take()
            following, following_text = self._peek()
            if kind == "word":
                values.add(text)
                if following == ")":
                    return values
                if following != ",":
                    raise FilterError(f"found '{following_text}', expected: ',' or ')'")
            elif kind == ",":
                if not values:
                    values.add("")
                if following == ")":
                    values.add("")
                    return values
                if following == ",":
                    self._take()
                    values.add("")
            else:
                raise FilterError(f"found '{text}', expected: ',', or identifier")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        if text[at] in _SPACE:
            at += 1
            continue
        start = at
        if text[at] not in _SPECIAL:
            while at < len(text) and text[at] not in _SPACE and text[at] not in _SPECIAL:
                at += 1
            tokens.append(("word", text[start:at]))
            continue
        # The longest symbol that is one: Go's scanner goes on while the text so far is a symbol.
        at += 1
        while at < len(text) and text[at] in _SPECIAL and text[start : at + 1] in _SYMBOLS:
            at += 1
        tokens.append((text[start:at], text[start:at]))
    return tokens


def _check_key(key: str) -> None:
    problems = _qualified_name_problems(key)
    if problems:
        raise FilterError(f"<nil>: Invalid value: {quote(key)}: {'; '.join(problems)}")


def _check_values(key: str, operator: str, values: set[str]) -> None:
    problems: list[str] = []
    ordered = sorted(values)
    if operator in (">", "<"):
        for index, value in enumerate(ordered):
            try:
                parse_int(value)
            except GoValueError:
                problems.append(
                    f"values[{index}]: Invalid value: {quote(value)}: "
                    "for 'Gt', 'Lt' operators, the value must be an integer"
                )
    for index, value in enumerate(ordered):
        reasons = ["must be no more than 63 bytes"] if len(value) > 63 else []
        if not _VALUE.fullmatch(value):
            reasons.append(_VALUE_RULE)
        if reasons:
            problems.append(f"values[{index}][{key}]: Invalid value: {quote(value)}: {'; '.join(reasons)}")
    if problems:
        raise FilterError(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")


def _qualified_name_problems(key: str) -> list[str]:
    parts = key.split("/")
    problems: list[str] = []
    if len(parts) > 2:
        return [
            f"a qualified name {_NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    name = parts[-1]
    if len(parts) == 2:
        prefix = parts[0]
        if not prefix:
            problems.append("prefix part must be non-empty")
        else:
            if len(prefix) > 253:
                problems.append("prefix part must be no more than 253 bytes")
            if not _SUBDOMAIN.fullmatch(prefix):
                problems.append(f"prefix part {_SUBDOMAIN_RULE}")
    if not name:
        problems.append("name part must be non-empty")
    elif len(name) > 63:
        problems.append("name part must be no more than 63 bytes")
    if not _NAME_PART.fullmatch(name):
        problems.append(f"name part {_NAME_RULE}")
    return problems
