"""Random command lines show what an independent reading of the documentation shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.hubble.conftest import Run
from tests.hubble.reading import IDENTITIES, PLAIN, POINTS, SIDED, SIDES, TYPES, Flag, Flow, is_shown, label_parts

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "hubble"
LINES = 250
OBSERVE = ("observe", "--input-file", "flows", "-o", "jsonpb")
VALUELESS = ("encrypted", "unencrypted", "all-namespaces")
KINDS = (*PLAIN, *SIDED, "namespace", "unencrypted", "all-namespaces")
FIXED = {
    "ip": ["10.0.0.0/8", "10.244.1.0/24", "fd00::/8", "0.0.0.0/0", "::/0"],
    "snat-ip": ["172.18.0.0/16"],
    "fqdn": ["*", "*.com", "api.example.com.", "*.EXAMPLE.*"],
    "identity": [*IDENTITIES, "0", "0x1", "0b10"],
    "cluster": ["kind", "default", "kind*"],
    "verdict": ["VERDICT_UNKNOWN", "FORWARDED", "DROPPED", "ERROR", "AUDIT", "REDIRECTED", "TRACED", "TRANSLATED"],
    "drop-reason-desc": ["POLICY_DENIED", "AUTH_REQUIRED", "DROP_REASON_UNKNOWN"],
    "type": [*TYPES, *(f"trace:{point}" for point in POINTS), "drop:133", "0", "0:4", "4:2", "200"],
    "protocol": ["icmp", "icmpv4", "ICMPv6", "tcp", "UDP", "sctp", "vrrp", "igmp", "dns", "http", "kafka"],
    "tcp-flags": ["syn", "ACK", "fin,ack", "rst", "psh,syn", "urg"],
    "ip-version": ["4", "v6", "ipv4", "none", "IPv6"],
    "node-name": ["*", "kind/", "kind/*", "*worker", "kind-worker", "default/", "*/kind-worker2"],
    "http-status": ["200", "2+", "40+", "404", "5+", "3+"],
    "http-method": ["get", "GET", "POST", "delete"],
    "traffic-direction": ["ingress", "EGRESS", "Ingress"],
    "interface": ["", "eth0"],
    "ip-trace-id": ["4242", "4243", "1"],
    "http-header": ["a:b", "X:"],
    "uuid": [""],
    "port": ["0"],
}


@pytest.fixture(scope="module")
def capture() -> bytes:
    return b"".join((FOLDER / name).read_bytes() for name in ("flows.jsonl", "edge.jsonl"))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared oracle is not here")
@pytest.mark.parametrize("seed", range(4))
def test_what_is_shown_is_what_the_documentation_says(hubble: Run, capture: bytes, seed: int) -> None:
    source = Random(seed)
    flows = flows_of(hubble(*OBSERVE, data=capture)[0])
    values = recorded(flows)
    compared = telling = 0
    for _ in range(LINES):
        flags = [drawn(source, values) for _ in range(source.randint(1, 4))]
        words = [word for flag in flags for word in flag.words]
        stdout, stderr, status = hubble(*OBSERVE, *words, data=capture)
        if status:
            assert re.search(r"cannot be combined|conflict|requires the event type filter", stderr), words
            continue
        wanted = [flow for flow in flows if is_shown(flags, flow)]
        assert flows_of(stdout) == wanted, words
        compared += 1
        telling += 0 < len(wanted) < len(flows)
    assert compared > LINES * 0.8
    assert telling > LINES * 0.3


def flows_of(text: str) -> list[Flow]:
    return [each["flow"] for each in map(json.loads, text.splitlines()) if "flow" in each]


def drawn(source: Random, values: dict[str, list[str]]) -> Flag:
    kind, is_negated = source.choice(KINDS), source.random() < 0.3
    if kind in VALUELESS:
        return Flag(kind, None, is_negated)
    prefix = source.choice(("", "from-", "to-")) if kind in SIDED or kind == "namespace" else ""
    value = source.choice(values[kind])
    if kind in ("pod", "service"):
        value = source.choice(
            (value, value[: source.randint(3, 12)], value.partition("/")[2] or value, f"/{value[-9:]}")
        )
    if kind in ("label", "node-label"):
        value = ",".join(requirement(source, source.choice(values[kind])) for _ in range(source.randint(1, 2)))
    return Flag(prefix + kind, value, is_negated)


def requirement(source: Random, label: str) -> str:
    origin, key, value = label_parts(label)
    if origin == "cidr" or not re.fullmatch(r"[a-zA-Z][-\w./]*\w", key) or not re.fullmatch(r"\w*", value):
        return "!nothing"
    key = source.choice((key, f"{origin}:{key}", f"any:{key}"))
    shapes = ("{0}={1}", "{0}=={1}", "{0}!={1}", "{0} in ({1},other)", "{0} notin ({1}, b)", "{0}", "!{0}", "{0}>1")
    return source.choice(shapes).format(key, value)


def recorded(flows: list[Flow]) -> dict[str, list[str]]:
    """What can be asked for, by kind of filter."""

    def collect(read: Callable[[Flow], Iterable[Any]]) -> list[str]:
        return sorted({str(each) for flow in flows for each in read(flow) if each not in (None, "", "/")})

    def of_ends(field: str, suffix: str = "") -> list[str]:
        return collect(lambda flow: (flow.get(side + suffix, {}).get(field) for side in SIDES))

    def full_names(field: str, suffix: str = "") -> list[str]:
        ends = [flow[side + suffix] for flow in flows for side in SIDES if side + suffix in flow]
        return sorted({f"{each.get('namespace', '')}/{each.get(field, '')}" for each in ends} - {"/"})

    found = {
        "pod": full_names("pod_name"),
        "service": full_names("name", "_service"),
        "namespace": of_ends("namespace"),
        "cluster": of_ends("cluster_name"),
        "identity": of_ends("identity"),
        "ip": collect(lambda flow: (flow.get("IP", {}).get(side) for side in SIDES)),
        "snat-ip": collect(lambda flow: [flow.get("IP", {}).get("source_xlated")]),
        "fqdn": collect(lambda flow: (name for side in SIDES for name in flow.get(f"{side}_names", ()))),
        "label": collect(lambda flow: (label for side in SIDES for label in flow.get(side, {}).get("labels", ()))),
        "node-label": collect(lambda flow: flow.get("node_labels", ())),
        "port": collect(
            lambda flow: (port for l4 in flow.get("l4", {}).values() for key, port in l4.items() if key[-5:] == "_port")
        ),
        "workload": collect(
            lambda flow: (
                text
                for side in SIDES
                for each in flow.get(side, {}).get("workloads", ())
                for text in (
                    each.get("name"),
                    f"{each.get('kind', '')}/{each.get('name', '')}",
                    f"{each.get('kind', '')}/",
                )
            )
        ),
        "node-name": [each.lower() for each in collect(lambda flow: [flow.get("node_name")])],
        "uuid": collect(lambda flow: [flow.get("uuid")]),
        "interface": collect(lambda flow: [flow.get("interface", {}).get("name")]),
        "http-header": collect(
            lambda flow: (
                f"{each.get('key', '')}:{each.get('value', '')}"
                for each in flow.get("l7", {}).get("http", {}).get("headers", ())
            )
        ),
    }
    return {kind: [*FIXED.get(kind, ()), *found.get(kind, ())] for kind in KINDS}
