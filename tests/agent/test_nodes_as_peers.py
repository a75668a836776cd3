"""Nodes as peers and as subjects of policy: identities by the labels of nodes, and policies of the host.

Expectations: Documentation/security/policy/layer3.rst, node based; Documentation/security/host-firewall.rst.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import BareLab

if TYPE_CHECKING:
    from tests.agent.conftest import BuildWorld

PODS = "".join(
    f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  nodeName: {node}
  hostNetwork: {on_host}
  containers: [{{name: c, image: tools, ports: [{{containerPort: 80}}]}}]
---
"""
    for name, node, on_host in (
        ("server", "kind-worker", "false"), ("near", "kind-worker", "false"), ("client", "kind-worker2", "false"),
        ("top", "kind-control-plane", "true"), ("side", "kind-worker2", "true"), ("here", "kind-worker", "true"),
    )
)  # fmt: skip
BY_LABEL = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: server}
spec:
  endpointSelector: {matchLabels: {app: server}}
  ingress: [{fromNodes: [{matchLabels: {"node-role.kubernetes.io/control-plane": ""}}]}]
"""
HOST = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: host}
spec:
  nodeSelector: {matchLabels: {guarded: "yes"}}
  ingress:
  - fromEntities: [remote-node, health, kube-apiserver]
  - fromEndpoints: [{matchLabels: {app: server}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}]}]
"""


def reaches(lab: BareLab, client: str, address: str) -> bool:
    """Whether a pod gets an answer over HTTP."""
    return "200" in lab.both(f"kubectl exec {client} -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' {address}")


def make(build: BuildWorld, **values: Any) -> BareLab:
    """A lab on a fork of a world with these Helm values."""
    return BareLab(build(PODS, values=values).fork())


@pytest.fixture
def labelled(build: BuildWorld) -> BareLab:
    return make(build, nodeSelectorLabels=True)


class TestRemoteNodes:
    """With ``nodeSelectorLabels``, other nodes have identities by their labels."""

    def test_policy_selects_them_by_label(self, labelled: BareLab) -> None:
        labelled.apply(BY_LABEL)
        address = labelled.ip("server")
        assert reaches(labelled, "top", address)
        assert not reaches(labelled, "side", address)
        assert not reaches(labelled, "client", address)
        assert reaches(labelled, "here", address), "the own node always gets in"

    def test_label_that_comes_later_counts(self, labelled: BareLab) -> None:
        labelled.apply(BY_LABEL.replace('"node-role.kubernetes.io/control-plane": ""', "tier: edge"))
        address = labelled.ip("server")
        assert not reaches(labelled, "side", address)
        labelled.out("kubectl label node kind-worker2 tier=edge")
        assert reaches(labelled, "side", address)
        labelled.out("kubectl label node kind-worker2 tier-")
        assert not reaches(labelled, "side", address)

    def test_tools_show_the_labels(self, labelled: BareLab) -> None:
        listed = labelled.dbg("kind-worker", "identity list")
        assert "\n335544" in listed
        assert "node:node-role.kubernetes.io/control-plane" in listed
        assert "node:kubernetes.io/hostname" not in listed, "the filter of labels takes it out"
        labelled.out("kubectl label node kind-worker2 tier=edge")
        assert "node:tier=edge" in labelled.dbg("kind-worker", "identity list")
        labelled.out("kubectl label node kind-worker2 tier-")
        assert "node:tier=edge" not in labelled.dbg("kind-worker", "identity list")
        assert "identity=335544" in labelled.dbg("kind-worker", "bpf ipcache list")

    def test_restarted_agent_has_them_again(self, labelled: BareLab) -> None:
        labelled.apply(BY_LABEL)
        labelled.out(f"kubectl -n kube-system delete pod {labelled.agent('kind-worker').pod_name}")
        labelled.world.advance(30)
        assert "node:node-role.kubernetes.io/control-plane" in labelled.dbg("kind-worker", "identity list")
        assert reaches(labelled, "top", labelled.ip("server"))
        assert not reaches(labelled, "side", labelled.ip("server"))

    def test_node_ports_of_such_nodes_are_still_known(self, labelled: BareLab) -> None:
        labelled.out("kubectl expose pod server --port 80 --type NodePort")
        port = labelled.out("kubectl get svc server -o jsonpath='{.spec.ports[0].nodePort}'")
        node = labelled.out("kubectl get node kind-control-plane -o jsonpath='{.status.addresses[0].address}'")
        assert reaches(labelled, "client", f"{node}:{port}")

    def test_without_the_option_agents_refuse_the_policy(self, build: BuildWorld) -> None:
        lab = make(build)
        lab.apply(BY_LABEL)
        valid = lab.out("kubectl get cnp server -o jsonpath='{.status.conditions[0].message}'")
        assert 'only be applied when the "enable-node-selector-labels" flag is set' in valid
        assert "335544" not in lab.dbg("kind-worker", "identity list")
        assert reaches(lab, "client", lab.ip("server"))


class TestHostPolicy:
    """Policies of the host drop connections to the node itself."""

    @pytest.fixture
    def lab(self, build: BuildWorld) -> BareLab:
        lab = make(build, hostFirewall={"enabled": True})
        lab.out("kubectl label node kind-worker guarded=yes")
        lab.apply(HOST)
        return lab

    def test_connection_is_dropped_at_the_node(self, lab: BareLab) -> None:
        node = lab.ip("here")
        assert not reaches(lab, "near", node)
        assert reaches(lab, "server", node)
        assert reaches(lab, "side", node), "other nodes are let in"
        assert reaches(lab, "client", node), "a pod of another node comes with that node's address"
        assert reaches(lab, "near", lab.ip("side")), "the other node is not selected"
        drops = lab.out("hubble observe --verdict DROPPED --from-pod near")
        assert "policy-verdict:none INGRESS DENIED" in drops
        assert "Policy denied DROPPED" in drops
        assert "Policy denied" in lab.dbg("kind-worker", "bpf metrics list")

    def test_endpoint_shows_it(self, lab: BareLab) -> None:
        rows = lab.dbg("kind-worker", "endpoint list").splitlines()
        [host] = [number for number, row in enumerate(rows) if "reserved:host" in row or "guarded=yes" in row][:1]
        assert rows[host].split()[1] == "Enabled"
        text = "\n".join(rows)
        assert "k8s:guarded=yes" in text
        assert "beta.kubernetes.io/arch" not in text, "the filter of labels takes it out"

    def test_nothing_happens_with_the_option_off(self, build: BuildWorld) -> None:
        lab = make(build)
        lab.out("kubectl label node kind-worker guarded=yes")
        lab.apply(HOST)
        assert reaches(lab, "near", lab.ip("here"))

    def test_deleting_it_opens_the_node_again(self, lab: BareLab) -> None:
        lab.out("kubectl delete ccnp host")
        assert reaches(lab, "near", lab.ip("here"))
