"""Descriptions of the objects behind the golden outputs are those outputs, but for what was recorded later."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.clock import Clock
from quizgame.cluster.crds import CILIUM_CRDS, GATEWAY_CRDS, crd_object
from quizgame.tools.kubectl.describe.catalog import describe
from quizgame.tools.kubectl.shown import View
from quizgame.tools.output import Result, render

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden"
Kubectl = Callable[..., Result]

SAME = {
    "describe-bgpadvertisement": ("ciliumbgpadvertisements", "bgp-advertisements"),
    "describe-bgpclusterconfig": ("ciliumbgpclusterconfigs", "cilium-bgp"),
    "describe-bgppeerconfig": ("ciliumbgppeerconfigs", "cilium-peer"),
    "describe-ccnp": ("ciliumclusterwidenetworkpolicies", "default-deny-egress"),
    "describe-cegp": ("ciliumegressgatewaypolicies", "egress-sample"),
    "describe-cep": ("ciliumendpoints", "tiefighter"),
    "describe-ciliumid": ("ciliumidentities", "7042"),
    "describe-cnp": ("ciliumnetworkpolicies", "rule1"),
    "describe-cnp-fqdn": ("ciliumnetworkpolicies", "fqdn"),
    "describe-deploy": ("deployments", "deathstar"),
    "describe-endpointslice": ("endpointslices", "deathstar-qqmd2"),
    "describe-gateway": ("gateways", "my-gateway"),
    "describe-gatewayclass": ("gatewayclasses", "cilium"),
    "describe-httproute": ("httproutes", "http-app-1"),
    "describe-ingress": ("ingresses", "basic-ingress"),
    "describe-ippool": ("ciliumloadbalancerippools", "blue-pool"),
    "describe-l2announcementpolicy": ("ciliuml2announcementpolicies", "l2-policy"),
    "describe-ns": ("namespaces", "ops"),
    "describe-pod": ("pods", "xwing"),
    "describe-pod-deployment": ("pods", "deathstar-7f66c6d484-7crsl"),
    "describe-rs": ("replicasets", "deathstar-7f66c6d484"),
    "describe-svc": ("services", "deathstar"),
    "describe-svc-externalname": ("services", "ext"),
    "describe-svc-headless": ("services", "headless"),
    "describe-svc-lb": ("services", "deathstar-lb"),
    "describe-svc-lb-pending": ("services", "pending-lb"),
}
"""Descriptions of objects that were not changed between the recording of the output and that of the objects."""


def _without_instants(text: str) -> str:
    """Versions, generations and events differ between the two recordings."""
    text = re.sub(r"(Resource Version|Generation):( +)\d+", r"\1:\2N", text)
    return re.split(r"(?m)^Events:", text)[0]


@pytest.fixture(scope="module")
def api() -> ApiServer:
    server = ApiServer(Clock(), seed=1, name="kind-kind")
    for resource in (*CILIUM_CRDS, *GATEWAY_CRDS):
        crd = crd_object(resource)
        server.store.put("customresourcedefinitions.apiextensions.k8s.io", ("", crd["metadata"]["name"]), crd)
    for path in sorted((GOLDEN / "inputs" / "world").glob("*.json")):
        for node in json.loads(path.read_text()).get("items", ()):
            key = (node["metadata"].get("namespace", ""), node["metadata"]["name"])
            server.store.put(server.resource(path.stem).qualified, key, node)
    return server


@pytest.mark.skipif(not GOLDEN.exists(), reason="the reference outputs are not beside this repository")
@pytest.mark.parametrize("name", SAME)
def test_description_is_the_golden_one(name: str, api: ApiServer) -> None:
    plural, object_name = SAME[name]
    resource = api.resource(plural)
    node = next(each for each in api.list(resource) if each["metadata"]["name"] == object_name)
    shown = render(describe(View("kind-kind", api), resource, node, api.clock.now_ns))
    assert _without_instants(shown) == _without_instants((GOLDEN / "kubectl" / f"{name}.txt").read_text())


def test_events_stand_at_the_end_in_their_order(kubectl: Kubectl) -> None:
    shown = render(kubectl("describe pod xwing").stdout)
    table = shown.split("Events:\n")[1].splitlines()
    assert table[0].split() == ["Type", "Reason", "Age", "From", "Message"]
    reasons = [line.split()[1] for line in table[2:]]
    assert reasons[0] == "Scheduled"
    assert reasons[-1] == "Started"


def test_the_beginning_of_a_name_is_enough(kubectl: Kubectl) -> None:
    shown = render(kubectl("describe pod deathstar").stdout)
    assert shown.count("\nNamespace:        default\n") == 2
    assert kubectl("describe pod nosuch").exit == 1


def test_an_invalid_policy_tells_why(kubectl: Kubectl) -> None:
    manifest = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: bad}
spec:
  endpointSelector: {}
  ingress: [{toPorts: [{ports: [{port: "80", protocol: UDP}], rules: {http: [{method: GET}]}}]}]
"""
    kubectl("apply -f -", stdin=manifest)
    shown = render(kubectl("describe cnp bad").stdout)
    assert "Message:               Invalid CiliumNetworkPolicy spec: L7 rules can only apply to TCP (not UDP)" in shown
    assert "bad    0s    False" in render(kubectl("get cnp").stdout).replace("1s", "0s").replace("2s", "0s")


def test_a_cordoned_node_says_so(kubectl: Kubectl) -> None:
    kubectl("cordon kind-worker")
    shown = render(kubectl("describe node kind-worker").stdout)
    assert re.search(r"(?m)^Unschedulable: +true$", shown)
    assert re.search(r"(?m)^Taints: +node.kubernetes.io/unschedulable:NoSchedule$", shown)


def test_every_kind_that_is_there_can_be_described(kubectl: Kubectl) -> None:
    kinds = render(kubectl("api-resources -o name --verbs=list").stdout).split()
    for kind in kinds:
        result = kubectl("describe", kind, "-A")
        assert result.exit == 0, (kind, render(result.stderr))
        assert kubectl("get", kind, "-A", "-o", "wide").exit == 0
