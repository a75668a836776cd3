"""BGP's printers against the real tools' output. Expectations: goldens of the reference set and their inputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quizgame.tools.cilium.output import json_lines
from quizgame.tools.cilium_dbg.call import table
from quizgame.tools.cilium_dbg.commands.bgp import PEERS, POLICIES, ROUTES, peer_row, policy_row, route_row
from quizgame.tools.cilium_dbg.model.bgp import shown_in_json
from quizgame.tools.output import render

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")
NODES = ("kind-control-plane", "kind-worker", "kind-worker2")


def given(node: str, file: str) -> Any:
    return json.loads((GOLDEN / "cilium-cli" / "input" / "bgp" / node / f"{file}.json").read_text())


def golden(tool: str, name: str) -> str:
    return (GOLDEN / tool / f"{name}.txt").read_text()


def test_peers_as_json() -> None:
    models = {node: [shown_in_json(each) for each in given(node, "bgp-peers")] for node in NODES}
    assert render(json_lines(models, 1)) == golden("cilium-cli", "bgp-peers-json")


def test_peers_of_one_agent() -> None:
    rows = [peer_row(each) for each in given("kind-worker", "bgp-peers")]
    assert render(table([PEERS], rows)) == golden("cilium-dbg", "bgp-peers")
    assert render(table([PEERS], [])) == golden("cilium-dbg", "bgp-peers-none")


def test_routes_of_one_agent() -> None:
    rows = [
        route_row(each, path, has_peers=False) for each in given("kind-worker", "bgp-routes") for path in each["paths"]
    ]
    assert render(table([ROUTES], rows)) == golden("cilium-dbg", "bgp-routes").partition("\n\n")[2]


def test_route_policies() -> None:
    rows = [policy_row(each) for each in given("kind-worker", "bgp-route-policies")]
    assert render(table([POLICIES], rows)) == golden("cilium-dbg", "bgp-route-policies")


def test_routes_as_json(lab: Any) -> None:
    shown = json.loads(lab.out("cilium bgp routes -o json"))
    real = json.loads(golden("cilium-cli", "bgp-routes-json"))
    [ours, *_] = [each for each in shown["kind-control-plane"] if each["prefix"] == "10.244.0.0/24"]
    [theirs] = [each for each in real["kind-control-plane"] if each["prefix"] == "10.244.0.0/24"]
    for route in (ours, theirs):
        del route["paths"][0]["age-nanoseconds"]
    assert ours == theirs


@pytest.mark.parametrize(
    ("line", "name"),
    [("cilium bgp routes foo", "bgp-routes-badtype"), ("cilium bgp routes available ipv5", "bgp-routes-badafi")],
)
def test_bad_arguments(lab: Any, line: str, name: str) -> None:
    result = lab.run(line)
    assert render(result.stdout) == golden("cilium-cli", name)
    assert render(result.stderr) == golden("cilium-cli", f"{name}.stderr")
    assert result.exit == 1


def test_routes_of_agents_whose_control_plane_is_off(lab: Any) -> None:
    lab.run("cilium config set enable-bgp-control-plane false")
    lab.world.advance(30)
    off = lab.out("kubectl -n kube-system exec ds/cilium -- cilium-dbg bgp routes")
    assert off == golden("cilium-dbg", "bgp-routes-disabled")
    assert lab.out("cilium bgp routes") == golden("cilium-cli", "bgp-routes-disabled")


def test_addresses_as_the_agent_prints_them(lab: Any) -> None:
    shown = lab.out("kubectl -n kube-system exec ds/cilium -- cilium-dbg bgp routes advertised ipv4 unicast")
    head, *rows = shown.splitlines()
    assert head.split() == golden("cilium-dbg", "bgp-routes-advertised").splitlines()[0].split()
    assert all(not row.endswith(" ") for row in rows)
