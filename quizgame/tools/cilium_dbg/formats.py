"""``-o`` of ``cilium-dbg``: JSON as commands print it, and what YAML and JSONPath make of it.

Source: cilium/cilium v1.19 pkg/command/output.go; golden ``cilium-dbg/endpoint-get-jsonpath``.
"""

from __future__ import annotations

import json

from quizgame.tools.cilium_dbg.call import JSON_PATH
from quizgame.tools.kubectl.formats.jsonpath import JsonPath, value_text
from quizgame.tools.kubectl.formats.jsonpath_parse import JsonPathError
from quizgame.tools.kubectl.formats.yaml_out import yaml_text
from quizgame.tools.output import Line, Result, lines, render


def converted(result: Result, form: str) -> Result:
    """What a command printed as JSON, in another form; the facts of all of it stand on each line."""
    if result.exit or form in ("", "json"):
        return result
    try:
        value = json.loads(render(result.stdout))
    except json.JSONDecodeError:
        return result
    known = tuple(dict.fromkeys(each for line in result.stdout for each in line.facts))
    if form == "yaml":
        return Result(stdout=[*lines(yaml_text(value), known), Line("")], stderr=result.stderr)
    try:
        found = JsonPath(form.removeprefix(JSON_PATH).strip("'")).results(value)
        text = "".join(" ".join(value_text(each) for each, _ in group) for group in found)
    except JsonPathError as wrong:
        return Result(stderr=lines(f"Couldn't parse jsonpath expression: '{wrong}'\n"), exit=1)
    return Result(stdout=lines(f"{text}\n", known), stderr=result.stderr)
