"""What the commands share that make objects from options: defaults of a client-side object, and storing it."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.apply import with_last_applied
from quizgame.cluster.objects import KubeObject
from quizgame.errors import QuizgameError
from quizgame.goflags.flagset import Flag, boolean
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.manifests import validation_flag
from quizgame.tools.kubectl.selection import Served
from quizgame.tools.kubectl.writing import CLIENT, SERVER, confirm, dry_run_of, write_flags


def generate_flags() -> list[Flag]:
    """Options of every generator."""
    return [
        *write_flags(),
        validation_flag(),
        boolean("save-config", "If true, the configuration of current object will be saved in its annotation."),
    ]


def name_given(call: Call) -> str:
    """The one positional word that names the new object.

    Raises:
        KubectlError: there is none, or more than one.
    """
    if len(call.args) != 1:
        raise call.usage_error(f"exactly one NAME is required, got {len(call.args)}")
    return call.args[0]


def generate(
    call: Call,
    plural: str,
    node: KubeObject,
    *,
    done: str = "created",
    on_refusal: Callable[[ApiError], QuizgameError] | None = None,
) -> None:
    """Store a generated object, or show it where the run is dry.

    Args:
        call: The command line.
        plural: Its resource.
        node: The object without a namespace.
        done: What is said of it.
        on_refusal: Words the server's refusal.
    """
    mode = dry_run_of(call)
    resource = call.api.resource(plural)
    served = Served(resource, resource.version)
    if resource.namespaced and (mode != CLIENT or call.is_namespace_given):
        node = {**node, "metadata": {**node["metadata"], "namespace": call.namespace}}
    if call.flags.is_on("save-config"):
        node = with_last_applied(node, node["metadata"].get("namespace", ""))
    shown = node
    if mode != CLIENT:
        try:
            shown = call.api.create(
                resource, node, call.namespace if resource.namespaced else "", dry_run=mode == SERVER, warn=call.warn
            )
        except ApiError as error:
            raise on_refusal(error) if on_refusal is not None else error from None
    confirm(call, served, shown, done)


def creation_failure(what: str) -> Callable[[ApiError], QuizgameError]:
    """The words of generators that put their own before the server's, ``failed to create deployment: …``."""

    def word(error: ApiError) -> QuizgameError:
        return error if error.reason == "Invalid" else KubectlError(f"failed to create {what}: {error.message}")

    return word
