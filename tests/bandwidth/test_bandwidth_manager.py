"""The bandwidth manager: what turns it on, what its map holds, and how fast pods then are.

Expectations: facts F-95, F-96; cilium/cilium v1.19 Documentation/network/kubernetes/bandwidth-manager.rst,
pkg/datapath/linux/bandwidth/bandwidth.go, pkg/endpoint/events.go; golden ``bpf-bandwidth-list``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.agent.bandwidth import BAD_QUANTITY, bytes_a_second
from quizgame.tools.cilium_dbg.commands.bpf_bandwidth import bandwidth_table, bits
from quizgame.tools.output import render

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden" / "cilium-dbg"
ON = {"bandwidthManager": {"enabled": True}}
BBR = {"bandwidthManager": {"enabled": True, "bbr": True}}
BPF_ROUTING = {"kubeProxyReplacement": True, "bpf": {"masquerade": True}}


def status(lab: Any, node: str = "kind-worker") -> str:
    [line] = [each for each in lab.dbg("status", node).splitlines() if each.startswith("BandwidthManager")]
    return " ".join(line.split()[1:])


def last_words(lab: Any, node: str = "kind-worker") -> str:
    pod = lab.out(
        f"kubectl -n kube-system get pods -l k8s-app=cilium --field-selector spec.nodeName={node} -o name"
    ).strip()
    return str(lab.out(f"kubectl -n kube-system logs {pod} -c cilium-agent"))


class TestTurningItOn:
    def test_off_by_default(self, make: Any) -> None:
        lab = make({})
        assert status(lab) == "Disabled"
        assert "bandwidth" not in lab.out("cilium config view")
        result = lab.run(
            f"kubectl -n kube-system exec {lab.agent().pod_name} -c cilium-agent -- cilium-dbg bpf bandwidth list"
        )
        assert result.exit == 1
        assert lab.dbg("bpf bandwidth list").startswith("bandwidth manager not enabled")
        assert lab.megabits("client", "server", "-R") > 1000

    def test_on(self, lab: Any) -> None:
        assert status(lab) == "EDT with BPF [CUBIC] [eth0]"
        shown = lab.out("cilium config view")
        assert re.search(r"^enable-bandwidth-manager +true$", shown, re.M)
        assert re.search(r"^enable-bbr +false$", shown, re.M)
        assert "Setting up BPF bandwidth manager" in lab.log()

    def test_a_changed_config_map_waits_for_a_restart(self, make: Any) -> None:
        lab = make({})
        lab.run("cilium config set enable-bandwidth-manager true --restart=false")
        assert status(lab) == "Disabled"
        lab.run("kubectl -n kube-system rollout restart ds/cilium")
        lab.run("kubectl -n kube-system rollout status ds/cilium")
        assert status(lab) == "EDT with BPF [CUBIC] [eth0]"
        assert (str(lab.endpoint("server")), "Egress", "0", "10M") in lab.entries()

    def test_annotations_without_it_are_ignored_with_a_warning(self, make: Any) -> None:
        log = make({}).log()
        ends = "annotation, but BPF bandwidth manager is disabled. This annotation is ignored."
        assert f'msg="Endpoint has bandwidth {ends}" k8sPodName=default/server' in log
        assert "annotation=kubernetes.io/egress-bandwidth" in log
        assert "default/client" not in "".join(line for line in log.splitlines() if "bandwidth" in line)

    def test_bbr_with_bpf_host_routing(self, make: Any) -> None:
        assert status(make({**BBR, **BPF_ROUTING})) == "EDT with BPF [BBR] [eth0]"

    @pytest.mark.parametrize(
        ("flags", "kernel", "problem"),
        [
            ("bbr=true", "6.12.48", "BPF bandwidth manager's BBR setup requires BPF host routing."),
            ("bbr=true", "5.15.0", "cannot enable --enable-bbr, needs kernel 5.18 or newer"),
            (
                "bbrHostNamespaceOnly=true",
                "6.12.48",
                "cannot enable --enable-bbr-hostns-only without enabling --enable-bbr",
            ),
        ],
    )
    def test_what_keeps_an_agent_from_starting(self, make: Any, flags: str, kernel: str, problem: str) -> None:
        lab = make(ON, kernel=kernel)
        lab.run(f"cilium upgrade --reuse-values --set bpf.masquerade=false,bandwidthManager.{flags}")
        lab.run("kubectl -n kube-system delete pod -l k8s-app=cilium")
        lab.world.advance(10)
        assert problem in last_words(lab)
        assert "0/1" in lab.out("kubectl -n kube-system get pods -l k8s-app=cilium")

    def test_bbr_for_the_host_alone_needs_no_bpf_host_routing(self, make: Any) -> None:
        values = {"enabled": True, "bbr": True, "bbrHostNamespaceOnly": True}
        assert status(make({"bandwidthManager": values, "bpf": {"masquerade": False}})) == "EDT with BPF [BBR] [eth0]"

    def test_ipsec_turns_it_off(self, make: Any, ipsec_keys: str) -> None:
        lab = make({})
        lab.run(ipsec_keys)
        values = "encryption.enabled=true,encryption.type=ipsec,bandwidthManager.enabled=true"
        lab.run(f"cilium upgrade --reuse-values --set {values}")
        lab.run("kubectl -n kube-system rollout restart ds/cilium")
        lab.run("kubectl -n kube-system rollout status ds/cilium")
        assert status(lab) == "Disabled"
        assert "The bandwidth manager cannot be used with IPSec. Disabling the bandwidth manager." in lab.log()


class TestTheMap:
    def test_every_pod_has_an_entry_and_the_host_its_priority(self, lab: Any) -> None:
        server, free = str(lab.endpoint("server")), str(lab.endpoint("free"))
        entries = lab.entries()
        assert {(server, "Egress", "0", "10M"), (server, "Ingress", "0", "20M"), (free, "Egress", "0", "0")} <= entries
        assert not any(row[:2] == (free, "Ingress") for row in entries)
        [host] = [row[0] for row in entries if row[2] == "7"]
        assert "reserved:host" in lab.agent().endpoints[int(host)].labels

    def test_it_looks_as_the_real_one(self) -> None:
        recorded = GOLDEN / "bpf-bandwidth-list.txt"
        if not recorded.exists():
            pytest.skip(f"{recorded} is not here: the reference lies beside the repository")
        given = json.loads((GOLDEN / "input" / "bpf.json").read_text())["bandwidth"]
        entries = {}
        for key, value in given.items():
            number, direction = map(int, key.split(","))
            rate, priority = map(int, value.split(","))
            entries[number, direction] = (rate, priority)
        assert render(bandwidth_table(entries, {})) == recorded.read_text()

    def test_as_json(self, lab: Any) -> None:
        shown = json.loads(lab.dbg("bpf bandwidth list -o json"))
        assert shown[f"{lab.endpoint('server')}, 1"] == ["2500000, 0"]

    def test_annotations_are_followed_while_the_pod_runs(self, lab: Any) -> None:
        lab.run("kubectl annotate pod server kubernetes.io/egress-bandwidth=5M --overwrite")
        lab.run("kubectl annotate pod server kubernetes.io/ingress-bandwidth-")
        server = str(lab.endpoint("server"))
        assert {row for row in lab.entries() if row[0] == server} == {(server, "Egress", "0", "5M")}

    @pytest.mark.parametrize(
        ("priority", "shown"), [("guaranteed", "7"), ("best-effort", "6"), ("Burstable", "9"), ("3", "4")]
    )
    def test_priorities(self, lab: Any, priority: str, shown: str) -> None:
        lab.run(f"kubectl annotate pod free bandwidth.cilium.io/priority={priority}")
        assert (str(lab.endpoint("free")), "Egress", shown, "0") in lab.entries()

    def test_a_value_that_cannot_be_read_takes_the_limit_away(self, lab: Any) -> None:
        lab.run("kubectl annotate pod server kubernetes.io/egress-bandwidth=10Mbps --overwrite")
        server = str(lab.endpoint("server"))
        assert {row for row in lab.entries() if row[0] == server} == {(server, "Ingress", "0", "20M")}
        assert 'msg="EndpointPolicyBandwidthEvent event failed"' in lab.log()
        assert "quantities must match the regular expression" in lab.log()
        assert lab.megabits("client", "server", "-R") > 1000

    def test_a_pod_that_goes_takes_its_entries_with_it(self, lab: Any) -> None:
        server = str(lab.endpoint("server"))
        lab.run("kubectl delete pod server")
        assert not any(row[0] == server for row in lab.entries())

    def test_limits_outlive_the_agent(self, lab: Any) -> None:
        lab.agent().stop()
        assert lab.megabits("client", "server", "-R") < 11

    @pytest.mark.parametrize(
        ("text", "rate"),
        [("10M", 1_250_000), ("1Gi", (1 << 30) // 8), ("8", 1), ("1e6", 125_000), ("100m", 0), ("1.5k", 187)],
    )
    def test_rates(self, text: str, rate: int) -> None:
        assert bytes_a_second(text) == rate

    @pytest.mark.parametrize("text", ["10Mbps", "ten", "", "1 M"])
    def test_what_is_no_rate(self, text: str) -> None:
        with pytest.raises(ValueError, match="quantities must match") as refused:
            bytes_a_second(text)
        assert str(refused.value) == BAD_QUANTITY

    def test_whole_bits(self) -> None:
        assert [bits(each) for each in (1_250_000, 0, 187, (1 << 30) // 8)] == ["10M", "0", "1496", "1073741824"]


class TestSpeed:
    def test_what_leaves_a_pod_is_held(self, lab: Any) -> None:
        assert 9 < lab.megabits("client", "server", "-R") <= 10
        assert 1.0 <= lab.seconds("client", "server") < 1.1

    def test_what_enters_a_pod_is_held(self, lab: Any) -> None:
        assert 19 < lab.megabits("client", "server") <= 20

    def test_a_pod_without_a_limit_is_not(self, lab: Any) -> None:
        assert lab.megabits("client", "free") > 1000
        assert lab.seconds("client", "free") < 0.1

    def test_pods_of_one_node_are_not_held_among_themselves(self, lab: Any) -> None:
        assert lab.megabits("neighbour", "server", "-R") > 1000
        assert lab.seconds("neighbour", "server") < 0.1

    def test_limits_are_each_pod_s_own(self, make: Any, manifests: Any) -> None:
        lab = make(manifests=manifests.two_servers)
        assert lab.megabits("client", "one", "-R") <= 10
        assert lab.megabits("client", "two", "-R") <= 10

    def test_a_pod_whose_egress_the_proxy_handles_is_not_held(self, lab: Any) -> None:
        lab.run("kubectl annotate pod client kubernetes.io/egress-bandwidth=1M")
        assert lab.megabits("client", "free") <= 1
        lab.run("""kubectl apply -f - <<'X'
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: l7}
spec:
  endpointSelector: {matchLabels: {app: client}}
  egress:
  - toPorts: [{ports: [{port: "5201", protocol: TCP}], rules: {http: [{}]}}]
X""")
        assert lab.megabits("client", "free") > 1000

    def test_curl_gives_up_when_its_time_is_over(self, lab: Any) -> None:
        before = lab.world.clock.now_ns
        result = lab.run(f"kubectl exec client -- curl -sS -m 0.5 -o /dev/null http://{lab.ip('server')}/big")
        assert result.exit == 28
        [text] = [line.text for line in result.stderr if "curl" in line.text]
        found = re.search(r"Operation timed out after 500 milliseconds with (\d+) out of 1250000 bytes received", text)
        assert found is not None
        assert 600_000 < int(found[1]) < 650_000
        assert lab.world.clock.now_ns - before < 2_000_000_000


class TestIperf:
    def test_a_server_that_is_not_there(self, lab: Any) -> None:
        shown = lab.out(f"kubectl exec client -- iperf3 -c {lab.ip('server')} -p 9")
        assert shown.startswith("iperf3: error - unable to connect to server")
        assert "Connection refused" in shown

    def test_what_is_not_simulated(self, lab: Any) -> None:
        assert lab.run(f"kubectl exec client -- iperf3 -c {lab.ip('server')} -u").exit == 3

    def test_wrong_usage(self, lab: Any) -> None:
        assert "must either be a client (-c) or server (-s)" in lab.out("kubectl exec client -- iperf3")


class TestTheKindThatNeverWas:
    def test_there_is_no_bandwidth_policy(self, lab: Any) -> None:
        shown = lab.out("""kubectl apply -f - <<'X'
apiVersion: cilium.io/v2
kind: CiliumBandwidthPolicy
metadata: {name: limit}
spec: {egress: 10M}
X""")
        assert 'no matches for kind "CiliumBandwidthPolicy" in version "cilium.io/v2"' in shown
