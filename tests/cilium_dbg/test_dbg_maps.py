"""The maps, counters and metrics of one node: what is in force is what ``cilium-dbg`` lists.

Expectations: the goldens of the reference set, made by the real tool's printers of the records in ``input/bpf.json``;
and what the simulated traffic must have left behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.agent.conntrack import CtKey
from quizgame.cluster.agent.counters import Count, Counted
from quizgame.cluster.agent.monitor import Direction
from quizgame.cluster.agent.services import Backend, Frontend
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.cilium_dbg.call import Row, as_json
from quizgame.tools.cilium_dbg.commands.bpf_counters import counters_table, nat_lines
from quizgame.tools.cilium_dbg.commands.bpf_lb import backend_ids, frontend_entries, lb_table, slots
from quizgame.tools.cilium_dbg.commands.bpf_maps import CtRow, ct_lines, endpoint_text, ipcache_text, map_table
from quizgame.tools.cilium_dbg.commands.bpf_policy import PolicyRow, policy_table
from quizgame.tools.cilium_dbg.commands.endpoint import labels_table
from quizgame.tools.cilium_dbg.commands.maps import entries_table
from quizgame.tools.cilium_dbg.commands.metrics import metrics_table
from quizgame.tools.cilium_dbg.commands.misc import option_text
from quizgame.tools.cilium_dbg.commands.options import options_list
from quizgame.tools.cilium_dbg.commands.policy import selector_row, selectors_table
from quizgame.tools.cilium_dbg.listings_text import maps_table
from quizgame.tools.cilium_dbg.model.answers import api_json
from quizgame.tools.cilium_dbg.model.metrics import Metric
from quizgame.tools.cilium_dbg.model.translations import Translation
from quizgame.tools.output import Line, Result, render

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden" / "cilium-dbg"
needs_goldens = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")
Run = Callable[[str], Result]


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.txt").read_text()


def records(name: str) -> Any:
    return json.loads((GOLDEN / "input" / "bpf.json").read_text())[name]


def api(name: str) -> Any:
    return json.loads((GOLDEN / "input" / "agent-api" / f"{name}.json").read_text())


def frontends() -> list[tuple[Frontend, int]]:
    found = []
    for each in records("services"):
        words = each["flags"]
        backends = tuple(Backend(one["addr"], one["port"], each["proto"]) for one in each["backends"])
        frontend = Frontend(
            each["revnat"], each["addr"], each["port"], each["proto"], words[0], "default", "any", "", backends
        )
        found.append((frontend, each.get("l7lb", 0)))
    return found


def shown(lines: list[Line]) -> str:
    return render(lines)


# ---------------------------------------------------------------- printers


@needs_goldens
def test_load_balancer() -> None:
    rows = [row for each, port in frontends() for row in slots(each, port)]
    title = "BACKEND ADDRESS (REVNAT_ID) (SLOT)"
    assert shown(lb_table("SERVICE ADDRESS", title, rows)) == golden("bpf-lb-list")


@needs_goldens
def test_frontends_of_the_load_balancer() -> None:
    ids = backend_ids(each for each, _ in frontends())
    rows = [row for each, port in frontends() for row in frontend_entries(each, ids, port)]
    printed = shown(lb_table("SERVICE ADDRESS", "BACKEND ID", rows))
    # The golden's own record of the L7 service says nothing of the proxy's port, which the tool prints.
    expected = golden("bpf-lb-list-frontends").replace(" 0 0[0] (6) ", " 13410 0[0] (6) ")
    assert [line.split() for line in printed.splitlines()] == [line.split() for line in expected.splitlines()]


@needs_goldens
def test_backends_and_reverse_translations() -> None:
    known = [each for each, _ in frontends()]
    title = "BACKEND ADDRESS (REVNAT_ID) (SLOT)"
    rows = [Row((str(number), f"{protocol}://{ip}")) for (ip, _, protocol), number in backend_ids(known).items()]
    assert shown(lb_table("ID", title, rows)) == golden("bpf-lb-list-backends")
    reverse = [Row((str(each.id), f"{each.ip}:{each.port}")) for each in known]
    assert shown(lb_table("ID", title, reverse)) == golden("bpf-lb-list-revnat")


@needs_goldens
def test_counters() -> None:
    entries = {
        Counted(each["reason"], Direction(each["dir"]), each["line"], each["file"]): Count(each["count"], each["bytes"])
        for each in records("metrics")
    }
    assert shown(counters_table(entries, {})) == golden("bpf-metrics-list")


@needs_goldens
def test_translations() -> None:
    rows = [
        Translation("TCP", each["src"], each["sport"], each["dst"], each["dport"], each["to"], each["age"],
                    bool(each["needsct"]))
        for each in records("nat")
        if each["flags"] == "OUT"
    ]  # fmt: skip
    assert shown(nat_lines(rows, {})) == golden("bpf-nat-list")


@needs_goldens
@pytest.mark.parametrize(("name", "map_name"), [("map-get", "cilium_ipcache_v2"), ("map-get-lxc", "cilium_lxc")])
def test_copy_of_a_map(name: str, map_name: str) -> None:
    model = json.loads((GOLDEN / "input" / "agent-api" / f"map%{map_name}.json").read_text())
    rows = [Row((each["key"], each["value"])) for each in model["cache"]]
    states = [(each["desired-action"], each.get("last-error", "")) for each in model["cache"]]
    assert shown(entries_table(rows, states)) == golden(name)


@needs_goldens
def test_metrics() -> None:
    rows = [line for line in golden("metrics-list").splitlines() if line.startswith("cilium_policy")]
    metrics = []
    for line in rows:
        name, *labels, value = line.split()
        if "/" in line:
            continue
        pairs = tuple((key, word) for key, _, word in (label.partition("=") for label in labels))
        metrics.append(Metric(name, float(value), pairs))
    printed = shown(metrics_table(metrics)).splitlines()
    assert [line.split() for line in printed[1:]] == [line.split() for line in rows if "/" not in line]
    assert printed[0].split() == golden("metrics-list").splitlines()[0].split()


@needs_goldens
def test_options() -> None:
    assert sorted(shown(options_list()).splitlines()) == sorted(golden("config-list-options").splitlines())


@needs_goldens
@pytest.mark.parametrize(
    ("name", "shows_left"), [("bpf-ct-list-global", False), ("bpf-ct-list-global-time-diff", True)]
)
def test_connection_tracking(name: str, shows_left: bool) -> None:
    rows = [
        CtRow(
            CtKey({6: "TCP", 17: "UDP", 1: "ICMP"}[each["proto"]], each["flags"], each["src"], each["sport"],
                  each["dst"], each["dport"]),
            each["lifetime"], each["packets"], each["bytes"], tuple(each["ctflags"]), each["rxflags"],
            each["rxreport"], each["txflags"], each["txreport"], each["revnat"], each["secid"],
            each.get("backend", 0),
        )
        for each in records("ct")
    ]  # fmt: skip
    assert shown(ct_lines(rows, records("ct_now") if shows_left else None)) == golden(name)


@needs_goldens
def test_ipcache() -> None:
    rows = [
        Row((each["prefix"], ipcache_text(each["id"], each.get("key", 0), each.get("tunnel", ""))))
        for each in records("ipcache")
    ]
    assert shown(map_table(("IP PREFIX/ADDRESS", "IDENTITY"), rows)) == golden("bpf-ipcache-list")


@needs_goldens
def test_local_endpoints() -> None:
    rows = [
        Row((f"{each['ip']}:0", "(localhost)" if each.get("host") else
             endpoint_text(each["id"], each["secid"], each["ifindex"], each["mac"], each["nodemac"])))
        for each in records("endpoints")
    ]  # fmt: skip
    assert shown(map_table(("IP ADDRESS", "LOCAL ENDPOINT INFO"), rows)) == golden("bpf-endpoint-list")


@needs_goldens
@pytest.mark.parametrize(("name", "is_numeric"), [("bpf-policy-get", False), ("bpf-policy-get-numeric", True)])
def test_policy_map(name: str, is_numeric: bool) -> None:
    labels = {each["id"]: sorted(each["labels"]) for each in api("identity")}
    rows = []
    for each in records("policy"):
        number = each["id"]
        peer = str(number) if is_numeric else labels[number] if number else "ANY"
        row = PolicyRow(
            each.get("deny", False), each["dir"].capitalize(), peer, each["proto"], each["port"],
            24 if each["port"] else 8 if each["proto"] else 0, str(each.get("proxy", "NONE")),
            each.get("auth", "disabled"), each.get("packets"), each.get("bytes"),
        )  # fmt: skip
        rows.append(Row(row.cells))
    assert shown(policy_table(rows, is_numeric=is_numeric)) == golden(name)


@needs_goldens
def test_empty_policy_map() -> None:
    assert shown(policy_table([], is_numeric=False)) == golden("bpf-policy-get-empty")


@needs_goldens
@pytest.mark.parametrize(("name", "is_verbose"), [("policy-selectors", False), ("policy-selectors-v", True)])
def test_selectors(name: str, is_verbose: bool) -> None:
    rows = []
    for each in sorted(api("policy%selectors"), key=lambda each: each["selector"]):
        named = {label["key"].rpartition(".")[2]: label["value"] for label in each["labels"]}
        long = " ".join(f"{label['source']}:{label['key']}={label['value']}" for label in each["labels"])
        label = f"[{long}]" if is_verbose else f"{named['namespace']}/{named['name']}"
        rows.append(selector_row(each["selector"], label, each["users"], [str(one) for one in each["identities"]]))
    assert shown(selectors_table(rows)) == golden(name)


@needs_goldens
def test_selectors_as_json_are_the_answer_itself() -> None:
    assert shown(as_json(api("policy%selectors"))) == golden("policy-selectors-json")


@needs_goldens
def test_maps_and_their_sizes() -> None:
    models = [
        {"name": each["path"].rpartition("/")[2], "entries": len(each["cache"]), "errors": 0, "is-cached": True}
        for each in (one if "cache" in one else {**one, "cache": []} for one in api("map")["maps"])
    ]
    assert shown(maps_table(models)) == golden("map-list")


@needs_goldens
def test_configuration() -> None:
    options = api("config")["status"]["realized"]["options"]
    values = {**options, "MonitorNumPages": "64", "PolicyEnforcement": "default"}
    expected = golden("config").partition("\n")[2]
    assert "".join(f"{option_text(name, value)}\n" for name, value in values.items()) == expected


@needs_goldens
def test_labels_of_an_endpoint() -> None:
    labels = api("endpoint%2950%labels")["status"]["security-relevant"]
    assert sorted(shown(labels_table(labels)).splitlines()) == sorted(golden("endpoint-labels").splitlines())


@needs_goldens
def test_answers_as_json() -> None:
    endpoints = sorted(api("endpoint"), key=lambda each: int(each["id"]))
    assert shown(as_json(api_json(endpoints))) == golden("endpoint-list-json")
    assert shown(as_json(api_json(api("fqdn%names")))) == golden("fqdn-names")


# ---------------------------------------------------------------- state


@pytest.fixture(scope="module")
def base() -> World:
    world = free_world()
    shell = free_shell(world)
    shell.run_line("kubectl run client --image=nicolaka/netshoot -- sleep infinity")
    shell.run_line("kubectl wait --for=condition=Ready pod/client")
    return world


@pytest.fixture
def world(base: World) -> World:
    return base.fork()


@pytest.fixture
def line(world: World) -> Run:
    return free_shell(world).run_line


def agent_of(world: World, pod: str) -> str:
    """The agent's pod on the node of a pod."""
    api = world.cluster.api
    node = api.get("pods", pod, "default")["spec"]["nodeName"]
    agents = api.list("pods", "kube-system", label_selector="k8s-app=cilium")
    return next(str(each["metadata"]["name"]) for each in agents if each["spec"]["nodeName"] == node)


@pytest.fixture
def dbg(world: World, line: Run) -> Run:
    pod = agent_of(world, "client")
    return lambda command: line(f"kubectl -n kube-system exec {pod} -- cilium-dbg {command}")


def out(result: Result) -> str:
    return render(result.stdout)


DENIED = """kubectl apply -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut}
spec: {podSelector: {matchLabels: {run: client}}, policyTypes: [Egress]}
EOF"""


def test_drops_are_counted_until_the_counters_are_flushed(line: Run, dbg: Run) -> None:
    assert "Policy denied" not in out(dbg("bpf metrics list"))
    line(DENIED)
    line("kubectl exec client -- curl -s -m 2 http://1.1.1.1")
    row = next(each for each in out(dbg("bpf metrics list")).splitlines() if each.startswith("Policy denied"))
    assert row.split()[2] == "EGRESS"
    assert row.split()[-1].startswith("bpf_")
    metrics = out(dbg("metrics list -p cilium_drop_count"))
    assert "direction=EGRESS reason=Policy denied" in metrics
    assert f"{int(row.split()[3]):f}" in metrics
    dbg("bpf metrics flush")
    assert out(dbg("bpf metrics list")).count("\n") == 1


def test_what_leaves_the_cluster_is_translated(world: World, line: Run, dbg: Run) -> None:
    line("kubectl exec client -- curl -s -m 2 -o /dev/null http://one.one.one.one")
    listed = out(dbg("bpf nat list")).splitlines()
    pod = world.cluster.api.get("pods", "client", "default")
    http = [each for each in listed if ":80" in each]
    assert len(http) == 2
    assert f"OUT {pod['status']['podIP']}:" in http[0]
    assert f"XLATE_SRC {pod['status']['hostIP']}:" in http[0]
    assert out(dbg("bpf nat flush")) == (
        f"Flushed {len(listed) - 1} entries from /sys/fs/bpf/tc/globals/cilium_snat_v4_external\n"
    )
    assert out(dbg("bpf nat list")) == "\n"


def test_connections_are_tracked_until_they_are_flushed(line: Run, dbg: Run) -> None:
    line("kubectl exec client -- curl -s -m 2 -o /dev/null http://one.one.one.one")
    tracked = sum(1 for each in out(dbg("bpf ct list global")).splitlines() if each.startswith("TCP"))
    assert tracked
    assert out(dbg("bpf ct flush")).startswith(f"Flushed {tracked} entries from ")
    assert not any(each.startswith("TCP") for each in out(dbg("bpf ct list global")).splitlines())


def test_a_map_and_its_copy_agree(dbg: Run) -> None:
    listed = {each.split()[0]: each.split()[1] for each in out(dbg("map list")).splitlines()[1:]}
    for name in ("cilium_lxc", "cilium_ipcache_v2", "cilium_lb4_services_v2", "cilium_lb4_backends_v3",
                 "cilium_lb4_reverse_nat"):  # fmt: skip
        assert len(out(dbg(f"map get {name}")).splitlines()) - 1 == int(listed[name]), name


def test_names_are_forgotten_when_the_cache_is_cleaned(line: Run, dbg: Run) -> None:
    line("""kubectl apply -f - <<'EOF'
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: names}
spec:
  endpointSelector: {matchLabels: {run: client}}
  egress:
  - toFQDNs: [{matchName: one.one.one.one}]
  - toEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: kube-system}}]
    toPorts: [{ports: [{port: "53"}], rules: {dns: [{matchPattern: "*"}]}}]
EOF""")
    assert line("kubectl exec client -- curl -s -m 2 -o /dev/null http://one.one.one.one").exit == 0
    assert "one.one.one.one." in out(dbg("fqdn cache list -p '*.one.one.one'"))
    assert "one.one.one.one." not in out(dbg("fqdn cache list -p '*.example'"))
    asked = out(dbg("fqdn cache clean"))
    assert asked.endswith("do you want to continue [y/N]?\n")
    assert "one.one.one.one." in out(dbg("fqdn cache list"))
    assert out(dbg("fqdn cache clean -f -p '*.one.one.one'")) == "FQDN proxy cache cleared\n"
    assert "one.one.one.one." not in out(dbg("fqdn cache list"))
    assert line("kubectl exec client -- curl -s -m 2 -o /dev/null http://1.1.1.1").exit == 28


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("bpf ipcache match 0.0.0.0/0",
         'key 0.0.0.0/0 has value "identity=2 encryptkey=0 tunnelendpoint=0.0.0.0 flags=<none>"\n'),
        ("bpf ipcache match 192.0.2.0/24", "192.0.2.0/24 does not match to any ipcache entry\n"),
        ("bpf lb maglev list", "SVC ID   LOOKUP TABLE\n"),
        ("map get cilium_metrics", "Cache is disabled\n\n"),
        ("troubleshoot kvstore", "Unable to read etcd configuration: /var/lib/etcd-config/etcd.config\n"
         "This is expected when Cilium is running in CRD mode\n"),
        ("config get PolicyAuditMode -o json", '"Disabled"\n\n'),
    ],
)  # fmt: skip
def test_small_answers(dbg: Run, command: str, expected: str) -> None:
    assert out(dbg(command)) == expected


def test_flushing_the_keys_asks_first(dbg: Run) -> None:
    assert out(dbg("encrypt flush")).endswith("Do you want to continue? [y/N] ")
    assert out(dbg("encrypt flush -f")) == "All XFRM states and policies have been deleted.\n"


def test_waiting_for_a_revision_that_never_comes(dbg: Run) -> None:
    result = dbg("policy wait 99 --max-wait-time 3")
    assert (result.exit, render(result.stderr).splitlines()[1].split(" after ")[0].split(" ", 1)[1]) == (
        1, "endpoints still not ready",
    )  # fmt: skip


def test_the_policy_map_counts_what_met_its_entries(line: Run, dbg: Run) -> None:
    line("""kubectl apply -f - <<'EOF'
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: out}
spec:
  endpointSelector: {matchLabels: {run: client}}
  egress:
  - toEntities: [world, cluster]
  egressDeny:
  - toEntities: [world]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
EOF""")
    endpoint = out(dbg("endpoint list --no-headers -o json"))
    number = next(
        each["id"] for each in json.loads(endpoint) if "client" in str(each["status"]["external-identifiers"])
    )
    line("kubectl exec client -- curl -s -m 2 -o /dev/null http://one.one.one.one")
    line("kubectl exec client -- curl -s -m 2 -o /dev/null https://one.one.one.one")
    rows = [each.split() for each in out(dbg(f"bpf policy get {number} -n")).splitlines()[1:]]
    world = {each[3]: int(each[7]) for each in rows if each[1] == "Egress" and each[2] == "2"}
    assert world["443/TCP"] > 0
    assert world["ANY"] > 0
