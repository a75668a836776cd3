"""``kubectl completion``, ``plugin list``, ``options`` and ``help``."""

from __future__ import annotations

from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.commands import ROOT
from quizgame.tools.kubectl.errors import KubectlError, Refusal
from quizgame.tools.kubectl.help_pages import command_page, options_page, root_page
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import lines

_SHELLS = ("bash", "zsh", "fish", "powershell")


def _completion(call: Call) -> None:
    if not call.args:
        raise call.usage_error("Shell not specified.")
    if len(call.args) > 1:
        raise call.usage_error("Too many arguments. Expected only the shell type.")
    if call.args[0] not in _SHELLS:
        raise call.usage_error(f'Unsupported shell type "{call.args[0]}".')
    raise Refusal(f"kubectl completion {call.args[0]}")


COMPLETION = Verb(_completion, "SHELL")


def _plugins(call: Call) -> None:
    raise KubectlError("unable to find any kubectl plugins in your PATH")


PLUGIN_LIST = Verb(_plugins, "")


def _options(call: Call) -> None:
    call.print_lines(lines(options_page()))


OPTIONS = Verb(_options, "")


def _help(call: Call) -> None:
    row, path = ROOT, ROOT.name
    for word in call.args:
        child = row.child(word)
        if child is None:
            break
        row, path = child, f"{path} {child.name}"
    if row is ROOT:
        call.print_lines(lines(root_page()))
    else:
        call.print_lines(lines(command_page(path, row, row.load() if row.target else None)))


HELP = Verb(_help, "[command]")
