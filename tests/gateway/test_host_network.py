"""Gateways on the nodes' own addresses: who listens where, and why nobody does.

Expectations: cilium/cilium v1.19 Documentation/network/servicemesh/gateway-api/host-network-mode.rst,
operator/pkg/model/translation; github.com/cilium/cilium issue 47456 (service and addresses).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quizgame.datapath.exchange import Outcome
from tests.gateway.lab import GATEWAY, ON, OUTSIDE, ROUTE, Lab

Make = Callable[..., Lab]
HIGH = GATEWAY.replace("port: 80", "port: 8080")
RIGHTS = {"keepCapNetBindService": True, "envoy": ["NET_ADMIN", "SYS_ADMIN", "NET_BIND_SERVICE"]}


def on_host(make: Make, *texts: str, nodes: dict[str, str] | None = None, rights: dict[str, Any] | None = None) -> Lab:
    """A cluster in host network mode."""
    host_network = {"enabled": True, **({"nodes": {"matchLabels": nodes}} if nodes else {})}
    values = {**ON, "gatewayAPI": {"enabled": True, "hostNetwork": host_network}}
    if rights is not None:
        values["envoy"] = {"securityContext": {"capabilities": rights}}
    lab = make(*texts, values=values)
    lab.world.advance(5)
    return lab


def ask(lab: Lab, port: int, client: str = OUTSIDE, node: str = "kind-worker") -> Any:
    """Ask a node."""
    return lab.ask("/", to=lab.agent(node).node_ip, port=port, client=client)


def envoy_log(lab: Lab) -> str:
    """What the Envoy of the first worker has written."""
    pod = lab.both(
        "kubectl -n kube-system get pods -l k8s-app=cilium-envoy --field-selector spec.nodeName=kind-worker -o name"
    ).strip()
    return lab.both(f"kubectl -n kube-system logs {pod}")


def test_every_node_listens_and_no_load_balancer_is_made(make: Make) -> None:
    lab = on_host(make, HIGH, ROUTE)
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"
    own = [each["value"] for each in lab.get("gateways", "gw")["status"]["addresses"]]
    assert own == ["172.18.0.2", "172.18.0.3", "172.18.0.4"]
    assert lab.get("services", "cilium-gateway-gw")["spec"]["type"] == "NodePort"
    for node in ("kind-control-plane", "kind-worker", "kind-worker2"):
        exchange = ask(lab, 8080, node=node)
        assert exchange.answer is not None
        assert exchange.answer.status == 200
    assert ask(lab, 8081).outcome is Outcome.REFUSED
    [listener, *_] = lab.get("ciliumenvoyconfigs", "cilium-gateway-gw")["spec"]["resources"]
    assert listener["address"] == {"socketAddress": {"address": "0.0.0.0", "portValue": 8080}}
    assert "lds: add/update listener 'shop/cilium-gateway-gw/listener'" in envoy_log(lab)


def test_clients_come_to_the_node_itself_and_backends_see_ingress(make: Make) -> None:
    lab = on_host(make, HIGH, ROUTE)
    ask(lab, 8080)
    arrived = [each for each in lab.flows("--to-label app=web --type trace") if each["source"].get("identity") == 8]
    assert arrived
    answered = [each for each in lab.flows("--to-ip 172.18.0.100") if each["event_type"]["type"] == 4]
    assert {each["source"]["labels"][0] for each in answered} == {"reserved:host"}
    assert not lab.flows("--type trace:to-proxy")
    assert ask(lab, 8080, client="shop/client").answer.status == 200
    head = lab.both(f"kubectl -n shop exec client -- curl -si http://{lab.agent().node_ip}:8080/")
    assert "server: envoy" in head


def test_policy_is_asked_at_envoy(make: Make) -> None:
    locked = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: lockdown}
spec:
  endpointSelector: {matchExpressions: [{key: reserved:ingress, operator: Exists}]}
  ingress: [{fromEntities: [cluster]}]
"""
    lab = on_host(make, HIGH, ROUTE, locked)
    outside = ask(lab, 8080)
    assert (outside.answer.status, outside.answer.body) == (403, "Access denied\r\n")
    assert outside.is_denied_by_proxy
    assert ask(lab, 8080, client="shop/client").answer.status == 200


def test_a_privileged_port_needs_a_right_that_envoy_has_not(make: Make) -> None:
    lab = on_host(make, GATEWAY, ROUTE)
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"
    assert ask(lab, 80).outcome is Outcome.REFUSED
    assert (
        envoy_log(lab)
        .rstrip()
        .endswith(
            "rejected: Error adding/updating listener(s) shop/cilium-gateway-gw/listener: cannot bind '0.0.0.0:80': "
            "Permission denied"
        )
    )


def test_both_values_together_give_the_right(make: Make) -> None:
    assert ask(on_host(make, GATEWAY, ROUTE, rights=RIGHTS), 80).answer.status == 200
    half = on_host(make, GATEWAY, ROUTE, rights={"keepCapNetBindService": True})
    assert ask(half, 80).outcome is Outcome.REFUSED
    assert "envoy-keep-cap-netbindservice                     true" in half.both("cilium config view")


def test_only_selected_nodes_listen_and_labels_count_at_once(make: Make) -> None:
    lab = on_host(make, HIGH, ROUTE, nodes={"role": "infra"})
    assert ask(lab, 8080).outcome is Outcome.REFUSED
    lab.both("kubectl label node kind-worker role=infra")
    lab.world.advance(5)
    assert ask(lab, 8080).answer.status == 200
    assert ask(lab, 8080, node="kind-worker2").outcome is Outcome.REFUSED


def test_without_envoy_the_port_is_closed(make: Make) -> None:
    lab = on_host(make, HIGH, ROUTE)
    lab.keep_to_nodes("cilium-envoy", "nowhere", "yes")
    assert ask(lab, 8080).outcome is Outcome.REFUSED
