"""What commands that change objects share: dry runs and the confirmation they print."""

from __future__ import annotations

from quizgame.cluster.objects import KubeObject
from quizgame.cluster.requests import FieldValidation
from quizgame.goflags.flagset import Flag, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.manifests import validation_of
from quizgame.tools.kubectl.output import WRITE_ALLOWED, Item, as_choices, printer_for
from quizgame.tools.kubectl.selection import Served, in_version
from quizgame.tools.kubectl.shown import value_facts

NONE, CLIENT, SERVER = "none", "client", "server"
_MODES = (NONE, CLIENT, SERVER)
_SUFFIX = {NONE: "", CLIENT: " (dry run)", SERVER: " (server dry run)"}


def dry_run_flag() -> Flag:
    """``--dry-run``."""
    return string(
        "dry-run", 'Must be "none", "server", or "client".', default=NONE, no_opt_default="unchanged", choices=_MODES
    )


def write_flags() -> list[Flag]:
    """``--dry-run``, ``-o`` and who is named as the writer."""
    return [
        dry_run_flag(),
        string("output", "Output format.", short="o", choices=as_choices(WRITE_ALLOWED)),
        string("field-manager", "Name of the manager used to track field ownership."),
    ]


def dry_run_of(call: Call) -> str:
    """What ``--dry-run`` asks for: ``none``, ``client`` or ``server``."""
    typed = call.flags.text("dry-run")
    if typed in _MODES:
        return typed
    if typed == "unchanged":
        call.warn("--dry-run is deprecated and can be replaced with --dry-run=client.")
        return CLIENT
    # Source: kubectl pkg/cmd/util/helpers.go GetDryRunStrategy.
    raise KubectlError(f'Invalid dry-run value ({typed}). Must be "none", "server", or "client".')


def field_validation(call: Call) -> FieldValidation:
    """``--validate`` as the server takes it."""
    return FieldValidation(validation_of(call))


def confirm(call: Call, served: Served, node: KubeObject, done: str, *, detail: str = "") -> None:
    """Say what was done to an object, or print it where ``-o`` asks for that.

    Args:
        call: The command line.
        served: The object's kind.
        node: The object as it is now.
        done: ``created``.
        detail: What follows the mark of a dry run.
    """
    typed = call.flags.text("output") if "output" in call.flags else ""
    resource = served.resource
    if typed:
        printer = printer_for(call, typed, allowed=WRITE_ALLOWED)
        if printer is not None:
            shown = in_version(served, node) if "apiVersion" in node else node
            call.print_lines(printer(call.view, [Item(resource, shown)], False))
            return
    name = node["metadata"].get("name", "")
    mode = call.flags.text("dry-run") if "dry-run" in call.flags else NONE
    suffix = _SUFFIX.get(mode, _SUFFIX[CLIENT])
    facts = value_facts(call.view, node, ("metadata", "name"), name)
    call.print(f"{resource.prefix}/{name} {done}{suffix}{detail}", facts)
