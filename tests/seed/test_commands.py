"""Every command line in the body and prose of the founding document (rows C and N), in a fitting cluster.

What each must answer on Cilium 1.19 is what facts.md says, wherever the document differs.
"""

from __future__ import annotations

import pytest

from tests.seed.rows import INVENTORY, Row, check, found, inventory_lines
from tests.seed.worlds import lab

AGENT = "kubectl exec -n kube-system ds/cilium --"
POOLS = tuple(
    f"kubectl --context kind-cluster-{name} apply -f - <<'END'\n"
    "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: mesh}\n"
    f"spec: {{blocks: [{{cidr: 172.18.25{number}.0/28}}]}}\nEND"
    for number, name in enumerate("ab")
)
ENABLED = tuple(f"cilium clustermesh enable --context kind-cluster-{name} --service-type LoadBalancer" for name in "ab")
CONNECT = "cilium clustermesh connect --context kind-cluster-a --destination-context kind-cluster-b"
RANGES = "kubectl get ciliumnodes -o jsonpath='{range .items[*]}{.metadata.name}: {.spec.ipam.podCIDRs}{\"\\n\"}{end}'"
PEERS_HEADER = r"^Node +Local AS +Peer AS +Peer Address +Session State +Uptime +Family +Received +Advertised *$"
HEALTHY = (
    r"Cilium: +OK",
    r"Operator: +OK",
    r"Envoy DaemonSet: +OK",
    r"Hubble Relay: +OK",
    r"ClusterMesh: +disabled",
    r"^Cluster Pods: +(\d+)/\1 managed by Cilium",
)

ROWS = (
    Row("C01", "shop", "cilium config view | grep ipam", "F-22: on kind the CLI picks kubernetes",
        says=(r"^ipam +kubernetes$",)),
    Row("C01", "cluster-pool", "cilium config view | grep ipam", "F-20", says=(r"^ipam +cluster-pool$",)),
    Row("C02", "shop", RANGES, "F-23: ranges of the Node objects",
        says=(r'^kind-control-plane: \["10\.244\.0\.0/24"\]$', r'^kind-worker2: \["10\.244\.2\.0/24"\]$')),
    Row("C02", "cluster-pool", RANGES, "F-21: a /24 of 10.0.0.0/8 a node, from the operator",
        says=(r'^kind-control-plane: \["10\.0\.\d+\.0/24"\]$', r'^kind-worker2: \["10\.0\.\d+\.0/24"\]$')),
    Row("C03", "shop", "cilium config view | grep policy-enforcement", "F-34: the key is enable-policy",
        exit=1, silent=True, then=(("cilium config view | grep -w enable-policy", r"^enable-policy +default$"),)),
    Row("C04", "shop", "cilium upgrade --set policyEnforcementMode=always",
        "F-35: the CLI reminds that agents read it when they restart",
        says=(r"restart Cilium pods for configmap changes to take effect",),
        then=(
            ("cilium config view | grep -w enable-policy", r"^enable-policy +always$"),
            (f"{AGENT} cilium-dbg endpoint list", r"^\d+ +Disabled +Disabled"),
            ("kubectl -n shop exec deploy/front -- curl -s -m 2 -o /dev/null -w '%{http_code}' basket:8080", "^200"),
            ("kubectl -n kube-system rollout restart ds/cilium", "restarted"),
            ("kubectl -n kube-system rollout status ds/cilium", "successfully rolled out"),
            (f"{AGENT} cilium-dbg endpoint list", r"^\d+ +Enabled +Enabled"),
            ("kubectl -n shop exec deploy/front -- curl -s -m 2 basket:8080; echo status $?", "status 28|status 6"),
        )),
    Row("C05", "shop", "cilium config PolicyEnforcement=always", "F-36: prints the help of config, changes nothing",
        says=(r"^Usage:$", r"^ +cilium config \[command\]$", r"^ +view "),
        then=(
            ("cilium config view | grep -w enable-policy", r"^enable-policy +default$"),
            (f"{AGENT} cilium-dbg config | grep PolicyEnforcement", r"PolicyEnforcement +: default"),
            (f"{AGENT} cilium-dbg config PolicyEnforcement=always; {AGENT} cilium-dbg endpoint list",
             r"^\d+ +Enabled +Enabled"),
            ("cilium config view | grep -w enable-policy", r"^enable-policy +default$"),
        )),
    Row("C06", "pair", ENABLED[0], "F-61: accepted, but without a source of addresses the Service stays pending",
        then=(
            ("kubectl -n kube-system get svc clustermesh-apiserver", r"LoadBalancer +\S+ +<pending> +2379:\d+/TCP"),
            ("cilium clustermesh status --context kind-cluster-a --wait --wait-duration 20s",
             "unable to derive service IPs automatically"),
        )),
    Row("C07", "pair", ENABLED[1], "F-61, with a pool of addresses", before=POOLS,
        then=(
            ("kubectl --context kind-cluster-b -n kube-system get svc clustermesh-apiserver",
             r"LoadBalancer +\S+ +172\.18\.251\.\d+ "),
            ("cilium clustermesh status --context kind-cluster-b --wait", r"172\.18\.251\.\d+:2379$"),
        )),
    Row("C08", "pair", CONNECT, "F-52: with one CA the clusters connect", before=(*POOLS, *ENABLED),
        says=(r"Connected cluster kind-cluster-a <=> kind-cluster-b!",)),
    Row("C08", "bare", CONNECT, "F-52: each install makes a CA of its own", exit=1,
        before=tuple(
            line for name, number in (("a", 1), ("b", 2)) for line in (
                f"cilium install --context kind-cluster-{name} --set cluster.name=cluster-{name} "
                f"--set cluster.id={number}",
                f"cilium clustermesh enable --context kind-cluster-{name} --service-type NodePort",
            )
        ),
        says=(r"Cilium CA certificates do not match between clusters cluster-a and cluster-b\. "
              r"Use --allow-mismatching-ca to allow this by adding remote CAs to the CA bundle",)),
    Row("C09", "pair", "cilium clustermesh status --context kind-cluster-a --wait", "F-51, F-53",
        before=(*POOLS, *ENABLED, CONNECT),
        says=(r'Service "clustermesh-apiserver" of type "LoadBalancer" found', r":2379$", r"KVStoreMesh is enabled",
              r"All 2 nodes are connected to all clusters", r"- cluster-b: 2/2 configured, 2/2 connected")),
    Row("C10", "pair", "cilium connectivity test --context kind-cluster-a --multi-cluster",
        "F-62: the flag takes the other cluster's context", exit=1,
        says=(r"^flag needs an argument: --multi-cluster$",)),
    Row("C11", "bgp", "cilium bgp peers", "F-85: the real columns",
        says=(PEERS_HEADER, r"^kind-worker2 +65001 +65000 +172\.18\.0\.100 +established +\S+ +ipv4/unicast +1 +1 *$"),
        never=("Since",)),
    Row("C12", "bgp", "cilium bgp routes advertised ipv4 unicast", "F-86; F-82: PodCIDR with kubernetes IPAM",
        says=(r"^Node +VRouter +Peer +Prefix +NextHop +Age +Attrs",
              r"^kind-worker +65001 +172\.18\.0\.100 +10\.244\.1\.0/24 +172\.18\.0\.3 ")),
    Row("C13", "bare", "cilium install --set kubeProxyReplacement=true --set hubble.enabled=true "
        "--set hubble.relay.enabled=true --set hubble.ui.enabled=true", "F-101, F-22",
        says=(r"Auto-detected Kubernetes kind: kind", r"Using Cilium version 1\.19\."),
        then=(
            ("cilium status --wait", r"^Deployment +hubble-ui +Desired: 1, Ready: 1/1, Available: 1/1"),
            ("cilium config view", r"^kube-proxy-replacement +true$"),
            ("cilium config view", r"^ipam +kubernetes$"),
        )),
    Row("C14", "shop", "cilium status", "F-112: components, workloads, counts, versions",
        says=(*HEALTHY, r"^DaemonSet +cilium +Desired: 3, Ready: 3/3, Available: 3/3",
              r"^Helm chart version: +1\.19\."),
        never=("(?i)bandwidth", "(?i)feature")),
    Row("C14", "bare", "cilium status", "F-112: errors come last, and the exit status tells of them", exit=1,
        says=(r"Cilium: +1 errors", r'daemonsets\.apps "cilium" not found')),
    Row("C15", "shop", "cilium status --wait", "F-112", says=HEALTHY),
    Row("C15", "shop", "cilium status --wait", "F-112: it waits for what is on its way",
        before=("kubectl -n kube-system rollout restart ds/cilium",), says=HEALTHY),
    Row("C16", "shop", "cilium config view", "inventory: sorted keys of ConfigMap cilium-config",
        says=(r"^enable-policy +default$", r"^routing-mode +tunnel$", r"^cluster-name +kind-kind$"),
        then=(
            ("cilium config view | cut -d' ' -f1 >a; cilium config view | cut -d' ' -f1 | sort >b; "
             "diff a b && echo sorted", "^sorted$"),
        )),
    Row("C17", "shop", "cilium config view | grep policy-enforcement", "F-34", exit=1, silent=True),
    Row("C18", "shop", "cilium connectivity test", "F-103, F-109: many tests, and the namespaces stay",
        says=(r"Creating namespace cilium-test-1 for connectivity check", r"Test \[no-policies\]",
              r"All \d+ tests \(\d+ actions\) successful"),
        then=(
            ("kubectl get namespaces", r"^cilium-test-1 +Active"),
            ("cilium connectivity test --cleanup", ""),
            ("kubectl get namespaces | grep cilium-test || echo gone", "^gone$"),
        )),
    Row("C19", "shop", "cilium connectivity test --test pod-to-pod",
        "F-104: a regular expression over test/scenario names; other tests hold such a scenario, too",
        says=(r"Test \[no-policies\]", r"Test \[allow-all-except-world\]", r"All \d+ tests",
              r"Skipping test \[client-ingress\] \[\d+/\d+\] \(skipped by user\)")),
    Row("C20", "shop", "cilium connectivity test --test pod-to-service", "F-104",
        says=(r"Test \[no-policies\]", r"Skipping test \[client-ingress\] \[\d+/\d+\] \(skipped by user\)")),
    Row("C21", "shop", "cilium connectivity test --debug", "inventory: -d is the short form",
        says=(r"🐛|DEBUG|Debug|\[.\] ", r"All \d+ tests")),
    Row("C22", "shop", f"{AGENT} cilium endpoint list", "F-105, F-107: one node, and no pod names",
        says=(r"^ENDPOINT +POLICY \(ingress\) +POLICY \(egress\) +IDENTITY +LABELS", r"k8s:app=basket",
              r"reserved:health", r"reserved:host"),
        never=(r"basket-[a-z0-9]{5}",),
        then=(
            (f"{AGENT} cilium endpoint list >a; {AGENT} cilium-dbg endpoint list >b; diff a b && echo same", "^same$"),
        )),
    Row("C23", "shop", f"{AGENT} cilium endpoint get <endpoint-id>", "F-105, F-114: JSON with policy revisions",
        given={"<endpoint-id>": f"{AGENT} cilium endpoint list | awk '/app=basket/ {{print $1}}'"},
        says=(r'^ +"policy-revision": \d+', r'"k8s:app=basket"', r'"realized": \{')),
    Row("C24", "shop", "cilium identity list", "F-106: only the agent's own tool has it", exit=1,
        says=(r'^unknown command "identity" for "cilium"$',),
        then=(
            (f"{AGENT} cilium-dbg identity list", r"^1 +reserved:host"),
            (f"{AGENT} cilium-dbg identity list", r"k8s:app=basket"),
            ("kubectl get ciliumidentities", r"^\d+ +shop +"),
        )),
    Row("C25", "shop", "cilium identity get <identity-number>", "F-106", exit=1,
        given={"<identity-number>":
               "kubectl -n shop get cep -l app=batch -o jsonpath='{.items[0].status.identity.id}'"},
        says=(r'^unknown command "identity" for "cilium"$',),
        then=(
            ("N=$(kubectl -n shop get cep -l app=batch -o jsonpath='{.items[0].status.identity.id}'); "
             f"{AGENT} cilium-dbg identity get $N", r"k8s:app=batch"),
        )),
    Row("C26", "shop", "cilium status", "F-112", says=HEALTHY),
    Row("C27", "shop", "kubectl -n kube-system logs ds/cilium -c cilium-agent --tail=100",
        "inventory: one agent only, which kubectl names",
        says=(r"^Found 3 pods, using pod/cilium-\S+$", r'level=info msg="Successful endpoint creation"'),
        then=(
            ("kubectl -n kube-system logs ds/cilium -c cilium-agent --tail=100 2>/dev/null | wc -l", "^ *100$"),
        )),
    Row("C28", "busy", f"{AGENT} cilium bpf ct list global | head", "F-105: entries of the connection tracking map",
        says=(r"^TCP (IN|OUT) \d+\.\d+\.\d+\.\d+:\d+ -> \d+\.\d+\.\d+\.\d+:8080 expires=\d+",),
        then=((f"{AGENT} cilium bpf ct list global | head | wc -l", "^ *10$"),)),
    Row("C29", "busy", f"{AGENT} cilium monitor --type policy-verdict",
        "F-105: streams, one node's verdicts; agent monitor format",
        says=(r"^Policy verdict log: flow 0x\w+ local EP ID \d+, remote ID \d+, proto 6, ingress, action allow",
              r"action deny, auth: disabled, match none",)),
    Row("C30", "busy", f"{AGENT} cilium endpoint list | grep <pod-name>", "F-107: the table has no pod names", exit=1,
        given={"<pod-name>": "kubectl -n shop get pods -l app=basket -o jsonpath='{.items[0].metadata.name}'"},
        silent=True,
        then=(
            (f"{AGENT} cilium endpoint list | grep app=basket", r"^\d+ +Enabled +Disabled +\d+ +k8s:app=basket"),
            ("kubectl -n shop get cep $(kubectl -n shop get pods -l app=basket -o name | head -1 | cut -d/ -f2)",
             r"^basket-\S+ +\d+ +ready"),
        )),
    Row("C31", "mesh", "hubble observe --from-pod new-cluster/payment-api --verdict DROPPED --protocol tcp",
        "F-108: before the slash stands a namespace, and there is none of that name",
        before=("kubectl --context kind-new -n ledger exec deploy/payment-api -- nc -z -w 3 postgres 5432 || true",),
        silent=True,
        then=(
            ("hubble observe --from-cluster new --from-pod ledger/payment-api --verdict DROPPED --protocol tcp",
             r"ledger/payment-api-\S+ \(ID:\d+\) <> ledger/postgres-\S+:5432 \(ID:\d+\) Policy denied DROPPED"),
            ("kubectl config use-context kind-new; hubble observe --verdict DROPPED --protocol tcp "
             "| grep 5432 || echo nothing here", "^nothing here$"),
        )),
    Row("N01", "mesh", "kubectl describe service -n ledger postgres", "the seed's opening: no clue of policy",
        says=(r"^Endpoints: +10\.244\.\d+\.\d+:5432$", r"^Events: +<none>$"), never=(r"(?i)deni", r"postgres-clients")),
    Row("N02", "shop", "cilium status", "F-112", says=HEALTHY),
    Row("N03", "shop", "cilium identity get 2", "F-106", exit=1,
        says=(r'^unknown command "identity" for "cilium"$',),
        then=((f"{AGENT} cilium identity get 2", r"reserved:world"),)),
    Row("N04", "shop", "cilium endpoint get 1", "inventory: in the agent's pod only", exit=1,
        says=(r'^unknown command "endpoint" for "cilium"$',)),
    Row("N05", "shop", "cilium monitor", "inventory: in the agent's pod only", exit=1,
        says=(r'^unknown command "monitor" for "cilium"$',)),
    Row("N06", "mesh", "kubectl logs -n ledger deploy/loader --context kind-new",
        "the seed's worked example: an application knows of a timeout, not of its cause",
        says=(r"Connection timed out",), never=(r"(?i)polic", r"(?i)cilium", r"(?i)denied")),
    Row("N07", "mesh", "cilium clustermesh status --wait", "inventory",
        says=(r"All 2 nodes are connected to all clusters", r"- new: 2/2 configured, 2/2 connected")),
    Row("N08", "mesh", "cilium connectivity test --multi-cluster", "F-62", exit=1,
        says=(r"^flag needs an argument: --multi-cluster$",)),
    Row("N09", "mesh", "cilium clustermesh status", "inventory",
        says=(r"All 2 nodes are connected to all clusters", r"KVStoreMesh: 1/1 configured, 1/1 connected")),
    Row("N10", "shop", "cilium hubble ui", "F-111: the UI is off by default; Relay and the CLI need none of it", exit=1,
        says=(r'services "hubble-ui" not found',),
        then=(("hubble status", r"Healthcheck \(via \S+\): Ok|Current/Max Flows"),)),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id}-{row.world}")
def test_a_line_of_the_document_answers_what_is_true(row: Row) -> None:
    played = lab(row.world)
    played.do(*row.before)
    check(row, played.run(row.filled(played)))
    for line, pattern in row.then:
        got = played.run(line)
        assert found(pattern, got), f"{row.id}, then {line!r}: {pattern!r} is missing ({row.why})\n{got.both}"


def test_no_row_is_left_out() -> None:
    wanted = {f"C{number:02}" for number in range(1, 32)} | {f"N{number:02}" for number in range(1, 11)}
    assert {row.id for row in ROWS} == wanted


@pytest.mark.skipif(
    not INVENTORY.exists(), reason="the inventory of the founding document is not beside the repository"
)
def test_the_lines_are_those_of_the_inventory() -> None:
    listed = inventory_lines("C", "N")
    listed.pop("N10", None)  # names a page, no command
    assert {row.id for row in ROWS if row.id in listed} == set(listed)
    for row in ROWS:
        if row.id in listed:
            assert row.line.startswith(listed[row.id]), row.id
