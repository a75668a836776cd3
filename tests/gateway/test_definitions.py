"""Gateway API's definitions: installed from where the project publishes them, found when the operator starts, and lost.

Expectations: cilium/cilium v1.19 Documentation/network/servicemesh (prerequisites of Gateway API),
operator/pkg/gateway-api (the check at start), install/kubernetes/cilium/templates/cilium-gateway-api-class.yaml;
kubernetes-sigs/gateway-api releases; kubectl cli-runtime pkg/resource/visitor.go (messages).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.gateway.lab import GATEWAY, POOL, ROUTE, Lab

Make = Callable[..., Lab]
RELEASES = "https://github.com/kubernetes-sigs/gateway-api/releases/download"
FILES = "https://raw.githubusercontent.com/kubernetes-sigs/gateway-api/v1.4.1/config/crd"
OPERATOR_LOG = "kubectl -n kube-system logs deploy/cilium-operator"
NOT_FOUND = "Required GatewayAPI resources are not found, please refer to docs for installation instructions"


@pytest.fixture
def bare(make: Make) -> Lab:
    """A cluster with the feature on and without the definitions."""
    return make(gateway_api=False)


def test_definitions_are_installed_and_then_the_operator_and_the_release_must_look_again(bare: Lab) -> None:
    assert NOT_FOUND in bare.both(OPERATOR_LOG)
    assert 'the server doesn\'t have a resource type "gatewayclass"' in bare.both("kubectl get gatewayclass")
    said = bare.both(f"kubectl apply -f {RELEASES}/v1.4.1/standard-install.yaml")
    assert said.splitlines() == [
        f"customresourcedefinition.apiextensions.k8s.io/{kind}.gateway.networking.k8s.io created"
        for kind in ("gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants", "backendtlspolicies")
    ]
    bare.given(POOL, GATEWAY, ROUTE)
    assert bare.condition("gateways", "gw", "Accepted") == ("Unknown", "Pending", "Waiting for controller")
    bare.restart_operator()
    assert NOT_FOUND not in bare.both(OPERATOR_LOG)
    assert bare.both("kubectl get gatewayclass") == "No resources found\n"
    bare.both("cilium upgrade --reuse-values --set gatewayAPI.enabled=true")
    bare.world.advance(10)
    assert bare.condition("gateways", "gw", "Programmed")[0] == "True"
    assert bare.status() == 200


def test_an_old_release_lacks_what_the_operator_asks_for(bare: Lab) -> None:
    bare.both(f"kubectl apply -f {RELEASES}/v1.0.0/standard-install.yaml")
    bare.restart_operator()
    log = bare.both(OPERATOR_LOG)
    assert NOT_FOUND in log
    assert r"customresourcedefinitions.apiextensions.k8s.io \"grpcroutes.gateway.networking.k8s.io\" not found" in log


def test_single_files_are_there_by_channel(bare: Lab) -> None:
    address = f"{FILES}/standard/gateway.networking.k8s.io_tlsroutes.yaml"
    assert bare.both(f"kubectl apply -f {address}") == (
        f'error: unable to read URL "{address}", server reported 404 Not Found, status code=404\n'
    )
    address = address.replace("standard", "experimental")
    assert "tlsroutes.gateway.networking.k8s.io created" in bare.both(f"kubectl apply -f {address}")
    shown = bare.both("kubectl get crd tlsroutes.gateway.networking.k8s.io -o jsonpath='{.metadata.annotations}'")
    assert '"gateway.networking.k8s.io/bundle-version":"v1.4.1"' in shown
    assert '"gateway.networking.k8s.io/channel":"experimental"' in shown


def test_other_addresses_stay_refused(bare: Lab) -> None:
    assert bare.both("kubectl apply -f https://example.org/a.yaml") == (
        "quizgame: kubectl apply -f URL is not simulated\n"
    )


def test_a_deleted_definition_takes_gateways_and_what_was_made_of_them_along(lab: Lab) -> None:
    lab.both("kubectl delete crd gateways.gateway.networking.k8s.io")
    lab.world.advance(10)
    assert 'the server doesn\'t have a resource type "gateway"' in lab.both("kubectl -n shop get gateway")
    assert "cilium-gateway-gw" not in lab.both("kubectl -n shop get services,ciliumenvoyconfigs")
    assert "web" in lab.both("kubectl -n shop get httproutes")
    assert lab.status() == 0
    lab.restart_operator()
    assert NOT_FOUND in lab.both(OPERATOR_LOG)
