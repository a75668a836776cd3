"""The printers of ``cilium`` against the real tool's output. Expectations: the goldens of the reference set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quizgame.tools.cilium.bgp_text import peers_lines, routes_lines
from quizgame.tools.cilium.chart import version_listing
from quizgame.tools.cilium.clustermesh.report import Connectivity, Member, connection_rows
from quizgame.tools.cilium.encryption import encryption_object, encryption_text, node_text
from quizgame.tools.cilium.status.report import Finding, Severity, StatusReport, Workload, status_lines
from quizgame.tools.output import render

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")


def golden(name: str) -> str:
    return (GOLDEN / "cilium-cli" / f"{name}.txt").read_text()


def given(name: str) -> Any:
    return json.loads((GOLDEN / "cilium-cli" / "input" / f"{name}.json").read_text())


# ---------------------------------------------------------------- encryption


@pytest.mark.parametrize(
    "name", ["disabled", "wireguard", "ipsec", "ipsec-errors", "ipsec-rotation", "mixed"]
)  # fmt: skip
def test_encryption_status(name: str) -> None:
    nodes = given(f"encryption/encryption-status-{name}")
    assert encryption_text(nodes, 8) + "\n\n" == golden(f"encryption-status-{name}")


@pytest.mark.parametrize("name", ["wireguard-per-node", "ipsec-per-node"])
def test_encryption_status_of_each_node(name: str) -> None:
    nodes = given(f"encryption/encryption-status-{name}")
    blocks = {node_text(node, model, 8) for node, model in nodes.items()}
    assert blocks == set(golden(f"encryption-status-{name}").strip().split("\n\n"))


def test_encryption_status_as_json() -> None:
    nodes = given("encryption/encryption-status-json")
    assert encryption_object(nodes, 8) == json.loads(golden("encryption-status-json"))


# ---------------------------------------------------------------- bgp


def bgp(file: str) -> dict[str, Any]:
    folder = GOLDEN / "cilium-cli" / "input" / "bgp"
    return {node.name: json.loads((node / f"{file}.json").read_text()) for node in folder.iterdir()}


def test_bgp_peers() -> None:
    assert render(peers_lines("kind-kind", bgp("bgp-peers"))) == golden("bgp-peers")


def test_bgp_peers_of_nobody() -> None:
    assert render(peers_lines("kind-kind", {})) == golden("bgp-peers-none")


def test_bgp_routes_available() -> None:
    assert render(routes_lines("kind-kind", bgp("bgp-routes"), has_peers=False)) == golden("bgp-routes-available")


def test_bgp_routes_advertised() -> None:
    routes = bgp("bgp-routes_afi-ipv4_safi-unicast_table_type-adj-rib-out")
    assert render(routes_lines("kind-kind", routes, has_peers=True)) == golden("bgp-routes-advertised")


# ---------------------------------------------------------------- clustermesh


@pytest.mark.parametrize(
    "name", ["connected", "0-of-3-connected", "1-of-3-not-connected", "config-not-retrieved", "sync-in-progress"]
)
def test_mesh_connections(name: str) -> None:
    model = given(f"clustermesh/clustermesh-status-{name}")
    shown = golden(f"clustermesh-status-{name}")
    pods = [line.split()[1] for line in shown.splitlines() if line.startswith("  ❌ ")]
    agents = [pod for pod in pods if not pod.startswith("clustermesh")]
    failing = iter(agents)
    members = [
        Member(next(failing) if not each["ready"] else f"cilium-{number}", {each["name"]: each})
        for number, each in enumerate(model["agents"].values())
    ]
    api_server = next((pod for pod in pods if pod.startswith("clustermesh")), "clustermesh-apiserver-x")
    mesh = [Member(api_server, {each["name"]: each}, is_agent=False) for each in model["kvstoremesh"]]
    rows = connection_rows(Connectivity(members, ("cluster2",)), Connectivity(mesh, ("cluster2",)), "kube-system")
    assert "".join(f"{text}\n" for text, _ in rows) == shown.partition("KVStoreMesh is enabled\n")[2]


def test_mesh_without_connections() -> None:
    rows = connection_rows(Connectivity([]), Connectivity([]), "kube-system")
    expected = golden("clustermesh-status-enabled-not-connected").partition("KVStoreMesh is enabled\n")[2]
    assert "".join(f"{text}\n" for text, _ in rows) == expected


# ---------------------------------------------------------------- versions


def test_chart_versions() -> None:
    assert version_listing() + "\n" == golden("install-list-versions")


# ---------------------------------------------------------------- status


def healthy() -> StatusReport:
    """The installation that the status goldens were taken from."""
    model = json.loads(golden("status-healthy-json"))
    return StatusReport(
        workloads={
            name: Workload(each["Type"], each["Desired"], each["Ready"], each["Available"], each["Unavailable"])
            for name, each in model["pod_state"].items()
        },
        phases=model["phase_count"],
        images=model["image_count"],
        pods=model["pods_count"]["all"],
        managed_pods=model["pods_count"]["by_cilium"],
        disabled={"cilium-operator": False, "hubble-relay": False, "clustermesh-apiserver": True},
        chart_version=model["helm_chart_version"],
    )


def text_of(report: StatusReport) -> str:
    return render(status_lines(report))


def test_status_of_a_healthy_installation() -> None:
    assert text_of(healthy()) == golden("status-healthy")


def test_status_of_a_crashing_agent() -> None:
    report = healthy()
    report.workloads["cilium"] = Workload("DaemonSet", 3, 2, 2, 1)
    report.findings = [
        Finding("cilium", "cilium", "1 pods of DaemonSet cilium are not ready"),
        Finding("cilium", "cilium-qv8gk", "unable to retrieve cilium status: container cilium-agent is in "
                "CrashLoopBackOff, exited with code 1: try 'kubectl -n kube-system logs -c cilium-agent cilium-qv8gk'"),
    ]  # fmt: skip
    assert text_of(report) == golden("status-agent-crashloop")


def test_status_of_a_pending_relay() -> None:
    report = healthy()
    report.workloads["hubble-relay"] = Workload("Deployment", 1, 0, 0, 1)
    report.phases["hubble-relay"] = {"Pending": 1}
    report.managed_pods = 7
    pod = "hubble-relay-75cb4d565d-m7nt9"
    report.findings = [
        Finding("hubble-relay", "hubble-relay", "1 pods of Deployment hubble-relay are not ready"),
        *(Finding("hubble-relay", pod, "pod is pending", Severity.WARNING) for _ in range(2)),
    ]
    assert text_of(report) == golden("status-relay-pending")


def test_status_of_an_operator_without_replicas() -> None:
    report = healthy()
    report.workloads["cilium-operator"] = Workload("Deployment", 0, 0, 0, 0)
    report.phases["cilium-operator"], report.images["cilium-operator"] = {}, {}
    assert text_of(report) == golden("status-operator-scaled-to-zero")


def test_status_of_a_cluster_without_cilium() -> None:
    names = ("cilium", "cilium-operator", "clustermesh-apiserver", "hubble-relay")
    report = StatusReport(
        phases={name: {} for name in names},
        images={name: {} for name in names},
        pods=2,
        disabled=dict.fromkeys(("cilium-operator", "cilium-envoy", "hubble-relay", "clustermesh-apiserver"), True),
        findings=[Finding("cilium", "cilium", 'daemonsets.apps "cilium" not found')],
    )
    assert text_of(report) == golden("status-not-installed")


def test_status_with_an_annotated_configuration() -> None:
    report = healthy()
    report.configuration = ["tunnel-protocol geneve is configured in the agent but the ConfigMap holds vxlan"]
    assert text_of(report) == golden("status-config-annotation")
