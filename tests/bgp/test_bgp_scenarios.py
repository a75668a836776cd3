"""Scenarios with routers and clients outside: what the file says is what the world holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.content.scenario.starter import scenario_starter
from quizgame.content.scenario.variables import first_values
from quizgame.content.scenarios import source_of
from quizgame.game.scenario.probing import probe_world
from quizgame.game.scenario.stage import Stage
from quizgame.yamlsource.loader import load_document
from quizgame.yamlsource.place import YamlError

CLIENT = "198.51.100.7"
MANIFESTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: web, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: blue}
spec: {blocks: [{cidr: 10.50.0.0/29}]}
---
apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata: {name: tor}
spec: {families: [{afi: ipv4, safi: unicast, advertisements: {matchLabels: {advertise: bgp}}}]}
---
apiVersion: cilium.io/v2
kind: CiliumBGPAdvertisement
metadata: {name: all, labels: {advertise: bgp}}
spec:
  advertisements:
  - advertisementType: Service
    service: {addresses: [LoadBalancerIP]}
    selector: {matchExpressions: [{key: x, operator: DoesNotExist}]}
---
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: {name: main}
spec:
  bgpInstances:
  - name: i
    localASN: 65001
    peers: [{name: tor0, peerASN: 65000, peerAddress: 172.18.0.5, peerConfigRef: {name: tor}}]
"""


def make_stage(change: Callable[[dict[str, Any]], object], fault: dict[str, Any]) -> Stage:
    """The starter scenario with a router, a service behind it, a client outside and this fault."""
    data = yaml.safe_load(scenario_starter("starter", "network-policy", "interpret-policies"))
    world = data["world"]
    world["clusters"][0]["values"] = {"bgpControlPlane": {"enabled": True}, "kubeProxyReplacement": True}
    world["clusters"][0]["manifests"] = [*world["clusters"][0]["manifests"], MANIFESTS]
    world["outside"] = {
        "routers": {
            "172.18.0.5": {"name": "tor0", "asn": 65000, "neighbors": [{"address": "172.18.0.0/16", "asn": 65001}]}
        }
    }
    world["traffic"] = [{"from": CLIENT, "to": "10.50.0.0:80", "every": "10s"}]
    data["fault"] = [fault]
    data["symptoms"] = [{"from": CLIENT, "to": "10.50.0.0:80", "http": {"path": "/"}}]
    change(data)
    text = yaml.safe_dump(data, sort_keys=False)
    source = source_of(load_document(text, "scenario.yaml"), Path(), text.encode())
    return Stage(source.with_values(first_values(source.vary)))


def works(stage: Stage, name: str) -> bool:
    [probed] = probe_world(getattr(stage, name), stage.contexts, stage.drawn.scenario.symptoms)
    return probed.works


@pytest.mark.parametrize(
    "fault",
    [
        {"router": {"address": "172.18.0.5", "neighbors": [{"address": "172.18.0.0/16", "asn": 65002}]}},
        {"router": {"address": "172.18.0.5", "state": "down"}},
        {"router": {"address": "172.18.0.5", "accepts": ["10.244.0.0/16"]}},
        {"block": {"to": "outside/tor0", "protocol": "TCP", "port": 179}},
        {"delete": {"kind": "CiliumBGPAdvertisement", "name": "all"}},
    ],
)
def test_a_client_outside_reaches_the_service_until_the_fault(fault: dict[str, Any]) -> None:
    stage = make_stage(lambda data: None, fault)
    assert works(stage, "healthy")
    assert not works(stage, "broken")


def test_traffic_from_outside_shows_on_the_nodes() -> None:
    stage = make_stage(lambda data: None, {"router": {"address": "172.18.0.5", "state": "down"}})
    cluster = stage.healthy.cluster
    seen = [event for agent in agents_of(cluster) for event in agent.ring.newest() if event.source.ip == CLIENT]
    assert seen
    assert fabric_of(stage.broken).outside.routers["172.18.0.5"].state.value == "down"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data["world"]["outside"]["routers"]["172.18.0.5"].update(asn=2**32), "4294967295"),
        (
            lambda data: data["world"]["outside"]["routers"]["172.18.0.5"].update(accepts=["10.0.0.0/99"]),
            "no IPv4 prefix",
        ),
        (lambda data: data["world"]["outside"]["routers"]["172.18.0.5"].update(state="broken"), "down"),
        (lambda data: data["symptoms"][0].update(to="web:80"), "nobody resolves names"),
        (lambda data: data["world"]["traffic"][0].update(to="web:80"), "nobody resolves names"),
    ],
)
def test_mistakes_are_told(change: Callable[[dict[str, Any]], object], message: str) -> None:
    with pytest.raises(YamlError, match=message):
        make_stage(change, {"router": {"address": "172.18.0.5", "state": "down"}})


def test_a_router_that_is_not_there_cannot_be_changed() -> None:
    stage = make_stage(lambda data: None, {"router": {"address": "172.18.0.9", "state": "down"}})
    with pytest.raises(YamlError, match="no router with the address"):
        works(stage, "broken")
