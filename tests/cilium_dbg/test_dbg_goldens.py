"""The printers of ``cilium-dbg`` against the real tool's output. Expectations: the goldens of the reference set."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.clock import parse_rfc3339
from quizgame.tools.cilium_dbg.commands.endpoint import endpoint_row, endpoint_table, health_table, log_table
from quizgame.tools.cilium_dbg.commands.misc import encryption_lines
from quizgame.tools.cilium_dbg.health_text import health_entries
from quizgame.tools.cilium_dbg.listings_text import (
    identities_table,
    ips_table,
    names_table,
    node_ids_table,
    nodes_table,
    services_table,
    used_identities_table,
)
from quizgame.tools.cilium_dbg.model.answers import api_json
from quizgame.tools.cilium_dbg.model.listings import name_expression
from quizgame.tools.cilium_dbg.status_text import (
    Details,
    aligned,
    brief,
    is_ok,
    modules_summary,
    status_entries,
)
from quizgame.tools.output import render

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")
PROBED = "2026-11-23T08:13:13.758Z"


def golden(name: str) -> str:
    return (GOLDEN / "cilium-dbg" / f"{name}.txt").read_text()


def answer(name: str) -> Any:
    return json.loads((GOLDEN / "cilium-dbg" / "input" / "agent-api" / f"{name.replace('/', '%')}.json").read_text())


def health() -> Any:
    text = (GOLDEN / "cilium-dbg" / "input" / "agent-health" / "status.json").read_text()
    model = json.loads(text)
    return json.loads(text.replace(model["timestamp"], PROBED))


def unreachable(model: Any) -> Any:
    lost = copy.deepcopy(model)
    node = next(each for each in lost["nodes"] if each["name"].endswith("worker2"))
    for part in ("host", "health-endpoint"):
        for kind in ("icmp", "http"):
            node[part]["primary-address"][kind] = {"lastProbed": PROBED, "status": "Connection timed out"}
    return lost


def status(model: Any, reached: Any, details: Details | None = None) -> str:
    now = parse_rfc3339(PROBED)
    entries = status_entries(model, details or Details(), now)
    if is_ok(model):
        entries += health_entries(reached, shows_all=False, is_verbose=False)
        entries += modules_summary({"OK": 8})
    return "".join(f"{entry.text}\n" for entry in aligned(entries))


def failing_kubernetes(model: Any) -> None:
    problem = 'Get "https://172.18.0.2:6443/version": dial tcp 172.18.0.2:6443: connect: connection refused'
    model["kubernetes"] = {"state": "Failure", "msg": problem, "k8s-api-versions": []}
    model["cilium"] = {
        "state": "Failure", "msg": f"{model['cilium']['msg']}    Kubernetes service is not ready: {problem}",
    }  # fmt: skip


def stale(model: Any) -> None:
    model["cilium"] = {"state": "Warning", "msg": f"{model['cilium']['msg']}    Stale status data"}
    model["stale"] = {"cluster": "2026-11-23T08:11:11.758Z", "kubernetes": "2026-11-23T08:11:12.758Z"}


def without_hubble_server(model: Any) -> None:
    model["hubble"] = {"state": "Warning", "msg": "Server not initialized"}
    model["cluster"]["ciliumHealth"] = {
        "state": "Failure", "msg": 'Get "http://10.244.1.199:4240/hello": context deadline exceeded',
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("status-healthy", None),
        ("status-k8s-failure", failing_kubernetes),
        ("status-stale", stale),
        ("status-hubble-warning-health-failure", without_hubble_server),
    ],
)
def test_status(name: str, change: Any) -> None:
    model = answer("healthz")
    if change is not None:
        change(model)
    assert status(model, health()) == golden(name)


def test_status_with_a_lost_node() -> None:
    assert status(answer("healthz"), unreachable(health())) == golden("status-node-unreachable")


def test_status_with_addresses() -> None:
    assert status(answer("healthz"), health(), Details(all_addresses=True)) == golden("status-all-addresses")


def test_brief_status_of_a_lost_api_server() -> None:
    model = answer("healthz")
    failing_kubernetes(model)
    text, is_failure = brief(model)
    assert (f"{text}\n", is_failure) == (golden("status-brief-k8s-failure"), True)


def test_health_status() -> None:
    entries = aligned(health_entries(health(), shows_all=True, is_verbose=False))
    assert "".join(f"{entry.text}\n" for entry in entries) == golden("health-status-healthy")


def test_health_status_with_a_lost_node() -> None:
    entries = aligned(health_entries(unreachable(health()), shows_all=True, is_verbose=False))
    assert "".join(f"{entry.text}\n" for entry in entries) == golden("health-status-node-unreachable")


def test_verbose_health_status() -> None:
    entries = aligned(health_entries(unreachable(health()), shows_all=True, is_verbose=True))
    shown = "".join(f"{entry.text}\n" for entry in entries)
    assert shown == golden("health-status-verbose-node-unreachable")


# ---------------------------------------------------------------- endpoints


def by_id(models: list[Any]) -> list[Any]:
    return sorted(models, key=lambda model: int(model["id"]))


def test_endpoint_list() -> None:
    rows = [endpoint_row(model) for model in by_id(answer("endpoint"))]
    assert render(endpoint_table(rows)) == golden("endpoint-list")
    assert render(endpoint_table(rows, has_headers=False)) == golden("endpoint-list-no-headers")


@pytest.mark.parametrize("node", ["kind-control-plane", "kind-worker", "kind-worker2"])
def test_endpoint_list_of_a_node_of_the_world(node: str) -> None:
    models = json.loads((GOLDEN / "inputs" / "world" / "agents" / node / "endpoint.json").read_text())
    rows = [endpoint_row(model) for model in by_id(models)]
    assert render(endpoint_table(rows)) == golden(f"world-{node}-endpoint-list")


def test_endpoint_get() -> None:
    text = json.dumps(api_json([answer("endpoint/2950")]), indent=2, ensure_ascii=False)
    assert f"{text}\n\n" == golden("endpoint-get")


def test_endpoint_log() -> None:
    assert render(log_table(answer("endpoint/2950/log"))) == golden("endpoint-log")


def test_endpoint_health() -> None:
    assert render(health_table(answer("endpoint/2950/healthz"))) == golden("endpoint-health")


# ---------------------------------------------------------------- lists

NODES = ["kind-control-plane", "kind-worker", "kind-worker2"]


def of_node(node: str, name: str) -> Any:
    return json.loads((GOLDEN / "inputs" / "world" / "agents" / node / f"{name}.json").read_text())


def test_identity_list() -> None:
    assert render(identities_table(by_id(answer("identity")))) == golden("identity-list")


def test_identity_get() -> None:
    assert render(identities_table([answer("identity/7042")])) == golden("identity-get")
    assert render(identities_table([answer("identity/1")])) == golden("identity-get-reserved")


def test_identity_list_of_local_endpoints() -> None:
    models = sorted(answer("identity/endpoints"), key=lambda model: int(model["identity"]["id"]))
    assert render(used_identities_table(models)) == golden("identity-list-endpoints")


@pytest.mark.parametrize("node", NODES)
def test_identities_and_nodes_of_the_world(node: str) -> None:
    assert render(identities_table(by_id(of_node(node, "identity")))) == golden(f"world-{node}-identity-list")
    assert render(nodes_table(of_node(node, "cluster-nodes")["nodes-added"])) == golden(f"world-{node}-node-list")


def test_node_list() -> None:
    assert render(nodes_table(answer("cluster/nodes")["nodes-added"])) == golden("node-list")


def test_node_ids() -> None:
    assert render(node_ids_table(answer("node/ids"))) == golden("nodeid-list")


def labels_of(number: int) -> list[str]:
    labels: list[str] = answer(f"identity/{number}")["labels"]
    return labels


def test_ip_list() -> None:
    models = answer("ip")
    assert render(ips_table(models, labels_of)) == golden("ip-list")
    assert render(ips_table(models, labels_of, is_numeric=True)) == golden("ip-list-numeric")
    assert render(ips_table(models, labels_of, is_verbose=True)) == golden("ip-list-verbose")


def test_service_list() -> None:
    models = answer("service")
    assert render(services_table(models)) == golden("service-list")
    assert render(services_table(models, shows_affinity=True)) == golden("service-list-clustermesh-affinity")


def test_names_of_the_dns_cache() -> None:
    assert render(names_table(answer("fqdn/cache"))) == golden("fqdn-cache-list")


def test_expressions_of_names() -> None:
    expected = answer("fqdn/names")["FQDNPolicySelectors"][0]["regexString"]
    assert name_expression("swapi.example.com", "") == expected
    # Source: cilium/cilium v1.19 pkg/fqdn/matchpattern, tests of ToAnchoredRegexp.
    assert name_expression("", "*.cilium.io") == "^[-a-zA-Z0-9_]*[.]cilium[.]io[.]$"


def test_encryption_that_is_off() -> None:
    assert "\n".join(encryption_lines({"mode": "Disabled"})) + "\n" == golden("encrypt-status-disabled")


def test_wireguard() -> None:
    key = "mVPY3j0oq1tYJxgkV0uUZ8jVdHzKp7r3bXz1ZQk7nE0="
    interface = {"name": "cilium_wg0", "listen-port": 51871, "peer-count": 2, "public-key": key, "peers": []}
    model = {"mode": "Wireguard", "wireguard": {"interfaces": [interface], "node-encryption": "Disabled"}}
    assert "\n".join(encryption_lines(model)) + "\n" == golden("encrypt-status-wireguard")


@pytest.mark.parametrize(("name", "keys", "errors"), [("", 4, {}), ("-errors", 8, {"inbound_no_state": 32})])
def test_ipsec(name: str, keys: int, errors: dict[str, int]) -> None:
    ipsec = {
        "decrypt-interfaces": ["eth0"], "keys-in-use": keys, "max-seq-number": "0x1e3/0xffffffffffffffff",
        "error-count": sum(errors.values()), "xfrm-errors": errors,
    }  # fmt: skip
    shown = "\n".join(encryption_lines({"mode": "IPsec", "ipsec": ipsec}))
    assert shown + "\n" == golden(f"encrypt-status-ipsec{name}")


@pytest.mark.parametrize("node", NODES)
def test_status_of_a_node_of_the_world(node: str) -> None:
    model = of_node(node, "healthz")
    entries = aligned(status_entries(model, Details(), parse_rfc3339(PROBED)))
    expected = golden(f"world-{node}-status").splitlines()
    shown = [entry.text.split() for entry in entries]
    assert shown == [line.split() for line in expected[: len(shown)]]
