"""Label and field selectors: the text forms of requests and the structured form of objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quizgame.cluster.apierror import bad_request
from quizgame.cluster.objects import dig

_LABEL = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_NAME = re.compile(_LABEL)
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_TOKEN = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)")
_OPERATORS = {"=": "=", "==": "=", "!=": "!=", "in": "in", "notin": "notin", ">": "gt", "<": "lt"}
_SYMBOLS = frozenset(("==", "!=", *"=!(),<>"))


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on labels."""

    key: str
    operator: str
    """``=``, ``!=``, ``in``, ``notin``, ``gt``, ``lt``, ``exists`` or ``!``."""
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a label set meets it; the negative operators also accept a missing key."""
        present = labels.get(self.key)
        match self.operator:
            case "exists":
                return self.key in labels
            case "!":
                return self.key not in labels
            case "=" | "in":
                return self.key in labels and present in self.values
            case "!=" | "notin":
                return self.key not in labels or present not in self.values
            case _:
                return self._compares(present)

    def _compares(self, present: str | None) -> bool:
        try:
            left, right = int(present or ""), int(self.values[0])
        except ValueError:
            return False
        return left > right if self.operator == "gt" else left < right


Selector = tuple[Requirement, ...]
"""All requirements must hold; none at all selects everything."""


def matches(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Whether a label set meets every requirement."""
    return all(requirement.matches(labels) for requirement in selector)


@lru_cache(maxsize=512)
def parse_selector(text: str) -> Selector:
    """Read ``a=b,c!=d,e in (f,g),h,!i``.

    Raises:
        ApiError: ``BadRequest`` with the wording of the real parser.
    """
    # Source: kubernetes apimachinery pkg/labels/selector.go: the parser and its messages.
    return _Parser(text).selector()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def selector(self) -> Selector:
        requirements: list[Requirement] = []
        while self.peek():
            try:
                requirements.append(self.requirement())
            except ValueError as problem:
                raise bad_request(f"unable to parse requirement: {problem}") from None
            token = self.take()
            if not token:
                break
            if token != ",":
                raise bad_request(f"found '{token}', expected: ',' or 'end of string'")
            following = self.peek()
            if following in _SYMBOLS - {"!"} or not following:
                raise bad_request(f"found '{following}', expected: identifier after ','")
        return tuple(sorted(requirements, key=lambda each: each.key))

    def requirement(self) -> Requirement:
        token = self.take()
        is_negated = token == "!"
        if is_negated:
            token = self.take()
        if token in _SYMBOLS or not token:
            raise ValueError(f"found '{token}', expected: identifier")
        _check_key(token)
        if is_negated:
            return Requirement(token, "!")
        if self.peek() in ("", ","):
            return Requirement(token, "exists")
        word = self.take()
        operator = _OPERATORS.get(word)
        if operator is None:
            raise ValueError(f"found '{word}', expected: in, notin, =, ==, !=, gt, lt")
        values = self.values() if operator in ("in", "notin") else (self.exact(),)
        for value in values:
            _check_value(token, value)
        return Requirement(token, operator, values)

    def exact(self) -> str:
        if self.peek() in ("", ","):
            return ""
        token = self.take()
        if token in _SYMBOLS:
            raise ValueError(f"found '{token}', expected: identifier")
        return token

    def values(self) -> tuple[str, ...]:
        token = self.take()
        if token != "(":
            raise ValueError(f"found '{token}' expected: '('")
        found: list[str] = []
        while self.peek() != ")":
            token = self.take()
            if not token:
                raise ValueError("found '', expected: ',', or ')'")
            if token == ",":
                continue
            if token in _SYMBOLS:
                raise ValueError(f"found '{token}', expected: ',', ')' or identifier")
            found.append(token)
        self.take()
        return tuple(sorted(set(found)))


def _check_key(key: str) -> None:
    prefix, slash, name = key.rpartition("/")
    name_fits = len(name) <= 63 and _LABEL_NAME.fullmatch(name)
    if not name_fits or (slash and not _SUBDOMAIN.fullmatch(prefix)):
        raise ValueError(f'key: Invalid value: "{key}": {LABEL_NAME_RULE}')


def _check_value(key: str, value: str) -> None:
    if value and (len(value) > 63 or not _LABEL_NAME.fullmatch(value)):
        raise ValueError(f'values[0][{key}]: Invalid value: "{value}": {LABEL_VALUE_RULE}')


LABEL_NAME_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LABEL_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with "
    "an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)

_STRUCTURED = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!", "Gt": "gt", "Lt": "lt"}


def selector_of(structured: Mapping[str, Any] | None) -> Selector:
    """The requirements of a ``LabelSelector`` (``matchLabels``, ``matchExpressions``); an empty one selects all.

    What has no key or no known operator is left out: the server takes no such object.
    """
    if not structured:
        return ()
    requirements = [Requirement(key, "=", (value,)) for key, value in (structured.get("matchLabels") or {}).items()]
    requirements += [
        Requirement(each["key"], _STRUCTURED[each["operator"]], tuple(each.get("values") or ()))
        for each in structured.get("matchExpressions") or ()
        if each.get("key") and each.get("operator") in _STRUCTURED
    ]
    return tuple(sorted(requirements, key=lambda each: each.key))


def equality_selector(labels: Mapping[str, str]) -> Selector:
    """The requirements of a plain map, as a Service's selector is."""
    return tuple(Requirement(key, "=", (value,)) for key, value in sorted(labels.items()))


def format_selector(structured: Mapping[str, Any] | None) -> str:
    """A ``LabelSelector`` in text form (``a=b,c in (d,e)``); ``<none>`` for an empty one."""
    shown = []
    for each in selector_of(structured):
        match each.operator:
            case "exists":
                shown.append(each.key)
            case "!":
                shown.append(f"!{each.key}")
            case "in" | "notin":
                shown.append(f"{each.key} {each.operator} ({','.join(sorted(each.values))})")
            case _:
                shown.append(f"{each.key}{each.operator}{each.values[0]}")
    return ",".join(shown) or "<none>"


_COMMON_FIELDS = ("metadata.name", "metadata.namespace")
# Source: field label conversions of the kinds in kubernetes pkg/apis: what each kind lets a field selector name.
_FIELDS: dict[str, tuple[str, ...]] = {
    "Pod": (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ),
    "Event": (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ),
    "Namespace": ("status.phase",),
    "Node": ("spec.unschedulable",),
    "Secret": ("type",),
    "Service": ("spec.clusterIP", "spec.type"),
    "ReplicaSet": ("status.replicas",),
    "Job": ("status.successful",),
}  # fmt: skip

_TERM = re.compile(r"\s*([^=!,\s]+)\s*(==|!=|=)\s*([^,]*)")


def field_filter(kind: str, text: str) -> Callable[[Mapping[str, Any]], bool]:
    """A test for ``--field-selector`` text such as ``status.phase!=Running,spec.nodeName=kind-worker``.

    Raises:
        ApiError: ``BadRequest``: the text cannot be read or names a field that this kind does not offer.
    """
    terms: list[tuple[tuple[str, ...], bool, str]] = []
    for part in filter(None, text.split(",")):
        match = _TERM.fullmatch(part)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        name, operator, value = match.groups()
        if name not in _COMMON_FIELDS and name not in _FIELDS.get(kind, ()):
            raise bad_request(f"field label not supported: {name}")
        terms.append((tuple(name.split(".")), operator == "!=", value.strip()))

    def accepts(node: Mapping[str, Any]) -> bool:
        return all((_field_text(node, path) != value) is negated for path, negated, value in terms)

    return accepts


def _field_text(node: Mapping[str, Any], path: tuple[str, ...]) -> str:
    if path == ("source",):
        return str(dig(node, "source", "component", default=""))
    value = dig(node, *path, default="")
    return str(value).lower() if isinstance(value, bool) else str(value)
