"""Mutual authentication as state: what is installed, the handshake, what it leaves, and what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.links import Block, Links
from tests.auth.conftest import ON

if TYPE_CHECKING:
    from tests.auth.conftest import Lab

MINUTE = 60
OFF = "No entries found.\n"
FAILED = "Failed to authenticate request"


def test_release_brings_spire(lab: Lab) -> None:
    pods = lab.out("kubectl get pods -n cilium-spire --no-headers").splitlines()
    assert [line.split()[1:3] for line in pods] == [["1/1", "Running"]] * 3 + [["2/2", "Running"]]
    service = lab.out("kubectl get svc,sts,ds,cm,sa -n cilium-spire -o name")
    assert "service/spire-server" in service
    assert "statefulset.apps/spire-server" in service
    assert "daemonset.apps/spire-agent" in service
    keys = lab.out("cilium config view | grep mesh-auth")
    assert "mesh-auth-mutual-listener-port                    4250" in keys
    assert "spire-server.cilium-spire.svc:8081" in keys
    volumes = lab.out("kubectl -n kube-system get ds cilium -o jsonpath='{.spec.template.spec.volumes[*].name}'")
    assert "spire-agent-socket" in volumes


def test_connectivity_test_has_tests_of_its_own(lab: Lab) -> None:
    names = "echo-ingress-auth-always-fail,echo-ingress-mutual-auth-spiffe"
    line = f"cilium connectivity test --test {names}"
    assert "All 4 tests (24 actions) successful" in lab.out(line)
    lab.run("kubectl -n cilium-spire scale sts spire-server --replicas=0")
    lab.wait(2 * 60 * MINUTE)
    told = lab.out(line)
    assert "2/4 tests failed" in told
    assert "Test [echo-ingress-mutual-auth-spiffe]" in told


def test_told_unreachable_is_only_who_is_denied(make: Callable[..., Lab]) -> None:
    lab = make(values={**ON, "policyDenyResponse": "icmp"})
    lab.apply(lab.egress())
    assert lab.ask().startswith("200 1.0")


def test_release_without_it_has_none(make: Callable[..., Lab]) -> None:
    lab = make(values={})
    assert "not found" in lab.out("kubectl get ns cilium-spire")
    assert "mesh-auth-mutual-enabled" not in lab.out("cilium config view")


def test_upgrade_away_removes_it(lab: Lab) -> None:
    lab.run("cilium upgrade --reuse-values --set authentication.mutual.spire.enabled=false")
    lab.wait(60)
    assert "No resources found" in lab.out("kubectl get pods -n cilium-spire")
    assert "NotFound" in lab.out("kubectl get ns cilium-spire")


def test_upgrade_turns_it_on(make: Callable[..., Lab]) -> None:
    lab = make(values={})
    lab.apply(lab.ingress())
    values = "--set authentication.enabled=true --set authentication.mutual.spire.enabled=true"
    lab.run(f"cilium upgrade --reuse-values {values}")
    lab.run("cilium status --wait")
    lab.wait(60)
    assert lab.ask().startswith("200 1.0")


def test_chart_refuses_spire_alone(make: Callable[..., Lab]) -> None:
    told = make(values={}).out("cilium upgrade --reuse-values --set authentication.mutual.spire.enabled=true")
    assert "SPIRE integration requires .Values.authentication.enabled=true" in told


def test_first_packet_waits_for_the_handshake(lab: Lab) -> None:
    lab.apply(lab.ingress())
    assert lab.dbg("kind-worker2", "bpf auth list") == OFF
    assert lab.ask().startswith("200 1.0")
    assert lab.ask().startswith("200 0.0")
    assert lab.ask("near").startswith("200 1.0")
    rows = [line.split() for line in lab.dbg("kind-worker2", "bpf auth list").splitlines()[1:] if line]
    assert [row[:2] for row in rows] == [[str(lab.identity("echo")), str(lab.identity("far"))]] * 2
    assert rows[0][2] == "0" != rows[1][2]
    assert {row[3] for row in rows} == {"spire"}
    assert hex(int(rows[1][2])) in lab.dbg("kind-worker2", "nodeid list")
    assert (
        next(line.split()[1] for line in lab.dbg("kind-worker2", "map list").splitlines() if "cilium_auth_map" in line)
        == "2"
    )


def test_flows_tell_of_it(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.ask("near")
    told = [line.partition("default/echo:80")[2] for line in lab.out("hubble observe --pod near").splitlines()]
    kinds = [line.partition(") ")[2] for line in told]
    assert kinds[:3] == [
        "policy-verdict:L3-Only INGRESS DENIED (TCP Flags: SYN; Auth: SPIRE)",
        "Authentication required DROPPED (TCP Flags: SYN)",
        "policy-verdict:L3-Only INGRESS ALLOWED (TCP Flags: SYN; Auth: SPIRE)",
    ]
    types = lab.out("hubble observe --pod near --type policy-verdict -o json | jq -r .flow.auth_type").split()
    assert types == ["SPIRE"] * 2


def test_sender_reports_a_retransmitted_packet_only_once(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.ask()
    flows = [line for line in lab.out("hubble observe --from-pod far").splitlines() if "SYN)" in line or "SYN;" in line]
    assert sum("to-overlay" in line for line in flows) == 1
    assert sum("Authentication required DROPPED" in line for line in flows) == 1


def test_egress_asks_for_it_too(lab: Lab) -> None:
    lab.apply(lab.egress())
    assert lab.ask().startswith("200 1.0")
    assert str(lab.identity("echo")) in lab.dbg("kind-worker", "bpf auth list").split("\n")[1].split()[1]
    assert lab.dbg("kind-worker2", "bpf auth list") == OFF


def test_both_ends_ask_for_it_one_after_the_other(lab: Lab) -> None:
    lab.apply(lab.ingress() + lab.egress())
    assert lab.ask().startswith("200 3.0")


def test_client_that_gives_up_at_once_leaves_the_way_open_for_the_next(lab: Lab) -> None:
    lab.apply(lab.ingress())
    assert lab.ask(limit_s=1).startswith("000")
    assert lab.ask(limit_s=1).startswith("200")


def test_ping_loses_its_first_packet(lab: Lab) -> None:
    lab.apply(lab.ingress())
    assert "3 packets transmitted, 2 received" in lab.out(f"kubectl exec far -- ping -c 3 {lab.ip('echo')}")


def test_request_through_the_proxy_waits_as_well(lab: Lab) -> None:
    rest = ', toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET}]}}]'
    lab.apply(lab.ingress(rest=rest))
    assert lab.ask().startswith("200 1.0")
    lab.dbg("kind-worker2", "bpf auth flush")
    lab.apply(lab.egress("authentication: {mode: disabled}", rest.replace(" {http: [{method: GET}]}", " {http: [{}]}")))
    assert lab.ask().startswith("200")
    assert lab.dbg("kind-worker2", "bpf auth list") != OFF


@pytest.mark.parametrize("asked", ["authentication: {mode: disabled}", ""])
def test_who_is_not_asked_is_let_through(lab: Lab, asked: str) -> None:
    lab.apply(lab.ingress(asked or "toPorts: [{ports: [{port: '80'}]}]"))
    assert lab.ask().startswith("200 0.0")
    assert lab.dbg("kind-worker2", "bpf auth list") == OFF


def test_always_fail_never_succeeds(lab: Lab) -> None:
    lab.apply(lab.ingress("authentication: {mode: test-always-fail}"))
    assert lab.ask().startswith("000")
    assert lab.dbg("kind-worker2", "bpf auth list") == OFF


def test_without_processing_requests_are_blocked_for_ever(make: Callable[..., Lab]) -> None:
    lab = make(values={})
    lab.apply(lab.ingress())
    assert lab.ask(limit_s=8).startswith("000")
    assert FAILED not in lab.log("kind-worker2")
    assert "Authentication required DROPPED" in lab.out("hubble observe --to-pod echo")


def test_without_spire_nobody_knows_the_type(make: Callable[..., Lab]) -> None:
    lab = make(values={"authentication": {"enabled": True}})
    lab.apply(lab.ingress())
    assert lab.ask().startswith("000")
    assert 'error="unknown requested auth type: spire"' in lab.log("kind-worker2")


def test_own_spire_that_is_not_there(make: Callable[..., Lab]) -> None:
    spire = {"enabled": True, "install": {"enabled": False}, "serverAddress": "spire.example:8081"}
    lab = make(values={"authentication": {"enabled": True, "mutual": {"spire": spire}}})
    lab.apply(lab.ingress())
    assert lab.ask().startswith("000")
    log = lab.log("kind-worker2")
    assert "SPIRE admin socket (/run/spire/sockets/admin.sock) does not exist" in log
    assert f"no SPIFFE ID for spiffe://spiffe.cilium/identity/{lab.identity('echo')}" in log
    assert "spire.example:8081" in lab.out("cilium config view")


def test_reserved_identities_cannot_authenticate(lab: Lab) -> None:
    lab.apply(lab.ingress(peer="{}").replace("fromEndpoints: [{}]", "fromEntities: [host, remote-node, world]"))
    address = lab.ip("echo")
    pod = lab.agent("kind-worker").pod_name
    assert pod
    lab.apply(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: onhost}\n"
        "spec: {hostNetwork: true, nodeName: kind-worker, containers: [{name: c, image: tools}]}\n"
    )
    lab.wait(10)
    assert "exit code 28" in lab.out(f"kubectl exec onhost -- curl -s -m 3 http://{address}")
    assert "Reserved identity, skipping authentication" in lab.log("kind-worker2")


def test_certificates_outlive_the_server_for_a_while(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.run("kubectl -n cilium-spire scale sts spire-server --replicas=0")
    lab.wait(MINUTE)
    assert lab.ask().startswith("200 1.0"), "the agents still hold certificates"
    lab.wait(62 * MINUTE)
    assert lab.dbg("kind-worker2", "bpf auth list") == OFF, "expired and collected"
    assert lab.ask().startswith("000")
    assert "x509: certificate has expired or is not yet valid" in lab.log("kind-worker2")
    lab.run("kubectl -n cilium-spire scale sts spire-server --replicas=1")
    lab.wait(MINUTE)
    assert lab.ask().startswith("200 1.0")


def test_renewed_certificates_renew_the_entries(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.ask()
    before = lab.dbg("kind-worker2", "bpf auth list")
    lab.wait(3 * 60 * MINUTE)
    assert lab.dbg("kind-worker2", "bpf auth list") != before
    assert lab.ask().startswith("200 0.0")


def test_new_identities_need_the_server_and_the_operator(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.run("kubectl -n kube-system scale deploy cilium-operator --replicas=0")
    lab.wait(5)
    lab.run("kubectl run late --image=tools --labels=app=client,tier=new")
    lab.wait(30)
    assert lab.ask("late").startswith("000")
    assert lab.ask("near").startswith("200")
    lab.run("kubectl -n kube-system scale deploy cilium-operator --replicas=1")
    lab.wait(30)
    assert lab.ask("late").startswith("200")


def test_agent_that_restarts_without_its_spire_agent_has_no_certificates(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.ask()
    lab.run(
        'kubectl -n cilium-spire patch ds spire-agent -p \'{"spec":{"template":{"spec":{"nodeSelector":{"x":"y"}}}}}\''
    )
    lab.wait(MINUTE)
    assert lab.ask("near").startswith("200"), "it holds what it was given"
    lab.run(f"kubectl -n kube-system delete pod {lab.agent().pod_name}")
    lab.wait(MINUTE)
    assert lab.ask("far").startswith("200 0.0"), "the map outlives the process"
    lab.dbg("kind-worker2", "bpf auth flush")
    assert lab.ask("far").startswith("000")
    assert "no SPIFFE ID" in lab.log("kind-worker2")


def test_port_between_the_agents_must_be_open(lab: Lab) -> None:
    lab.apply(lab.ingress())
    fabric_of(lab.world).links = Links((Block("kind-kind/kind-worker2", "kind-kind/kind-worker", "TCP", 4250),))
    assert lab.ask().startswith("000")
    assert "failed to dial 172.18.0.3:4250: dial tcp 172.18.0.3:4250: i/o timeout" in lab.log("kind-worker2")
    assert lab.ask("near").startswith("200")


def test_agent_at_the_other_end_must_run(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.agent("kind-worker").is_running = False
    assert lab.ask().startswith("000")
    assert "connect: connection refused" in lab.log("kind-worker2")


def test_agent_that_asks_must_run(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.ask()
    lab.agent().is_running = False
    assert lab.ask().startswith("200 0.0")
    lab.wait(70 * MINUTE)
    assert lab.ask().startswith("000"), "nobody renews what has expired"


def test_entries_go_with_the_policy(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.ask()
    lab.run("kubectl delete cnp echo")
    assert lab.dbg("kind-worker2", "bpf auth list") != OFF
    lab.wait(6 * MINUTE)
    assert lab.dbg("kind-worker2", "bpf auth list") == OFF


def test_forks_go_their_own_ways(lab: Lab) -> None:
    lab.apply(lab.ingress())
    twin = type(lab)(lab.world.fork())
    lab.ask()
    assert twin.dbg("kind-worker2", "bpf auth list") == OFF
    assert twin.ask().startswith("200 1.0")


def test_debug_log_tells_how_it_went(lab: Lab) -> None:
    lab.apply(lab.ingress())
    lab.run("cilium config set debug true")
    lab.wait(MINUTE)
    lab.ask("near")
    log = lab.log("kind-worker2")
    for text in (
        "Policy is requiring authentication",
        '"SNI ID"=',
        "Validated certificate",
        "Successfully authenticated",
    ):
        assert text in log
    assert f"localIdentity={lab.identity('echo')}, remoteIdentity={lab.identity('near')}, remoteNodeID=0" in log


def test_spire_server_tells_what_is_registered(lab: Lab) -> None:
    assert lab.spire("healthcheck") == "Server is healthy.\n"
    assert lab.spire("agent list").startswith("Found 3 attested agents:\n")
    number = lab.identity("echo")
    one = lab.spire(f"entry show -spiffeID spiffe://spiffe.cilium/identity/{number}")
    assert one.startswith("Found 1 entry\nEntry ID         : ")
    assert "Parent ID        : spiffe://spiffe.cilium/cilium-operator" in one
    identities = lab.out("kubectl get ciliumidentities --no-headers").splitlines()
    assert lab.spire("entry show -selector cilium:mutual-auth").startswith(f"Found {len(identities)} entries")
    parent = lab.spire("entry show -parentID spiffe://spiffe.cilium/ns/cilium-spire/sa/spire-agent")
    assert "Found 2 entries" in parent
    assert "k8s:sa:cilium-operator" in parent
    assert lab.spire("entry show -spiffeID spiffe://spiffe.cilium/identity/1").startswith("Found 0 entries")
    assert "is not simulated" in lab.spire("entry delete")
    assert "is not simulated" in lab.spire("entry show -what x")
    assert "is not simulated" in lab.spire("entry show -spiffeID")


def test_refuses_what_is_no_option(lab: Lab) -> None:
    assert "unknown flag" in lab.dbg("kind-worker2", "bpf auth list --nonsense")
    assert lab.dbg("kind-worker2", "bpf auth list -o json").strip() == "null"


def test_lookup_by_the_gateway_of_trust_domain(make: Callable[..., Lab]) -> None:
    values = {"authentication": {"enabled": True, "mutual": {"spire": {"enabled": True, "trustDomain": "my.org"}}}}
    lab = make(values=values)
    assert "spiffe://my.org/identity/" in lab.spire("entry show -selector cilium:mutual-auth")
    lab.apply(lab.ingress())
    assert lab.ask().startswith("200")


def test_pod_of_a_set_with_claims_can_be_changed(lab: Lab) -> None:
    assert "labeled" in lab.out("kubectl -n cilium-spire label pod spire-server-0 x=y")
    claim = "jsonpath='{.spec.volumes[0].persistentVolumeClaim.claimName}'"
    told = lab.out(f"kubectl -n cilium-spire get pod spire-server-0 -o {claim}")
    assert told == "spire-data-spire-server-0"
    page = lab.out("kubectl -n cilium-spire describe sts spire-server")
    assert "Volume Claims:\n  Name:          spire-data\n  StorageClass:  \n  Labels:        <none>\n" in page
    assert "  Capacity:      1Gi\n  Access Modes:  [ReadWriteOnce]\n" in page
