"""``kubectl version``."""

from __future__ import annotations

from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.formats.json_out import json_leaves
from quizgame.tools.kubectl.formats.yaml_out import yaml_leaves
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import Line

CLIENT_VERSION = "v1.35.2"
KUSTOMIZE_VERSION = "v5.7.1"


def _flags() -> list[Flag]:
    return [
        boolean("client", "If true, shows client version only (no server required)."),
        string("output", "One of 'yaml' or 'json'.", short="o", choices=("json", "yaml")),
    ]


def _parts(version: str) -> dict[str, str]:
    major, minor, _ = version.removeprefix("v").split(".")
    return {"gitVersion": version, "major": major, "minor": minor, "platform": "linux/amd64"}


def _run(call: Call) -> None:
    if call.args:
        raise KubectlError(f"extra arguments: [{' '.join(call.args)}]")
    server = call.api.version
    form = call.flags.text("output")
    if form:
        document: dict[str, object] = {"clientVersion": _parts(CLIENT_VERSION), "kustomizeVersion": KUSTOMIZE_VERSION}
        if not call.flags.is_on("client"):
            document["serverVersion"] = _parts(server)
        if form not in ("yaml", "json"):
            raise KubectlError("--output must be 'yaml' or 'json'")
        leaves = yaml_leaves(document) if form == "yaml" else json_leaves(document, "  ")
        call.print_lines(Line(text) for text, _, _ in leaves)
        return
    call.print(f"Client Version: {CLIENT_VERSION}")
    call.print(f"Kustomize Version: {KUSTOMIZE_VERSION}")
    if not call.flags.is_on("client"):
        call.print(f"Server Version: {server}")


VERSION = Verb(_run, "[flags]", _flags)
