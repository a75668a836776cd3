"""The API server's verbs and the words of its refusals."""

from __future__ import annotations

from typing import Any

import pytest

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.patching import PatchType
from quizgame.cluster.requests import FieldValidation, Propagation

POD: dict[str, Any] = {
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]},
}


def deployment(**spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
    return {
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def test_created_object_gets_identity_version_and_time(api: ApiServer) -> None:
    made = api.create("pods", POD)
    assert made["metadata"]["namespace"] == "default"
    assert made["metadata"]["creationTimestamp"] == "2026-11-23T08:00:00Z"
    assert made["metadata"]["resourceVersion"] == str(api.store.version)
    assert made["metadata"]["uid"][14] == "4"
    assert api.get("pods", "web", "default") is made


def test_missing_object_is_not_found(api: ApiServer) -> None:
    with pytest.raises(ApiError) as caught:
        api.get("deployments", "web", "default")
    # Source: golden kubectl/scale-notfound
    assert (caught.value.code, caught.value.message) == (404, 'deployments.apps "web" not found')


def test_second_creation_says_already_exists(api: ApiServer) -> None:
    api.create("pods", POD)
    with pytest.raises(ApiError) as caught:
        api.create("pods", POD)
    assert (caught.value.reason, caught.value.message) == ("AlreadyExists", 'pods "web" already exists')


def test_recreated_object_has_another_uid(api: ApiServer) -> None:
    first = api.create("configmaps", {"metadata": {"name": "a"}})
    api.delete("configmaps", "a", "default")
    assert api.create("configmaps", {"metadata": {"name": "a"}})["metadata"]["uid"] != first["metadata"]["uid"]


def test_stale_update_is_a_conflict(api: ApiServer) -> None:
    old = api.create("configmaps", {"metadata": {"name": "a"}, "data": {"x": "1"}})
    api.update("configmaps", {**old, "data": {"x": "2"}})
    with pytest.raises(ApiError) as caught:
        api.update("configmaps", {**old, "data": {"x": "3"}})
    assert caught.value.reason == "Conflict"
    assert "the object has been modified; please apply your changes to the latest version" in caught.value.message


def test_update_without_difference_keeps_the_version(api: ApiServer) -> None:
    old = api.create("configmaps", {"metadata": {"name": "a"}, "data": {"x": "1"}})
    assert api.update("configmaps", old) is old


def test_generation_counts_spec_changes_alone(api: ApiServer) -> None:
    made = api.create("deployments", deployment())
    relabelled = api.patch("deployments", "web", {"metadata": {"labels": {"a": "b"}}}, PatchType.MERGE, "default")
    scaled = api.patch("deployments", "web", {"spec": {"replicas": 3}}, PatchType.MERGE, "default")
    assert [each["metadata"]["generation"] for each in (made, relabelled, scaled)] == [1, 1, 2]


def test_ordinary_writes_leave_the_status_alone(api: ApiServer) -> None:
    api.create("pods", {**POD, "status": {"podIP": "10.0.0.1"}})
    assert api.get("pods", "web", "default")["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


def test_dry_run_stores_nothing(api: ApiServer) -> None:
    before = api.store.version
    made = api.create("pods", POD, dry_run=True)
    assert made["metadata"]["uid"]
    assert api.find("pods", "web", "default") is None
    assert api.store.version == before


def test_unknown_field_is_refused_by_its_path(api: ApiServer) -> None:
    with pytest.raises(ApiError) as caught:
        api.create("deployments", deployment(replica=2))
    # Source: golden kubectl/apply-deploy-unknown-field
    assert caught.value.message == (
        'Deployment in version "v1" cannot be handled as a Deployment: '
        'strict decoding error: unknown field "spec.replica"'
    )


def test_unknown_field_can_be_warned_about_or_ignored(api: ApiServer) -> None:
    warnings: list[str] = []
    made = api.create("deployments", deployment(replica=2), validate=FieldValidation.WARN, warn=warnings.append)
    assert warnings == ['unknown field "spec.replica"']
    assert "replica" not in made["spec"]


def test_wrong_json_type_names_the_go_field(api: ApiServer) -> None:
    with pytest.raises(ApiError) as caught:
        api.create("deployments", deployment(replicas="two"))
    # Source: wording of encoding/json, as real servers answer it
    assert caught.value.message.endswith(
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    )


def test_missing_namespace_is_not_found(api: ApiServer) -> None:
    with pytest.raises(ApiError) as caught:
        api.create("pods", POD, "nosuch")
    # Source: golden kubectl/apply-namespace-missing
    assert caught.value.message == 'namespaces "nosuch" not found'


def test_selector_must_match_the_template(api: ApiServer) -> None:
    broken = deployment(selector={"matchLabels": {"app": "other"}})
    with pytest.raises(ApiError) as caught:
        api.create("deployments", broken)
    # Source: golden kubectl/apply-deploy-selector-mismatch
    assert str(caught.value.causes[0]) == (
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'
    )


def test_several_violations_are_listed_together(api: ApiServer) -> None:
    with pytest.raises(ApiError) as caught:
        api.create("pods", {"metadata": {"name": "Bad_1"}, "spec": {"containers": [{"name": "a"}]}})
    assert [cause.field for cause in caught.value.causes] == ["metadata.name", "spec.containers[0].image"]
    assert caught.value.message.startswith('Pod "Bad_1" is invalid: [metadata.name: Invalid value: "Bad_1": ')


def test_pod_spec_cannot_be_changed_but_for_images(api: ApiServer) -> None:
    api.create("pods", POD)
    image = {"spec": {"containers": [{"name": "web", "image": "nginx:1.28"}]}}
    assert (
        api.patch("pods", "web", image, PatchType.STRATEGIC, "default")["spec"]["containers"][0]["image"]
        == "nginx:1.28"
    )
    with pytest.raises(ApiError, match="pod updates may not change fields other than"):
        api.patch("pods", "web", {"spec": {"hostNetwork": True}}, PatchType.MERGE, "default")


def test_strategic_patch_merges_containers_by_name(api: ApiServer) -> None:
    api.create("deployments", deployment())
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox"}]}}}}
    containers = api.patch("deployments", "web", patch, PatchType.STRATEGIC, "default")["spec"]["template"]["spec"][
        "containers"
    ]
    assert [each["name"] for each in containers] == ["web", "side"]


def test_merge_patch_replaces_lists(api: ApiServer) -> None:
    api.create("deployments", deployment())
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox"}]}}}}
    containers = api.patch("deployments", "web", patch, PatchType.MERGE, "default")["spec"]["template"]["spec"][
        "containers"
    ]
    assert [each["name"] for each in containers] == ["side"]


def test_json_patch_removes_a_key_and_refuses_a_missing_one(api: ApiServer) -> None:
    api.create("configmaps", {"metadata": {"name": "a"}, "data": {"x": "1", "y": "2"}})
    remove = [{"op": "remove", "path": "/data/x"}]
    assert api.patch("configmaps", "a", remove, PatchType.JSON, "default")["data"] == {"y": "2"}
    with pytest.raises(ApiError) as caught:
        api.patch("configmaps", "a", remove, PatchType.JSON, "default")
    # Source: golden cilium-cli config delete of a missing key
    assert caught.value.message == "the server rejected our request due to an error in our request"


def test_system_namespaces_may_not_be_deleted(api: ApiServer) -> None:
    with pytest.raises(ApiError) as caught:
        api.delete("namespaces", "kube-system")
    assert caught.value.message == 'namespaces "kube-system" is forbidden: this namespace may not be deleted'


def test_finalizer_holds_an_object_until_it_is_taken_off(api: ApiServer) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["x/y"]}})
    assert "deletionTimestamp" in api.delete("configmaps", "a", "default")["metadata"]
    api.patch("configmaps", "a", {"metadata": {"finalizers": None}}, PatchType.MERGE, "default")
    assert api.find("configmaps", "a", "default") is None


def test_orphaned_dependents_lose_their_owner(api: ApiServer) -> None:
    owner = api.create("configmaps", {"metadata": {"name": "owner"}})
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    api.create("configmaps", {"metadata": {"name": "child", "ownerReferences": [reference]}})
    api.delete("configmaps", "owner", "default", propagation=Propagation.ORPHAN)
    assert "ownerReferences" not in api.get("configmaps", "child", "default")["metadata"]


def test_watch_tells_every_change_after_a_version(api: ApiServer) -> None:
    since = api.store.version
    api.create("configmaps", {"metadata": {"name": "a"}})
    api.patch("configmaps", "a", {"data": {"x": "1"}}, PatchType.MERGE, "default")
    api.delete("configmaps", "a", "default")
    changes = api.watch(since, ["configmaps"])
    assert [(each.type, each.version - since) for each in changes] == [("ADDED", 1), ("MODIFIED", 2), ("DELETED", 3)]


def test_selectors_narrow_a_list(api: ApiServer) -> None:
    for name, tier in (("a", "front"), ("b", "back"), ("c", "front")):
        api.create("pods", {**POD, "metadata": {"name": name, "labels": {"tier": tier}}})
    assert [each["metadata"]["name"] for each in api.list("pods", label_selector="tier in (front),tier!=back")] == [
        "a",
        "c",
    ]
    assert [each["metadata"]["name"] for each in api.list("pods", field_selector="metadata.name!=a")] == ["b", "c"]
    assert api.list("pods", field_selector="status.phase=Running") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # Source: golden kubectl/get-bad-selector
        ("org===", "unable to parse requirement: found '=', expected: identifier"),
        # Source: apimachinery pkg/labels/selector.go
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a=b,,", "found ',', expected: identifier after ','"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ],
)
def test_bad_selector_is_told_as_the_parser_tells_it(api: ApiServer, text: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        api.list("pods", label_selector=text)
    assert (caught.value.reason, caught.value.message) == ("BadRequest", message)


def test_kind_exists_only_with_its_definition(api: ApiServer) -> None:
    assert not api.serves("widgets")
    crd = {
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"kind": "Widget", "plural": "widgets", "shortNames": ["wd"]},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {}}],
        },
    }
    api.create("customresourcedefinitions", crd)
    found = api.registry.resolve("wd")
    assert found is not None
    assert found[0].qualified == "widgets.example.com"
    api.create("widgets", {"metadata": {"name": "w"}, "spec": {"free": "form"}})
    assert api.get("widgets", "w", "default")["spec"] == {"free": "form"}
