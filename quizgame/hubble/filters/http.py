"""``--http-status``, ``--http-method``, ``--http-path``, ``--http-url``, ``--http-header``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from quizgame.goflags.quoting import quote
from quizgame.hubble.enums import MessageType
from quizgame.hubble.filters.predicate import FilterError, Predicate
from quizgame.hubble.filters.regexes import compile_re2
from quizgame.hubble.filters.requesturi import request_path
from quizgame.hubble.flow import HTTP, Flow, HTTPHeader
from quizgame.hubble.flowfilter import FlowFilter

_FULL_CODE = re.compile("[1-5][0-9]{2}", re.ASCII)
_CODE_PREFIX = re.compile(r"([1-5][0-9]?)\+", re.ASCII)


def compile_http(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each part of the message that the filter asks for.

    Raises:
        FilterError: A value is malformed, or the filter's event types exclude l7.
    """
    parts: tuple[tuple[list[str] | list[HTTPHeader], str, Callable[[], Callable[[HTTP], bool]]], ...] = (
        (wanted.http_status_code, "status code", lambda: _status(wanted.http_status_code)),
        (wanted.http_method, "method", lambda: _method(wanted.http_method)),
        (wanted.http_path, "path", lambda: _regex(wanted.http_path, "path", lambda http: request_path(http.url))),
        (wanted.http_url, "url", lambda: _regex(wanted.http_url, "url", lambda http: http.url or None)),
        (wanted.http_header, "headers", lambda: _header(wanted.http_header)),
    )
    types = wanted.event_type
    for values, name, make in parts:
        if values:
            if types and not any(kind.type == MessageType.L7 for kind in types):
                raise FilterError(f"filtering by http {name} requires the event type filter to only match 'l7' events")
            yield _on_http(make())


def _on_http(is_match: Callable[[HTTP], bool]) -> Predicate:
    def matches(flow: Flow | None) -> bool:
        l7 = flow.l7 if flow is not None else None
        http = l7.http if l7 is not None else None
        return http is not None and is_match(http)

    return matches


def _status(values: list[str]) -> Callable[[HTTP], bool]:
    codes: set[str] = set()
    prefixes: list[str] = []
    for value in values:
        prefix = _CODE_PREFIX.fullmatch(value)
        if _FULL_CODE.fullmatch(value):
            codes.add(value)
        elif prefix:
            prefixes.append(prefix[1])
        else:
            raise FilterError(f"invalid http status code filter: invalid status code prefix: {quote(value)}")
    beginnings = tuple(prefixes)

    def is_match(http: HTTP) -> bool:
        # Requests have code 0.
        code = f"{http.code:03d}"
        return http.code != 0 and (code in codes or code.startswith(beginnings))

    return is_match


def _method(values: list[str]) -> Callable[[HTTP], bool]:
    methods = {value.casefold() for value in values}
    return lambda http: http.method != "" and http.method.casefold() in methods


def _regex(values: list[str], name: str, get: Callable[[HTTP], str | None]) -> Callable[[HTTP], bool]:
    searches: list[Callable[[str], bool]] = []
    for value in values:
        try:
            searches.append(compile_re2(value))
        except FilterError as refusal:
            raise FilterError(f"invalid http {name} filter: {value}: {refusal.message}") from None

    def is_match(http: HTTP) -> bool:
        text = get(http)
        return text is not None and any(search(text) for search in searches)

    return is_match


def _header(headers: list[HTTPHeader]) -> Callable[[HTTP], bool]:
    pairs = {(header.key, header.value) for header in headers}
    return lambda http: any((header.key, header.value) in pairs for header in http.headers)
