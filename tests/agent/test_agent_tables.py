"""The agent's tables one by one: addresses, ipcache, services, connections, names."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizgame.cluster.agent.conntrack import Conntrack, CtEntry, CtKey
from quizgame.cluster.agent.fqdn import FqdnCache, FqdnEntry
from quizgame.cluster.agent.ipam import AddressesExhausted, NodeIpam
from quizgame.cluster.agent.ipcache import Ipcache, IpcacheEntry
from quizgame.cluster.agent.monitor import EventRing, EventType, MonitorEvent, Peer, Verdict
from quizgame.cluster.agent.service_build import SharedBackend, build_frontends
from quizgame.cluster.agent.services import Backend, BackendState, Frontend, ServiceMap

KEY = CtKey("TCP", "OUT", "10.0.0.1", 1, "10.0.0.2", 2)


def test_an_owner_keeps_its_address_and_others_do_not_move_it() -> None:
    ipam = NodeIpam(0, ("10.244.1.0/29",))
    first = ipam.allocate("a")
    others = {ipam.allocate(each) for each in "bcdef"}
    assert ipam.allocate("a") == first
    assert len({first, *others}) == 6
    assert NodeIpam(0, ("10.244.1.0/29",)).allocate("a") == first


def test_a_full_range_says_so_and_a_missing_one_too() -> None:
    ipam = NodeIpam(0, ("10.244.1.0/30",))
    taken = [ipam.allocate("a"), ipam.allocate("b")]
    with pytest.raises(AddressesExhausted, match="range is full"):
        ipam.allocate("c")
    ipam.release(taken[0])
    assert ipam.allocate("c") == taken[0]
    with pytest.raises(AddressesExhausted, match="no pod CIDR available"):
        NodeIpam(0).allocate("a")


prefixes = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(
    lambda each: str(IPv4Network((each[0], each[1]), strict=False))
)


@given(st.lists(prefixes, min_size=1, max_size=12, unique=True), st.integers(0, 2**32 - 1), st.data())
def test_the_longest_prefix_wins(known: list[str], number: int, data: st.DataObject) -> None:
    cache = Ipcache()
    for index, prefix in enumerate(known):
        cache.upsert(prefix, IpcacheEntry(index))
    gone = data.draw(st.sets(st.sampled_from(known)))
    for prefix in gone:
        assert cache.delete(prefix)
    ip = IPv4Address(number)
    holding = [each for each in known if each not in gone and ip in IPv4Network(each)]
    best = max(holding, key=lambda each: IPv4Network(each).prefixlen, default=None)
    found = cache.lookup(str(ip))
    assert (None if found is None else found.identity) == (None if best is None else known.index(best))


def test_a_changed_entry_of_a_fork_leaves_the_origin_alone() -> None:
    cache = Ipcache()
    cache.upsert("10.0.0.0/8", IpcacheEntry(1))
    twin = cache.fork()
    twin.delete("10.0.0.0/8")
    assert cache.lookup("10.1.2.3") == IpcacheEntry(1)
    assert twin.lookup("10.1.2.3") is None


def frontend(*backends: Backend) -> Frontend:
    return Frontend(0, "10.96.0.9", 80, "TCP", "ClusterIP", "default", "web", "", backends)


def test_terminating_backends_are_the_last_resort() -> None:
    # Source: cilium/cilium v1.19 pkg/loadbalancer: used while no active backend is left.
    live = Backend("10.0.0.1", 80, "TCP")
    leaving = Backend("10.0.0.2", 80, "TCP", BackendState.TERMINATING)
    assert frontend(live, leaving).usable == (live,)
    assert frontend(leaving).usable == (leaving,)


def test_ids_of_frontends_are_given_once() -> None:
    services = ServiceMap()
    services.replace_service(("default", "web"), [frontend()])
    first = services.lookup("10.96.0.9", 80, "TCP")
    services.replace_service(("default", "web"), [])
    assert services.lookup("10.96.0.9", 80, "TCP") is None
    assert services.replace_service(("default", "web"), [frontend()])
    assert services.lookup("10.96.0.9", 80, "TCP") == first
    assert not services.replace_service(("default", "web"), [frontend()])


SERVICE: dict[str, dict[str, Any]] = {
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"type": "NodePort", "clusterIP": "10.96.0.9", "ports": [{"port": 80, "nodePort": 30080}]},
}
SLICE: dict[str, Any] = {
    "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
    "endpoints": [
        {"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "nodeName": "n1"},
        {"addresses": ["10.0.0.2"], "conditions": {"ready": False}, "nodeName": "n2"},
        {"addresses": ["10.0.0.3"], "conditions": {"ready": False, "serving": True, "terminating": True}},
    ],
}


def frontends(spec: dict[str, object] | None = None, *, shared: tuple[SharedBackend, ...] = (), kpr: bool = True,
              annotations: dict[str, str] | None = None, node: str = "n1") -> list[Frontend]:  # fmt: skip
    service = {
        "metadata": {**SERVICE["metadata"], "annotations": annotations or {}},
        "spec": {**SERVICE["spec"], **(spec or {})},
    }
    return build_frontends(service, [SLICE], shared, node_ip="172.18.0.2", node_name=node, replaces_kube_proxy=kpr)


def test_a_node_port_service_has_frontends_of_both_kinds_unless_kube_proxy_serves_them() -> None:
    assert [(each.type, each.ip, each.port) for each in frontends()] == [
        ("ClusterIP", "10.96.0.9", 80), ("NodePort", "172.18.0.2", 30080), ("NodePort", "0.0.0.0", 30080),
    ]  # fmt: skip
    assert [each.type for each in frontends(kpr=False)] == ["ClusterIP"]


def test_unready_backends_are_left_out_and_terminating_ones_marked() -> None:
    assert [(each.ip, each.state.value) for each in frontends()[0].backends] == [
        ("10.0.0.1", "active"), ("10.0.0.3", "terminating"),
    ]  # fmt: skip


@pytest.mark.parametrize(("node", "outside"), [("n1", ["10.0.0.1"]), ("n2", [])])
def test_local_policies_keep_to_the_node(node: str, outside: list[str]) -> None:
    cluster, port, _ = frontends({"externalTrafficPolicy": "Local"}, node=node)
    assert [each.ip for each in port.usable] == outside
    assert [each.ip for each in cluster.usable] == ["10.0.0.1"]
    internal, _, _ = frontends({"internalTrafficPolicy": "Local"}, node=node)
    assert [each.ip for each in internal.usable] == outside


def test_headless_and_external_name_services_have_no_frontend() -> None:
    assert frontends({"clusterIP": "None"}) == []
    assert frontends({"type": "ExternalName"}) == []


@pytest.mark.parametrize(("affinity", "preferred"), [("local", ""), ("remote", "far")])
def test_affinity_prefers_a_side(affinity: str, preferred: str) -> None:
    shared = (SharedBackend("far", "", "10.9.0.1", 8080, "TCP"),)
    chosen = frontends(shared=shared, annotations={"service.cilium.io/global": "true",
                                                   "service.cilium.io/affinity": affinity})[0].usable  # fmt: skip
    assert {each.cluster for each in chosen} == {preferred}


def test_a_service_that_is_not_global_uses_no_shared_backend() -> None:
    shared = (SharedBackend("far", "", "10.9.0.1", 8080, "TCP"),)
    assert {each.cluster for each in frontends(shared=shared)[0].backends} == {""}


def test_entries_of_connections_add_up_and_run_out() -> None:
    table = Conntrack()
    table.count(KEY, CtEntry(0, 100, packets=2, bytes=10, flags_seen=2))
    table.count(KEY, CtEntry(50, 150, packets=3, bytes=5, flags_seen=16))
    entry = table.lookup(KEY, 60)
    assert entry is not None
    assert (entry.created_ns, entry.packets, entry.bytes, entry.flags_seen) == (0, 5, 15, 18)
    assert table.lookup(KEY, 150) is None
    table.count(KEY, CtEntry(200, 300, packets=1))
    assert table.live(250) == [(KEY, CtEntry(200, 300, packets=1))]
    table.collect(300)
    assert table.entries == {}


def test_a_table_does_not_grow_with_connections_that_are_over() -> None:
    table = Conntrack()
    for number in range(5000):
        table.count(CtKey("TCP", "OUT", "10.0.0.1", number, "10.0.0.2", 80), CtEntry(number * 10, number * 10 + 100))
    assert len(table.entries) < 600
    assert len(table.live(4999 * 10)) == 10


def test_names_belong_to_the_endpoint_that_asked_and_addresses_to_all() -> None:
    cache = FqdnCache()
    assert cache.learn(FqdnEntry(1, "a.example.", ("203.0.113.1",), 60, 100))
    assert not cache.learn(FqdnEntry(1, "a.example.", ("203.0.113.1",), 60, 200))
    assert cache.learn(FqdnEntry(2, "a.example.", ("203.0.113.2",), 60, 100))
    assert cache.addresses() == {"a.example.": ("203.0.113.1", "203.0.113.2")}
    assert cache.names_of("203.0.113.2", 1) == ()
    assert cache.names_of("203.0.113.2", 2) == ("a.example",)
    assert cache.expire(100)
    assert cache.addresses() == {"a.example.": ("203.0.113.1",)}


def event(number: int) -> MonitorEvent:
    peer = Peer("10.0.0.1", 1)
    return MonitorEvent(number, EventType.TRACE, "n", "c", peer, peer, "TCP", Verdict.FORWARDED)


@given(st.lists(st.integers(0, 9), max_size=40))
def test_a_ring_holds_the_newest_and_counts_all(numbers: list[int]) -> None:
    ring = EventRing(capacity=7)
    for number in numbers:
        ring.append(event(number))
    newest = [event(number) for number in numbers[-7:]]
    assert ring.newest() == newest
    twin = ring.fork()
    twin.append(event(99))
    ring.append(event(98))
    assert twin.newest() == [*newest, event(99)][-7:]
    assert ring.newest() == [*newest, event(98)][-7:]
    assert (ring.seen, twin.seen) == (len(numbers) + 1,) * 2
