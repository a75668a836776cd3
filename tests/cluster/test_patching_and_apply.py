"""Patches as pure functions, and applying a manifest twice."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.apply import LAST_APPLIED, Applied, apply_object
from quizgame.cluster.objects import annotations_of
from quizgame.cluster.patching import merge_diff, merge_patch, strategic_merge, three_way_merge, three_way_strategic
from quizgame.cluster.schema import builtin_schema

SCALARS = st.integers() | st.text(max_size=4) | st.booleans()
TREES = st.recursive(SCALARS, lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=4), max_leaves=12)
MAPPINGS = st.dictionaries(st.sampled_from("abcd"), TREES, max_size=4)


@given(MAPPINGS, MAPPINGS)
def test_merge_patch_undoes_the_difference(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert merge_patch(old, merge_diff(old, new)) == new


@given(MAPPINGS, MAPPINGS, MAPPINGS)
def test_three_way_merge_brings_what_is_wanted_and_keeps_what_others_added(
    last: dict[str, Any], wanted: dict[str, Any], live: dict[str, Any]
) -> None:
    merged = merge_patch(live, three_way_merge(last, wanted, live))
    for key in {*wanted, *live, *last}:
        if key in wanted and not isinstance(wanted[key], dict):
            assert merged[key] == wanted[key]
        elif key not in wanted and key in last:
            assert key not in merged
        elif key not in wanted:
            assert merged[key] == live[key]


def test_patching_does_not_touch_the_original() -> None:
    original = {"spec": {"containers": [{"name": "a", "image": "x"}]}}
    before = json.dumps(original)
    patch = {"spec": {"containers": [{"name": "a", "image": "y"}]}}
    strategic_merge(original, patch, builtin_schema(), "Pod")
    assert json.dumps(original) == before


def test_strategic_directives_delete_and_replace() -> None:
    original = {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}
    delete = {"spec": {"containers": [{"name": "a", "$patch": "delete"}]}}
    replace = {"spec": {"containers": [{"$patch": "replace"}, {"name": "c"}]}}
    schema = builtin_schema()
    assert strategic_merge(original, delete, schema, "Pod") == {"spec": {"containers": [{"name": "b"}]}}
    assert strategic_merge(original, replace, schema, "Pod") == {"spec": {"containers": [{"name": "c"}]}}


def test_three_way_patch_drops_only_the_item_that_was_applied_before() -> None:
    ports = {port: {"port": port} for port in (80, 81, 82)}
    last = {"spec": {"ports": [ports[80], ports[81]]}}
    wanted = {"spec": {"ports": [ports[80]]}}
    live = {"spec": {"ports": [ports[80], ports[81], ports[82]]}}
    schema = builtin_schema()
    patch = three_way_strategic(last, wanted, live, schema, "Service")
    assert strategic_merge(live, patch, schema, "Service") == {"spec": {"ports": [ports[80], ports[82]]}}


def test_applying_twice_changes_nothing(api: ApiServer) -> None:
    resource = api.resource("deployments")
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    made, first = apply_object(api, resource, manifest)
    same, second = apply_object(api, resource, manifest)
    assert (first, second) == (Applied.CREATED, Applied.UNCHANGED)
    assert same is made
    # Source: golden last-applied annotations: sorted keys, no blanks, an empty annotations map, a final line break
    assert annotations_of(made)[LAST_APPLIED].startswith(
        '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{}'
    )
    assert annotations_of(made)[LAST_APPLIED].endswith("}\n")


def test_applying_a_shorter_manifest_removes_what_it_gave_before(api: ApiServer) -> None:
    resource = api.resource("configmaps")
    head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    apply_object(api, resource, {**head, "data": {"x": "1", "y": "2"}})
    other = api.get("configmaps", "c", "default")
    api.update("configmaps", {**other, "data": {**other["data"], "z": "3"}})
    fresh, done = apply_object(api, resource, {**head, "data": {"x": "1"}})
    assert done is Applied.CONFIGURED
    assert fresh["data"] == {"x": "1", "z": "3"}
