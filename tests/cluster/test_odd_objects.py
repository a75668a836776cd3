"""Objects and settings that nobody should write, and someone will: refused, or lived with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from quizgame.cluster.build import apply_manifest
from quizgame.cluster.world import World
from quizgame.errors import QuizgameError
from quizgame.game.worlds import free_world
from tests.lab import BareLab

TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "app", "image": "nginx"}]}}
SELECTOR = {"matchLabels": {"a": "b"}}
RESTART = "kubectl -n kube-system rollout restart ds/cilium deploy/cilium-operator; sleep 30"


@pytest.fixture
def lab() -> BareLab:
    return BareLab(free_world(workers=1))


def created(lab: BareLab, kind: str, spec: Any, *, api: str = "apps/v1", name: str = "odd") -> str:
    node = {"apiVersion": api, "kind": kind, "metadata": {"name": name}, **({} if spec is None else {"spec": spec})}
    return lab.both(f"kubectl create --validate=false -f - <<'X'\n{json.dumps(node)}\nX")


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet", "StatefulSet"])
def test_a_workload_without_spec_lacks_selector_and_template(lab: BareLab, kind: str) -> None:
    # Source: kubernetes pkg/apis/apps/validation: an absent struct counts as an empty one.
    answer = created(lab, kind, None)
    assert "spec.selector: Required value" in answer
    assert "spec.template: Required value" in answer


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"])
def test_a_template_without_spec_lacks_containers(lab: BareLab, kind: str) -> None:
    answer = created(lab, kind, {"selector": SELECTOR, "template": {"metadata": {"labels": {"a": "b"}}}})
    assert answer == f'The {kind} "odd" is invalid: spec.template.spec.containers: Required value\n'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("http", 'Invalid value: "http": a valid percent string must be a numeric string'),
        (-1, "Invalid value: -1: must be greater than or equal to 0"),
    ],
)
def test_a_surge_is_a_count_or_a_percentage(lab: BareLab, given: Any, told: str) -> None:
    spec = {"selector": SELECTOR, "template": TEMPLATE, "strategy": {"rollingUpdate": {"maxSurge": given}}}
    assert f"spec.strategy.rollingUpdate.maxSurge: {told}" in created(lab, "Deployment", spec)


@pytest.mark.parametrize("spec", [None, {}, {"group": "a.b", "names": {}, "scope": "Cluster", "versions": []}])
def test_a_definition_needs_its_names(lab: BareLab, spec: Any) -> None:
    answer = created(lab, "CustomResourceDefinition", spec, api="apiextensions.k8s.io/v1")
    assert "spec.names.plural: Required value" in answer
    assert "spec.names.kind: Required value" in answer


@pytest.mark.parametrize(
    "metadata", [1, [], "x", {"name": True}, {"name": "a", "labels": 5}, {"name": "a", "labels": {"b": 1}}]
)
@pytest.mark.parametrize(
    ("api", "kind"),
    [
        ("v1", "ConfigMap"),
        ("cilium.io/v2", "CiliumLoadBalancerIPPool"),
        ("cilium.io/v2", "CiliumNetworkPolicy"),
        ("batch/v1", "Job"),
    ],
)
def test_metadata_of_the_wrong_type_is_refused_on_every_way_in(
    lab: BareLab, api: str, kind: str, metadata: Any
) -> None:
    node = {"apiVersion": api, "kind": kind, "metadata": metadata}
    refusals: list[QuizgameError] = []
    apply_manifest(lab.world.cluster, "pack.yaml", [node], refusals.append)
    assert len(refusals) == 1
    lab.both("kubectl config set-context --current --namespace=kube-system")
    foreseen = lab.result(f"what-if -f - <<'X'\n{json.dumps(node)}\nX")
    assert foreseen.exit == 1
    assert foreseen.stderr


def test_an_empty_list_of_objects_applies_nothing(lab: BareLab) -> None:
    refusals: list[QuizgameError] = []
    documents: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "List", "items": None},
        {"apiVersion": "v1", "kind": "List", "items": [1]},
    ]
    apply_manifest(lab.world.cluster, "pack.yaml", documents, refusals.append)
    assert len(refusals) == 1


def test_a_status_of_the_wrong_type_is_refused(lab: BareLab) -> None:
    patch = "kubectl -n kube-system patch deploy coredns --subresource=status --type merge"
    assert (
        "cannot unmarshal object into Go struct field DeploymentStatus.status.readyReplicas of type int32"
        in lab.both(f"""{patch} -p '{{"status": {{"readyReplicas": {{}}}}}}'""")
    )


def test_the_whole_object_cannot_be_patched_away(lab: BareLab) -> None:
    patch = '[{"op": "remove", "path": "foo"}]'
    assert "the server rejected our request" in lab.both(f"kubectl patch node kind-worker --type json -p '{patch}'")


@pytest.mark.parametrize("plural", ["ciliumendpoints", "ciliumidentities", "ciliumnodes"])
def test_agents_live_on_without_a_definition(lab: BareLab, plural: str) -> None:
    lab.both(f"kubectl delete crd {plural}.cilium.io")
    lab.both("kubectl run late --image=nginx -l role=late; sleep 60")
    assert "late" in lab.out("kubectl get pods")
    assert lab.dbg("kind-worker", "status --all-nodes").startswith("KVStore:")
    assert lab.result("cilium status").stdout
    lab.both(RESTART)
    assert lab.result("cilium status").stdout


def test_the_operator_lives_on_without_the_definition_of_envoy_configurations(lab: BareLab) -> None:
    lab.both("cilium upgrade --set ingressController.enabled=true,ingressController.loadbalancerMode=dedicated")
    lab.both(RESTART)
    lab.both(
        "kubectl delete crd ciliumenvoyconfigs.cilium.io; kubectl create ingress web --class=cilium --rule=/=web:80"
    )
    lab.both("sleep 10")
    assert "web" in lab.out("kubectl get ingress")


def test_a_count_that_no_cluster_can_hold_leaves_pods_waiting(lab: BareLab) -> None:
    lab.both("kubectl create deployment web --image=nginx")
    assert lab.both("kubectl scale deployment web --replicas=100000") == "deployment.apps/web scaled\n"
    waiting = int(lab.out("kubectl get pods --field-selector status.phase=Pending --no-headers | wc -l"))
    assert 0 < waiting <= 50
    lab.both("kubectl scale deployment web --replicas=1; sleep 60")
    assert lab.out("kubectl get pods --no-headers | wc -l").strip() == "1"


def test_so_does_a_stateful_set_that_waits_for_nobody(lab: BareLab) -> None:
    spec = {"selector": SELECTOR, "template": TEMPLATE, "replicas": 100_000, "podManagementPolicy": "Parallel"}
    created(lab, "StatefulSet", spec)
    lab.both("sleep 5")
    assert 0 < int(lab.out("kubectl get pods --field-selector status.phase=Pending --no-headers | wc -l")) <= 50


def test_a_count_too_large_for_its_type_is_refused(lab: BareLab) -> None:
    spec = {"selector": SELECTOR, "template": TEMPLATE, "replicas": 1 << 64}
    answer = created(lab, "Deployment", spec)
    assert (
        f"cannot unmarshal number {1 << 64} into Go struct field DeploymentSpec.spec.replicas of type int32" in answer
    )


def test_a_selector_without_key_is_refused(lab: BareLab) -> None:
    spec = {"selector": {"matchExpressions": [{"operator": "Exists"}]}, "template": TEMPLATE}
    assert "spec.selector.matchExpressions[0].key: Required value" in created(lab, "Deployment", spec)


def test_an_identity_without_a_number_is_nobodys(lab: BareLab) -> None:
    told = lab.applied(
        "{apiVersion: cilium.io/v2, kind: CiliumIdentity, metadata: {name: mine}, security-labels: {a: b}}".join(
            ("---\n", "\n")
        )
    )
    assert told == "ciliumidentity.cilium.io/mine created\n"
    lab.both("sleep 10")
    assert "mine" not in lab.dbg("kind-worker", "identity list")


def test_an_identity_needs_its_labels(lab: BareLab) -> None:
    told = lab.applied("---\n{apiVersion: cilium.io/v2, kind: CiliumIdentity, metadata: {name: '70000'}}\n")
    assert 'The CiliumIdentity "70000" is invalid: security-labels: Required value' in told


def test_a_new_deployment_takes_over_what_an_old_one_left(lab: BareLab) -> None:
    lab.both("kubectl create deployment web --image=nginx; sleep 10")
    before = lab.out("kubectl get rs -o name")
    lab.both("kubectl delete deployment web --cascade=orphan; kubectl create deployment web --image=nginx; sleep 10")
    assert lab.out("kubectl get rs -o name") == before
    assert "1/1" in lab.out("kubectl get deployment web")


def test_stopping_a_pod_that_has_just_started_lets_time_pass(lab: BareLab) -> None:
    spans = 0

    def count(_world: World, _start: int, _end: int) -> None:
        nonlocal spans
        spans += 1
        assert spans < 1_000, "the clock crawls"

    lab.world.steppers = (*lab.world.steppers, count)
    restart = "kubectl -n kube-system rollout restart deploy/cilium-operator"
    for _ in range(6):
        lab.both(f"{restart}; sleep 0.1")
    lab.both("sleep 60")
    assert lab.out("kubectl -n kube-system get pods -l name=cilium-operator --no-headers | wc -l").strip() == "1"


@pytest.mark.parametrize(
    ("data", "app", "words"),
    [
        ({"ipv4-native-routing-cidr": "foo"}, "cilium", "Unable to parse CIDR 'foo'"),
        (
            {"bpf-lb-algorithm": "maglev", "bpf-lb-maglev-table-size": "{}"},
            "cilium",
            "Invalid value for --bpf-lb-maglev-table-size: 0",
        ),
        (
            {"ipam": "cluster-pool", "cluster-pool-ipv4-cidr": "x"},
            "cilium-operator",
            "Unable to init cluster-pool allocator: invalid CIDR address: x",
        ),
        ({"ipam": "cluster-pool", "cluster-pool-ipv4-mask-size": "99"}, "cilium-operator", "mask size 99 does not fit"),
    ],
)
def test_whoever_cannot_read_a_setting_says_so_and_ends(
    lab: BareLab, data: dict[str, str], app: str, words: str
) -> None:
    lab.both(f"kubectl -n kube-system patch cm cilium-config --type merge -p '{json.dumps({'data': data})}'; {RESTART}")
    label = "k8s-app=cilium" if app == "cilium" else "name=cilium-operator"
    assert "CrashLoopBackOff" in lab.both(f"kubectl -n kube-system get pods -l {label}")
    [pod, *_] = [
        line.split()[0]
        for line in lab.out(f"kubectl -n kube-system get pods -l {label} --no-headers").splitlines()
        if "CrashLoop" in line
    ]
    assert words in lab.both(f"kubectl -n kube-system logs --previous {pod}")


def test_a_cluster_id_that_is_no_number_counts_as_none(lab: BareLab) -> None:
    lab.both("""kubectl -n kube-system patch cm cilium-config --type merge -p '{"data": {"cluster-id": "x"}}'""")
    lab.both(RESTART)
    assert lab.world.cluster.cluster_id == 0
    assert "could not" not in lab.both("cilium status")
