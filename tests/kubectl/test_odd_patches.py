"""Patches that are none, or that leave no object: each is refused in a line, as the server or kubectl does it."""

from __future__ import annotations

import pytest

from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import render
from quizgame.tools.shell.executor import Shell


@pytest.fixture(scope="module")
def shell() -> Shell:
    return free_shell(free_world(clusters=1, workers=1, seed=0, manifests=[]))


# Source of the words: Go encoding/json (UnmarshalTypeError) and the API server's checkName.
REFUSALS = [
    ("json", "text", "json: cannot unmarshal string into Go value of type jsonpatch.Patch"),
    ("json", "{}", "json: cannot unmarshal object into Go value of type jsonpatch.Patch"),
    ("json", "[1]", "json: cannot unmarshal number into Go value of type jsonpatch.Operation"),
    ("json", '[{"op":"remove","path":"/none"}]', "the server rejected our request due to an error in our request"),
    ("json", '[{"op":"replace","path":"","value":3}]', "cannot unmarshal number into Go value"),
    ("json", '[{"op":"add","path":"/metadata","value":3}]', "cannot unmarshal number into Go value"),
    ("json", '[{"op":"remove","path":"/metadata"}]', "was undeterminable: name must be provided"),
    ("merge", '["a"]', "json: cannot unmarshal array into Go value of type map[string]interface {}"),
    ("merge", '{"metadata":null}', "was undeterminable: name must be provided"),
    ("merge", '{"metadata":{"name":"x"}}', "the name of the object (x) does not match the name on the URL (default)"),
]


@pytest.mark.parametrize("mode", ["none", "client", "server"])
@pytest.mark.parametrize(("kind", "patch", "wanted"), REFUSALS)
def test_a_patch_that_makes_no_object_is_refused(shell: Shell, kind: str, patch: str, wanted: str, mode: str) -> None:
    result = shell.run_line(f"kubectl patch namespace default --dry-run={mode} --type {kind} -p '{patch}'")
    assert result.exit == 1
    assert wanted in render(result.stderr)
    assert not result.stdout
