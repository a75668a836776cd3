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


# Source: Kubernetes apiserver endpoints/handlers (checkName; DecodeInto of JSON and merge patches); strategic merges
# leave kind and version to the request; apiextensions customresource validator.
OTHER_OBJECTS = [
    ("svc kubernetes", "strategic", '{"kind":"Pod"}', 0, "service/kubernetes patched (no change)\n"),
    ("svc kubernetes", "strategic", '{"apiVersion":"v2"}', 0, "service/kubernetes patched (no change)\n"),
    ("svc kubernetes", "merge", '{"kind":"Foo"}', 1,
     'Error from server (BadRequest): no kind "Foo" is registered for version "v1" in scheme '
     '"pkg/api/legacyscheme/scheme.go:30"\n'),
    ("svc kubernetes", "json", '[{"op":"replace","path":"/apiVersion","value":"v7"}]', 1,
     'Error from server (BadRequest): no kind "Service" is registered for version "v7" in scheme '
     '"pkg/api/legacyscheme/scheme.go:30"\n'),
    ("svc kubernetes", "merge", '{"metadata":{"namespace":"x"}}', 1,
     "Error from server (BadRequest): the namespace of the object (x) does not match the namespace on the request "
     "(default)\n"),
    ("ciliumnode kind-worker", "merge", '{"kind":"Foo"}', 1,
     'The CiliumNode "kind-worker" is invalid: kind: Invalid value: "Foo": must be CiliumNode\n'),
]  # fmt: skip


@pytest.mark.parametrize(("target", "kind", "patch", "exit_status", "said"), OTHER_OBJECTS)
def test_a_patch_keeps_kind_and_place(
    shell: Shell, target: str, kind: str, patch: str, exit_status: int, said: str
) -> None:
    result = shell.run_line(f"kubectl patch {target} --type {kind} -p '{patch}'")
    assert (result.exit, render(result.stdout) + render(result.stderr)) == (exit_status, said)
