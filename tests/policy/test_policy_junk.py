"""Whatever stands in a policy, it is read or refused in words."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from quizgame.policy.model import Direction
from quizgame.policy.world import WorldSettings, build_world

POLICIES: list[dict[str, Any]] = [
    {
        "apiVersion": "cilium.io/v2",
        "kind": kind,
        "metadata": {"name": "p", "namespace": "shop", "labels": {"a": "b"}},
        "spec": {
            "endpointSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]},
            "enableDefaultDeny": {"ingress": True},
            "ingress": [
                {
                    "fromEndpoints": [{"matchLabels": {"a": "b"}}],
                    "toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"path": "/"}]}}],
                },
                {
                    "fromCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}],
                    "icmps": [{"fields": [{"type": 8}]}],
                },
            ],
            "egressDeny": [{"toEntities": ["world"], "toPorts": [{"ports": [{"port": "53", "endPort": 60}]}]}],
            "egress": [
                {"toFQDNs": [{"matchName": "a.b"}], "authentication": {"mode": "required"}},
                {"toServices": [{"k8sService": {"serviceName": "s"}}, {"k8sServiceSelector": {"selector": {}}}]},
                {"toPorts": [{"ports": [{"port": "53"}], "rules": {"dns": [{"matchPattern": "*"}]}}]},
                {"toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}], "serverNames": ["a.b"]}]},
            ],
        },
    }
    for kind in ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
] + [
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {
            "podSelector": {"matchLabels": {"a": "b"}},
            "policyTypes": ["Ingress"],
            "ingress": [
                {"from": [{"podSelector": {}, "namespaceSelector": {}}], "ports": [{"port": 80, "endPort": 90}]}
            ],
            "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}],
        },
    },
    {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumCIDRGroup",
        "metadata": {"name": "g"},
        "spec": {"externalCIDRs": ["10.0.0.0/8"]},
    },
]
JUNK: tuple[Any, ...] = (
    *(None, "", "x", "*", "::/0", 1, -5, 1.5, True, 10**30),
    *([], [None], [{}], ["x"], [[]]),
    *({}, {"a": None}, {"matchLabels": None}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path not in ((), ("kind",), ("metadata",), ("metadata", "name")):
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    policy: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(POLICIES)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(sorted(places(policy), key=str)))
        holder: Any = policy
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = copy.deepcopy(draw(st.sampled_from(JUNK)))
    return policy


@settings(max_examples=300, deadline=None, derandomize=True)
@given(spoiled())
def test_junk_is_read_or_refused_in_words(policy: dict[str, Any]) -> None:
    if policy["metadata"].get("namespace") not in ("shop", None, ""):
        policy["metadata"]["namespace"] = "shop"
    policy["metadata"].pop("labels", None)
    pod = {"kind": "Pod", "metadata": {"name": "a", "namespace": "shop", "labels": {"a": "b"}}}
    world = build_world([pod, policy], WorldSettings())
    assert all(rejection.message for rejection in world.rejections)
    endpoint = world.repository.endpoint_policy(256)
    for direction in Direction:
        endpoint.lookup(direction, 2, 80, 6)
    assert endpoint.entries()
