"""The error answers of the API server, worded as the real server words them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.cluster.resources import Resource


@dataclass(frozen=True, slots=True)
class Cause:
    """One violation in an object."""

    field: str
    """``spec.ports[0].port``; ``<nil>`` where the rule concerns no field."""
    message: str
    """``Invalid value: 70000: must be between 1 and 65535, inclusive``."""

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class ApiError(QuizgameError):
    """A refusal of the API server.

    Args:
        code: HTTP status.
        reason: ``NotFound``, ``AlreadyExists``, ``Conflict``, ``Invalid``, ``BadRequest``, ``Forbidden``, ``Expired`` …
        message: As in the server's Status object.
        kind: Kind (Invalid) or qualified plural (other reasons) that the answer is about.
        name: Name of the object it is about.
        causes: The violations, in order, for ``Invalid``.
    """

    def __init__(
        self, code: int, reason: str, message: str, *, kind: str = "", name: str = "", causes: Sequence[Cause] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.kind = kind
        self.name = name
        self.causes = tuple(causes)


def not_found(resource: Resource, name: str) -> ApiError:
    """No object of this name."""
    message = f'{resource.qualified} "{name}" not found'
    return ApiError(404, "NotFound", message, kind=resource.qualified, name=name)


def no_such_resource() -> ApiError:
    """A URL that the server does not serve."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def already_exists(resource: Resource, name: str) -> ApiError:
    """An object of this name is there."""
    message = f'{resource.qualified} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, kind=resource.qualified, name=name)


def conflict(resource: Resource, name: str, detail: str) -> ApiError:
    """A write that is based on a stale object."""
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {detail}'
    return ApiError(409, "Conflict", message, kind=resource.qualified, name=name)


def invalid(resource: Resource, name: str, causes: Sequence[Cause]) -> ApiError:
    """An object that breaks rules; one cause stands alone, several stand in brackets."""
    shown = str(causes[0]) if len(causes) == 1 else "[" + ", ".join(map(str, causes)) + "]"
    message = f'{resource.qualified_kind} "{name}" is invalid: {shown}'
    return ApiError(422, "Invalid", message, kind=resource.kind, name=name, causes=causes)


def bad_request(message: str) -> ApiError:
    """A request that cannot be read."""
    return ApiError(400, "BadRequest", message)


def forbidden(resource: Resource, name: str, detail: str) -> ApiError:
    """A request that admission refuses."""
    message = f'{resource.qualified} "{name}" is forbidden: {detail}'
    return ApiError(403, "Forbidden", message, kind=resource.qualified, name=name)
