"""How kubectl words a failure: its own, those of its command line, and those that the API server sends."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.cluster.apierror import ApiError
from quizgame.errors import QuizgameError


class KubectlError(QuizgameError):
    """A failure that ends the command.

    Args:
        message: What follows ``error: ``; with ``is_bare`` the whole text.
        exit_status: What the command returns.
        is_bare: Whether the text stands without ``error: `` before it.
    """

    def __init__(self, message: str, exit_status: int = 1, *, is_bare: bool = False) -> None:
        super().__init__(message)
        self.exit_status = exit_status
        self.is_bare = is_bare


class UsageError(KubectlError):
    """A command line that makes no sense; the message ends with a pointer to the help page."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(f"{message}\nSee '{path} -h' for help and examples")


class Refusal(QuizgameError):
    """Something that the real kubectl has and the simulation has not; the message names it."""


class ManyErrors(QuizgameError):
    """Several failures of one command, each shown on its own line."""

    def __init__(self, errors: Sequence[QuizgameError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = tuple(errors)


def raise_all(errors: Sequence[QuizgameError]) -> None:
    """Raise what was gathered: nothing, one failure, or all together."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ManyErrors(errors)


def describe_error(error: QuizgameError) -> str:
    """The text that kubectl puts on stderr for a failure, without its last line end."""
    if isinstance(error, ManyErrors):
        return "\n".join(describe_error(each) for each in error.errors)
    if isinstance(error, ApiError):
        return describe_api_error(error)
    if isinstance(error, KubectlError) and error.is_bare:
        return error.message
    text = error.message
    return text if text.startswith("error: ") else f"error: {text}"


def describe_api_error(error: ApiError, doing: str = "") -> str:
    """What kubectl says about an answer of the API server.

    Args:
        error: The answer.
        doing: What was being done, ``error when creating "f.yaml"``; the server's text follows it.
    """
    # Source: kubectl pkg/cmd/util/helpers.go StandardErrorMessage, checkErr: Invalid has its own form without what
    # was being done.
    if error.reason == "Invalid":
        return _describe_invalid(error)
    text = f"{doing}: {error.message}" if doing else error.message
    return f"Error from server ({error.reason}): {text}" if error.reason else f"Error from server: {text}"


def _describe_invalid(error: ApiError) -> str:
    if not error.kind:
        return f"The request is invalid: {error.message}"
    head = f'The {error.kind} "{error.name}" is invalid'
    shown = list(dict.fromkeys(map(str, error.causes)))
    if not shown:
        return head
    return f"{head}: {shown[0]}" if len(shown) == 1 else "\n* ".join((f"{head}: ", *shown))


class ServerError(KubectlError):
    """An answer of the API server to a part of a command, with what was being done."""

    def __init__(self, error: ApiError, doing: str = "") -> None:
        super().__init__(describe_api_error(error, doing), is_bare=True)
        self.reason = error.reason
