"""L2 announcements: who holds the lease, who answers ARP, and who outside then gets there.

Expectations: facts F-97 to F-99; cilium/cilium v1.19 Documentation/network/l2-announcements.rst and
pkg/l2announcer/l2announcer.go; k8s.io/client-go leader election with the chart's timings (15 s, 5 s, 2 s).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.bgp.router import Router, RouterNeighbor
from quizgame.cluster.clock import parse_rfc3339
from quizgame.cluster.links import Block
from quizgame.cluster.outside import Outside
from quizgame.tools.cilium_dbg.commands.shell import shown
from quizgame.tools.cilium_dbg.model.tables import TABLES, TableRow
from quizgame.tools.output import render

WORKERS = {"kind-worker", "kind-worker2"}
LEASE = "cilium-l2announce-default-web"
VIP = "172.18.255.192"
FAR_AWAY = "198.51.100.7"
ANOTHER_TRY_S = 4.4
"""The longest time between two tries for a lease: the retry period and its jitter."""
SECOND = 1_000_000_000


def spec(policy: str, **fields: str) -> str:
    """A policy with some fields of its spec replaced or added; an empty text takes a field out."""
    lines = [line for line in policy.splitlines() if line.strip().partition(":")[0] not in fields]
    lines = [line for line in lines if line != "---"]
    return "\n".join((*lines, *(f"  {key}: {value}" for key, value in fields.items() if value)))


def log(lab: Any, node: str) -> str:
    return str(lab.out(f"kubectl -n kube-system logs {lab.agent(node).pod_name} -c cilium-agent"))


class TestOneHolder:
    def test_one_of_the_selected_nodes_holds_the_lease_and_announces(self, lab: Any) -> None:
        table = lab.out("kubectl -n kube-system get leases").splitlines()
        assert [line.split()[:2] for line in table[1:]] == [[LEASE, lab.holder]]
        assert lab.holder in WORKERS
        assert lab.announced() == {lab.holder: {VIP}}
        assert lab.dbg(lab.holder, "shell -- db/show l2-announce").splitlines()[1].split() == [VIP, "eth0"]
        assert lab.reaches()
        assert lab.entry() == lab.holder

    def test_the_lease_says_since_when_and_how_fresh_it_is(self, lab: Any) -> None:
        lab.world.advance(61)
        lease = lab.lease()
        assert (lease["leaseDurationSeconds"], lease["leaseTransitions"]) == (15, 0)
        assert re.fullmatch(r"2026-11-23T07:5\d:\d\d\.\d{6}Z", lease["acquireTime"])
        age = lab.world.clock.now_ns - parse_rfc3339(lease["renewTime"])
        assert 0 <= age < 2 * SECOND

    def test_time_in_one_span_or_in_many_gives_the_same_lease(self, make: Any) -> None:
        one, many = make(), make()
        one.world.advance(45)
        for _ in range(45):
            many.world.advance(1)
        assert one.lease() == many.lease()

    def test_services_are_spread_by_who_tries_first(self, make: Any, lab: Any) -> None:
        more = "".join(
            f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{n}, labels: {{announce: l2}}}}\n"
            "spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}\n"
            for n in range(8)
        )
        lab.apply(more)
        rows = lab.out("kubectl -n kube-system get leases --no-headers").splitlines()
        assert {row.split()[1] for row in rows} == WORKERS

    def test_the_log_tells_of_the_election(self, lab: Any) -> None:
        assert f'msg="Successfully acquired lease" lock=kube-system/{LEASE} subsys=klog' in log(lab, lab.holder)
        assert "Attempting to acquire leader lease..." in log(lab, lab.other)
        assert "Successfully acquired" not in log(lab, lab.other)


class TestWhatIsMissing:
    def test_without_a_pool_the_service_waits_and_nothing_is_announced(self, make: Any, manifests: Any) -> None:
        lab = make(manifests.web + manifests.policy)
        assert "<pending>" in lab.out("kubectl get svc web")
        assert lab.lease() == {}
        assert lab.announced() == {}
        lab.apply(manifests.pool)
        lab.world.advance(1)
        assert lab.announced() == {lab.holder: {VIP}}
        assert lab.reaches()

    def test_without_a_policy_the_address_is_there_and_unreachable(self, make: Any, manifests: Any) -> None:
        lab = make(manifests.web + manifests.pool)
        assert VIP in lab.out("kubectl get svc web")
        assert (lab.lease(), lab.announced()) == ({}, {})
        assert not lab.reaches()

    def test_the_feature_off_leaves_a_policy_without_effect_until_agents_restart(
        self, make: Any, manifests: Any
    ) -> None:
        lab = make(values={"kubeProxyReplacement": True})
        assert "enable-l2-announcements" not in lab.out("cilium config view")
        assert "EnableL2Announcements             : false" in lab.dbg("kind-worker", "config --all")
        assert (lab.lease(), lab.announced()) == ({}, {})
        assert not lab.reaches()
        lab.run("cilium config set enable-l2-announcements true --restart=false")
        lab.world.advance(5)
        assert lab.lease() == {}
        lab.restart_agents()
        assert "EnableL2Announcements             : true" in lab.dbg("kind-worker", "config --all")
        assert lab.reaches()

    def test_without_kube_proxy_replacement_only_kube_proxy_makes_something_of_it(self, make: Any) -> None:
        lab = make(values={"l2announcements": {"enabled": True}, "kubeProxyReplacement": False})
        assert lab.announced() == {lab.holder: {VIP}}
        assert lab.reaches()
        lab.run("kubectl -n kube-system delete ds kube-proxy")
        assert not lab.reaches()

    def test_no_node_matches(self, lab: Any, manifests: Any) -> None:
        lab.apply(spec(manifests.policy, nodeSelector="{matchLabels: {node.kubernetes.io/role: worker}}"))
        lab.world.advance(1)
        assert lab.announced() == {}
        assert not lab.reaches()

    def test_no_device_matches_so_the_lease_is_held_and_nothing_is_announced(self, lab: Any, manifests: Any) -> None:
        lab.apply(spec(manifests.policy, interfaces="['^ens[0-9]+']"))
        lab.world.advance(1)
        assert lab.holder in WORKERS
        assert lab.announced() == {}
        assert not lab.reaches()
        assert "conditions" not in lab.out("kubectl get l2announcement l2 -o yaml")

    def test_a_device_that_cilium_does_not_use_cannot_be_announced_on(self, make: Any) -> None:
        lab = make(values={"l2announcements": {"enabled": True}, "kubeProxyReplacement": True, "devices": "bond0"})
        assert lab.holder in WORKERS
        assert lab.announced() == {}
        [row] = [
            each for each in lab.dbg(lab.holder, "shell -- db/show devices").splitlines() if each.startswith("eth0")
        ]
        assert row.split()[2] == "false"

    @pytest.mark.parametrize(
        ("fields", "is_announced"),
        [
            ({"loadBalancerIPs": "false"}, False),
            ({"loadBalancerIPs": "", "externalIPs": "true"}, False),
            ({"serviceSelector": "{matchLabels: {announce: bgp}}"}, False),
            ({"serviceSelector": ""}, True),
            ({"serviceSelector": "{matchLabels: {io.kubernetes.service.name: web}}"}, True),
            ({"serviceSelector": "{matchLabels: {io.kubernetes.service.namespace: kube-system}}"}, False),
            ({"nodeSelector": "", "interfaces": ""}, True),
        ],
    )
    def test_what_a_policy_selects(self, lab: Any, manifests: Any, fields: dict[str, str], is_announced: bool) -> None:
        lab.apply(spec(manifests.policy, **fields))
        lab.world.advance(6)
        assert bool(lab.announced()) is is_announced
        assert lab.reaches() is is_announced

    def test_external_addresses_are_announced_where_the_policy_says_so(self, lab: Any, manifests: Any) -> None:
        lab.run("""kubectl patch svc web -p '{"spec": {"externalIPs": ["172.18.200.9"]}}'""")
        assert not lab.reaches("172.18.200.9")
        lab.apply(spec(manifests.policy, externalIPs="true"))
        lab.world.advance(1)
        assert lab.announced() == {lab.holder: {VIP, "172.18.200.9"}}
        assert lab.reaches("172.18.200.9")

    @pytest.mark.parametrize(("name", "is_announced"), [("io.cilium/l2-announcer", True), ("example.com/other", False)])
    def test_load_balancer_classes(self, make: Any, manifests: Any, name: str, is_announced: bool) -> None:
        web = manifests.web.replace("type: LoadBalancer", f"type: LoadBalancer, loadBalancerClass: {name}")
        lab = make(web + manifests.pool + manifests.policy)
        assert bool(lab.announced()) is is_announced


class TestBadPolicies:
    @pytest.mark.parametrize(
        ("fields", "kind", "message"),
        [
            (
                {"interfaces": "['^eth[0-9']"}, "io.cilium/bad-interface-regex",
                "error parsing regexp: missing closing ]: `[0-9`",
            ),
            (
                {"serviceSelector": "{matchExpressions: [{key: a, operator: In}]}"}, "io.cilium/bad-service-selector",
                "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
            ),
            (
                {"nodeSelector": "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}"},
                "io.cilium/bad-node-selector",
                'values: Invalid value: ["b"]: values set must be empty for exists and does not exist',
            ),
        ],
    )  # fmt: skip
    def test_the_policy_says_what_is_wrong_until_it_is_mended(
        self, lab: Any, manifests: Any, fields: dict[str, str], kind: str, message: str
    ) -> None:
        node = lab.holder
        lab.apply(spec(manifests.policy, **fields))
        lab.world.advance(1)
        [found] = json.loads(lab.out("kubectl get l2announcement l2 -o json"))["status"]["conditions"]
        assert (found["type"], found["status"], found["reason"], found["message"]) == (kind, "True", "error", message)
        assert found["observedGeneration"] == 2
        assert message in lab.out("kubectl describe l2announcement l2")
        assert "Error processing policy event" in log(lab, node)
        assert lab.announced() == {}
        lab.apply(manifests.policy)
        lab.world.advance(5)
        [found] = json.loads(lab.out("kubectl get l2announcement l2 -o json"))["status"]["conditions"]
        assert (found["type"], found["status"], found["message"]) == (kind, "False", "")
        assert lab.reaches()


class TestFailover:
    def test_an_agent_that_ends_gives_the_lease_up_and_its_node_answers_meanwhile(self, lab: Any) -> None:
        before, other = lab.holder, lab.other
        lab.world.cluster.agents[before].stop()
        lab.world.settle()
        assert lab.holder == ""
        assert lab.entry() == before
        lab.world.advance(ANOTHER_TRY_S)
        assert lab.holder == other
        assert lab.lease()["leaseTransitions"] == 1
        assert lab.entry() == other
        assert f'"Successfully acquired lease" lock=kube-system/{LEASE}' in log(lab, other)

    def test_after_a_restart_whoever_tries_first_has_the_lease(self, lab: Any) -> None:
        before = lab.holder
        lab.run(f"kubectl -n kube-system delete pod {lab.agent(before).pod_name}")
        lab.world.advance(10)
        assert lab.agent(before).is_serving
        assert lab.lease()["leaseTransitions"] == 1
        assert lab.announced() == {lab.holder: {VIP}}
        assert lab.entry() == lab.holder

    def test_a_lease_that_its_holder_could_not_release_is_its_own_after_the_restart(
        self, make: Any, manifests: Any
    ) -> None:
        lab = make(
            manifests.web
            + manifests.pool
            + spec(manifests.policy, nodeSelector="{matchLabels: {kubernetes.io/hostname: kind-worker}}")
        )
        lab.cut_off("kind-worker")
        lab.run("kubectl -n kube-system delete pod -l k8s-app=cilium --field-selector spec.nodeName=kind-worker")
        lab.world.advance(5)
        assert lab.holder == "kind-worker"
        lab.block()
        lab.world.advance(1)
        assert (lab.holder, lab.lease()["leaseTransitions"]) == ("kind-worker", 0)
        assert lab.reaches()

    def test_without_agents_the_nodes_answer_for_the_lease_s_duration(self, lab: Any) -> None:
        for agent in lab.world.cluster.agents.values():
            agent.stop()
        lab.world.advance(14)
        assert lab.reaches()
        lab.world.advance(2)
        assert not lab.reaches()

    def test_a_holder_that_is_cut_off_gives_up_and_another_takes_over_after_the_lease(self, lab: Any) -> None:
        before, other = lab.holder, lab.other
        renewed = parse_rfc3339(lab.lease()["renewTime"])
        lab.cut_off(before)
        lab.world.advance_to(renewed + 7 * SECOND - 1)
        assert lab.entry() == before
        lab.world.advance_to(renewed + 7 * SECOND)
        assert not lab.reaches()
        assert lab.lease()["holderIdentity"] == before
        lab.world.advance_to(renewed + 15 * SECOND - 1)
        assert lab.holder == before
        lab.world.advance_to(renewed + 15 * SECOND + round(ANOTHER_TRY_S * SECOND))
        assert lab.holder == other
        assert lab.entry() == other
        assert "Failed to renew lease" in log(lab, before)
        lab.block()
        lab.world.advance(10)
        assert lab.announced() == {other: {VIP}}

    def test_a_short_interruption_changes_nothing(self, lab: Any) -> None:
        before = lab.holder
        lab.cut_off(before)
        lab.world.advance(4)
        lab.block()
        lab.world.advance(20)
        assert (lab.holder, lab.entry(), lab.lease()["leaseTransitions"]) == (before, before, 0)

    def test_without_the_api_server_nobody_answers_for_long(self, lab: Any) -> None:
        lab.block(Block("kind-kind/*", "kind-kind/kind-control-plane", "TCP", 6443))
        lab.world.advance(60)
        assert lab.holder in WORKERS
        assert not lab.reaches()
        lab.block()
        lab.world.advance(ANOTHER_TRY_S)
        assert lab.reaches()

    def test_a_node_that_loses_its_label_hands_over(self, lab: Any, manifests: Any) -> None:
        lab.apply(spec(manifests.policy, nodeSelector="{matchLabels: {edge: 'yes'}}"))
        for node in sorted(WORKERS):
            lab.run(f"kubectl label node {node} edge=yes")
        lab.world.advance(5)
        before = lab.holder
        lab.run(f"kubectl label node {before} edge-")
        lab.world.advance(5)
        assert {lab.holder} == WORKERS - {before}
        assert lab.entry() == lab.holder

    def test_a_deleted_lease_is_made_again_by_its_holder(self, lab: Any) -> None:
        before = lab.holder
        lab.run(f"kubectl -n kube-system delete lease {LEASE}")
        lab.world.advance(2)
        assert (lab.holder, lab.entry()) == (before, before)

    def test_a_lease_in_another_s_name_ends_the_announcement_until_it_runs_out(self, lab: Any) -> None:
        patch = '{"spec": {"holderIdentity": "somebody"}}'
        lab.run(f"kubectl -n kube-system patch lease {LEASE} --type merge -p '{patch}'")
        lab.world.advance(8)
        assert (lab.holder, lab.announced()) == ("somebody", {})
        assert not lab.reaches()
        lab.world.advance(15 + ANOTHER_TRY_S)
        assert lab.holder in WORKERS
        assert lab.reaches()

    def test_shorter_timings_fail_over_faster(self, make: Any) -> None:
        timings = {"leaseDuration": "3s", "leaseRenewDeadline": "1s", "leaseRetryPeriod": "200ms"}
        lab = make(values={"l2announcements": {"enabled": True, **timings}, "kubeProxyReplacement": True})
        shown = lab.out("cilium config view")
        assert re.search(r"l2-announcements-lease-duration +3s", shown)
        assert lab.lease()["leaseDurationSeconds"] == 3
        before, other = lab.holder, lab.other
        lab.cut_off(before)
        lab.world.advance(3.5)
        assert (lab.holder, lab.entry()) == (other, other)

    def test_timings_that_cannot_work_are_replaced_with_a_warning(self, make: Any) -> None:
        timings = {"leaseDuration": "4s", "leaseRenewDeadline": "10s"}
        lab = make(values={"l2announcements": {"enabled": True, **timings}, "kubeProxyReplacement": True})
        text = "--l2-announcements-lease-duration must be greater than --l2-announcements-renew-deadline"
        assert text in log(lab, "kind-worker")
        assert lab.agent("kind-worker").l2.timings.deadline == 2 * SECOND


class TestLeasesThatNobodyWants:
    def test_a_service_that_goes_leaves_a_released_lease_for_a_minute(self, lab: Any) -> None:
        lab.run("kubectl delete svc web")
        assert lab.lease() == {} or lab.holder == ""
        assert lab.announced() == {}
        lab.world.advance(60)
        assert lab.lease() == {}

    def test_a_policy_that_goes_takes_the_announcement_with_it(self, lab: Any) -> None:
        lab.run("kubectl delete l2announcement l2")
        assert lab.announced() == {}
        assert not lab.reaches()
        lab.world.advance(60)
        assert lab.lease() == {}


class TestTheWayFromOutside:
    def test_arp_reaches_as_far_as_the_network_goes(self, lab: Any, manifests: Any) -> None:
        assert lab.reaches(client=FAR_AWAY)  # its last router stands in the nodes' network and asks there
        lab.run("kubectl delete ippool pool")
        lab.apply(manifests.pool.replace("172.18.255.192/28", "192.0.2.0/28"))
        lab.run("kubectl delete svc web")
        lab.apply(manifests.web)
        lab.world.advance(5)
        assert lab.announced() == {lab.holder: {"192.0.2.0"}}
        assert not lab.reaches("192.0.2.0")
        assert not lab.reaches("192.0.2.0", client=FAR_AWAY)

    def test_bgp_carries_what_arp_does_not(self, make: Any, manifests: Any) -> None:
        router = Router("172.18.0.5", 65000, "tor0", (RouterNeighbor("172.18.0.0/16", 65001),))
        values = {"bgpControlPlane": {"enabled": True}, "kubeProxyReplacement": True}
        lab = make(
            manifests.web + manifests.pool + manifests.bgp, values, outside=Outside(routers={router.address: router})
        )
        assert lab.reaches(client=FAR_AWAY)
        assert not lab.reaches()  # a client on the network itself asks no router for an address of it

    def test_a_local_traffic_policy_drops_on_a_node_without_pods(self, lab: Any) -> None:
        lab.run("""kubectl patch svc web -p '{"spec": {"externalTrafficPolicy": "Local"}}'""")
        assert lab.reaches() is (lab.holder == "kind-worker")
        if lab.holder == "kind-worker":
            lab.world.cluster.agents["kind-worker"].stop()
            lab.world.advance(20)
        assert lab.holder == "kind-worker2"
        assert not lab.reaches()

    def test_arping_from_another_node_finds_the_holder(self, make: Any, manifests: Any) -> None:
        lab = make(manifests.web + manifests.pool + manifests.policy + manifests.shells)
        holder, other = lab.holder, lab.other
        shown = lab.run(f"kubectl exec shell-{other} -- arping -c 2 {VIP}")
        lines = [each.text for each in shown.stdout]
        [mac] = set(re.findall(r"\[([0-9A-F:]{17})\]", "\n".join(lines)))
        link = lab.out(f"kubectl exec shell-{holder} -- ip link show eth0")
        assert mac.lower() in link
        assert lines[-1] == "Received 2 response(s)"
        facts = {fact for line in shown.stdout for fact in line.facts}
        assert any(fact.matches({"node": holder, "prefix": VIP}) for fact in facts)
        assert lab.run(f"kubectl exec shell-{holder} -- arping -c 1 {VIP}").exit == 1
        assert mac.lower() in lab.out(f"kubectl exec shell-{other} -- ip neigh")
        lab.run("kubectl delete l2announcement l2")
        assert lab.run(f"kubectl exec shell-{other} -- arping -c 1 {VIP}").exit == 1

    def test_a_pod_s_own_link_answers_for_everything(self, make: Any, manifests: Any) -> None:
        lab = make(manifests.web + manifests.client)
        assert lab.run("kubectl exec client -- arping -c 1 192.0.2.99").exit == 0


GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden" / "cilium-dbg"


class TestTheShellOfTheAgent:
    @pytest.mark.parametrize(
        ("name", "rows"),
        [
            ("l2-announce", [("172.18.255.201", "eth0")]),
            (
                "node-addresses",
                [
                    ("10.244.1.4", "false", "true", "cilium_host"),
                    ("172.18.0.3", "true", "true", "eth0"),
                    ("fe80::42:acff:fe12:3", "false", "true", "eth0"),
                ],
            ),
        ],
    )
    def test_tables_look_as_the_real_ones(self, name: str, rows: list[tuple[str, ...]]) -> None:
        recorded = GOLDEN / f"shell-db-show-{name}.txt"
        if not recorded.exists():
            pytest.skip(f"{recorded} is not here: the reference lies beside the repository")
        assert render(shown(TABLES[name].columns, [TableRow(each) for each in rows])) == recorded.read_text()

    def test_an_unknown_table_and_an_unknown_command(self, lab: Any) -> None:
        problem = 'db/show nosuch: table "nosuch" not found'
        assert f"<stdin>:0: {problem}\nerror: <stdin>:0: {problem}\n" in lab.dbg(
            "kind-worker", "shell -- db/show nosuch"
        )
        assert "<stdin>:0: nosuch: unknown command" in lab.dbg("kind-worker", "shell -- nosuch")

    @pytest.mark.parametrize(
        "line", ["shell", "shell -- db", "shell -- db/show health", "shell -- db/show -o x l2-announce"]
    )
    def test_what_is_not_simulated_says_so(self, lab: Any, line: str) -> None:
        assert "is not simulated" in lab.dbg("kind-worker", line)

    def test_an_agent_that_is_down_has_no_shell(self, lab: Any) -> None:
        lab.cut_off("kind-worker")
        lab.run("kubectl -n kube-system delete pod -l k8s-app=cilium --field-selector spec.nodeName=kind-worker")
        lab.world.advance(3)
        assert "/var/run/cilium/shell.sock" in lab.dbg("kind-worker", "shell -- db/show l2-announce")
