"""The engine against a slow and obvious evaluator, which is itself held against Cilium's own engine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from quizgame.policy.model import EnforcementMode
from quizgame.policy.probe_parsing import parse_probe
from quizgame.policy.world import WorldSettings, build_world
from quizgame.yamlsource.loader import load_document, read_documents
from quizgame.yamlsource.scalars import Dialect
from tests.policy import plain_evaluator as plain

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle" / "policy"
CASES = sorted(path.parent for path in ORACLE.glob("*/case.yaml"))


@pytest.mark.skipif(not CASES, reason="the policy oracle is not at hand")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_plain_evaluator_agrees_with_the_real_engine(case: Path) -> None:
    facts = load_document((case / "case.yaml").read_bytes(), "case.yaml", dialect=Dialect.KUBERNETES).data
    world = plain.World(
        [document.data for document in read_documents(case / "manifests.yaml", dialect=Dialect.KUBERNETES)],
        facts["policyEnforcementMode"],
        facts["clusterName"],
        facts.get("dns") or {},
        facts.get("initPods") or (),
        [each["name"] for each in facts.get("rejected") or ()],
    )
    differences = []
    for line in (case / "probes.jsonl").read_text().splitlines():
        probe = json.loads(line)
        found = plain.answer(world, probe)
        if found != probe["expect"]:
            differences.append((probe, found))
    assert not differences, (len(differences), differences[:2])


WORLDS = 2000
BATCHES = 4
NAMESPACES = ("shop", "bank", "lab")
APPS = ("web", "api", "db")
PORTS = (53, 80, 443, 8080, 8443)
OUTSIDE = ("203.0.113.7", "203.0.113.200", "198.51.100.9", "10.9.9.9", "192.0.2.1")
CIDRS = ("0.0.0.0/0", "203.0.113.0/24", "203.0.113.128/25", "203.0.0.0/8", "198.51.100.9/32", "10.0.0.0/8")
FQDNS = {"api.example.com": ["203.0.113.7"], "a.b.example.com": ["198.51.100.9"], "www.other.test": ["192.0.2.1"]}
PATTERNS = ("*.example.com", "**.example.com", "*", "api*.example.com", "*example.com")
REQUESTS: tuple[dict[str, Any], ...] = (
    {},
    {"http": {"method": "GET", "path": "/a", "headers": {"X-Env": "prod"}}},
    {"http": {"method": "POST", "path": "/a?b=1", "host": "shop.test:80"}},
    {"dns": {"query": "api.example.com"}},
    {"dns": {"query": "A.B.example.com."}},
    {"tls": {"sni": "api.example.com"}},
)


class Author:
    """Writes worlds at random: pods, services, groups and policies of all three kinds."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def some(self, choices: Sequence[Any], least: int = 0, most: int = 2) -> list[Any]:
        return [self.chance.choice(choices) for _ in range(self.chance.randint(least, most))]

    def maybe(self, share: float) -> bool:
        return self.chance.random() < share

    def world(self) -> plain.World:
        objects: list[dict[str, Any]] = [
            {"kind": "Namespace", "metadata": {"name": name, "labels": {"team": team}}}
            for name, team in zip(NAMESPACES, ("x", "y", "x"), strict=True)
        ]
        objects += [self.pod(number) for number in range(6)]
        objects += [
            {"kind": "CiliumCIDRGroup", "apiVersion": "cilium.io/v2",
             "metadata": {"name": name, "labels": {"site": name}}, "spec": {"externalCIDRs": self.some(CIDRS[1:], 1)}}
            for name in ("g", "h")
        ]  # fmt: skip
        objects += self.services()
        objects += [self.policy(number) for number in range(self.chance.randint(1, 5))]
        mode = self.chance.choice(["default"] * 6 + ["always", "never"])
        starting = ["shop/p0"] if self.maybe(0.15) else []
        return plain.World(objects, mode, "home", FQDNS, starting)

    def pod(self, number: int) -> dict[str, Any]:
        port = {"name": self.chance.choice(["http", "dns"]), "containerPort": self.chance.choice(PORTS)}
        if self.maybe(0.3):
            port["protocol"] = "UDP"
        spec: dict[str, Any] = {
            "nodeName": f"n{self.chance.randint(1, 2)}",
            "containers": [{"name": "c", "ports": [port] if self.maybe(0.6) else []}],
        }
        if number and self.maybe(0.1):
            spec["hostNetwork"] = True
        labels = {"app": self.chance.choice(APPS)} | ({"tier": "front"} if self.maybe(0.5) else {})
        space = "shop" if number == 0 else self.chance.choice(NAMESPACES)
        return {"kind": "Pod", "metadata": {"name": f"p{number}", "namespace": space, "labels": labels}, "spec": spec}

    def services(self) -> list[dict[str, Any]]:
        address = self.chance.choice(OUTSIDE)
        return [
            {"kind": "Service", "metadata": {"name": "inner", "namespace": "shop", "labels": {"svc": "a"}},
             "spec": {"selector": {"app": self.chance.choice(APPS)}}},
            {"kind": "Service", "metadata": {"name": "outer", "namespace": "bank", "labels": {"svc": "b"}}, "spec": {}},
            {"kind": "EndpointSlice", "endpoints": [{"addresses": [address]}],
             "metadata": {"name": "o", "namespace": "bank", "labels": {"kubernetes.io/service-name": "outer"}}},
        ]  # fmt: skip

    def selector(self) -> dict[str, Any]:
        return self.chance.choice(
            [
                {},
                {"matchLabels": {"app": self.chance.choice(APPS)}},
                {"matchLabels": {"k8s:app": self.chance.choice(APPS), "any:tier": "front"}},
                {"matchLabels": {"k8s:io.kubernetes.pod.namespace": self.chance.choice(NAMESPACES)}},
                {"matchLabels": {"io.kubernetes.pod.namespace": self.chance.choice(NAMESPACES), "app": "web"}},
                {"matchLabels": {"k8s:io.cilium.k8s.namespace.labels.team": "x"}},
                {"matchLabels": {"io.cilium.k8s.policy.cluster": self.chance.choice(["home", "away"])}},
                {"matchLabels": {f"reserved:{self.chance.choice(['host', 'world', 'init', 'remote-node'])}": ""}},
                {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": self.some(APPS, 1)}]},
                {"matchExpressions": [{"key": "app", "operator": "In", "values": self.some(APPS, 1)}]},
                {"matchExpressions": [{"key": "k8s:tier", "operator": self.chance.choice(["Exists", "DoesNotExist"])}]},
                {"matchExpressions": [{"key": "io.kubernetes.pod.namespace", "operator": "Exists"}]},
                {"matchLabels": {"io.cilium.k8s.policy.serviceaccount": "default"}},
            ]
        )  # fmt: skip

    def subject(self) -> dict[str, Any]:
        return self.selector() if self.maybe(0.5) else self.chance.choice([{}, {"matchLabels": {"app": "api"}}])

    def policy(self, number: int) -> dict[str, Any]:
        kind = self.chance.choice(["CiliumNetworkPolicy"] * 3 + ["CiliumClusterwideNetworkPolicy", "NetworkPolicy"])
        metadata = {"name": f"p{number}"}
        if kind != "CiliumClusterwideNetworkPolicy":
            metadata["namespace"] = self.chance.choice(("shop", "shop", "bank"))
        if kind == "NetworkPolicy":
            return {"apiVersion": "networking.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": self.kubernetes()}
        policy = {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata}
        if self.maybe(0.2):
            return policy | {"specs": [self.spec(), self.spec()]}
        return policy | {"spec": self.spec()}

    def spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = {"endpointSelector": self.subject()}
        sections = ["ingress", "egress", "ingressDeny", "egressDeny"]
        for section in self.chance.sample(sections, self.chance.randint(1, 3)):
            spec[section] = [self.item(section) for _ in range(self.chance.randint(1, 2))]
        if self.maybe(0.2):
            spec["enableDefaultDeny"] = {self.chance.choice(["ingress", "egress"]): self.maybe(0.3)}
        return spec

    def item(self, section: str) -> dict[str, Any]:
        way = "from" if section.startswith("ingress") else "to"
        item: dict[str, Any] = {}
        match self.chance.randint(0, 9):
            case 0:
                pass
            case 1 | 2 | 3:
                item[f"{way}Endpoints"] = [self.selector() for _ in range(self.chance.randint(0, 2))]
            case 4 | 5:
                names = ["all", "world", "cluster", "host", "remote-node", "kube-apiserver", "health", "init", "none"]
                item[f"{way}Entities"] = self.some(names, 1)
            case 6:
                item[f"{way}CIDR"] = self.some(CIDRS, 1)
            case 7:
                item[f"{way}CIDRSet"] = [
                    {"cidr": "203.0.0.0/8", "except": ["203.0.113.128/25"]},
                    self.chance.choice([{"cidrGroupRef": "g"}, {"cidrGroupSelector": {"matchLabels": {"site": "h"}}}]),
                ]
            case 8 if way == "to" and not section.endswith("Deny"):
                item["toFQDNs"] = [
                    self.chance.choice(
                        [{"matchName": "api.example.com"}, {"matchPattern": self.chance.choice(PATTERNS)}]
                    )
                ]
            case 9 if way == "to":
                item["toServices"] = [
                    self.chance.choice(
                        [
                            {"k8sService": {"serviceName": "inner", "namespace": "shop"}},
                            {"k8sService": {"serviceName": "gone", "namespace": "shop"}},
                            {"k8sServiceSelector": {"selector": {"matchLabels": {"svc": self.chance.choice("ab")}}}},
                        ]
                    )
                ]
        if self.maybe(0.15):
            types = [8, "EchoRequest", 3] if way == "from" else [8, 11]
            return item | {"icmps": [{"fields": [{"type": self.chance.choice(types)}]}]}
        if self.maybe(0.7):
            item["toPorts"] = [self.ports(section) for _ in range(self.chance.randint(1, 2))]
        return item

    def ports(self, section: str) -> dict[str, Any]:
        is_deny = section.endswith("Deny")
        if not is_deny and self.maybe(0.35):
            rule: dict[str, Any] = self.chance.choice(
                [
                    {"method": "GET"},
                    {"path": "/a"},
                    {"path": "/a.*", "method": "POST|PUT"},
                    {"headers": ["X-Env: prod"]},
                    {"host": "shop.*"},
                    {"headerMatches": [{"name": "X-Env", "value": "dev"}]},
                    {},
                ]
            )
            return {
                "ports": [{"port": self.chance.choice(["80", "8080"]), "protocol": "TCP"}],
                "rules": {"http": [rule]},
            }
        if section == "egress" and self.maybe(0.2):
            rule = self.chance.choice(
                [{"matchName": "api.example.com"}, {"matchPattern": self.chance.choice(PATTERNS)}]
            )
            return {"ports": [{"port": "53", "protocol": "UDP"}], "rules": {"dns": [rule]}}
        if section == "egress" and self.maybe(0.1):
            return {"ports": [{"port": "443", "protocol": "TCP"}], "serverNames": ["api.example.com"]}
        return {"ports": [self.port() for _ in range(self.chance.randint(0, 2))]}

    def name(self) -> dict[str, Any]:
        return self.chance.choice([{"matchName": "api.example.com"}, {"matchPattern": self.chance.choice(PATTERNS)}])

    def port(self) -> dict[str, Any]:
        return self.chance.choice(
            [
                {"port": str(self.chance.choice(PORTS)), "protocol": "TCP"},
                {"port": str(self.chance.choice(PORTS))},
                {"port": str(self.chance.choice(PORTS)), "protocol": "ANY"},
                {"port": "80", "endPort": self.chance.choice([443, 8080, 70]), "protocol": "TCP"},
                {"port": "0", "protocol": self.chance.choice(["TCP", "UDP", "ANY"])},
                {"port": "0", "endPort": 100, "protocol": "TCP"},
                {"port": self.chance.choice(["http", "dns", "HTTP", "nothing"]), "protocol": "TCP"},
                {"port": "53", "protocol": "UDP"},
            ]
        )  # fmt: skip

    def kubernetes(self) -> dict[str, Any]:
        spec: dict[str, Any] = {
            "podSelector": self.chance.choice([{}, {"matchLabels": {"app": "api"}}, {"matchLabels": {"tier": "front"}}])
        }
        for direction in self.chance.sample(["ingress", "egress"], self.chance.randint(0, 2)):
            spec[direction] = [self.kubernetes_item(direction) for _ in range(self.chance.randint(0, 2))]
        if self.maybe(0.7):
            spec["policyTypes"] = self.chance.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
        return spec

    def kubernetes_item(self, direction: str) -> dict[str, Any]:
        pods: list[dict[str, Any]] = [{}, {"matchLabels": {"app": self.chance.choice(APPS)}}]
        spaces: list[dict[str, Any]] = [
            {},
            {"matchLabels": {"team": "x"}},
            {"matchLabels": {"kubernetes.io/metadata.name": "bank"}},
            {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["x"]}]},
        ]
        peers = [
            {"podSelector": self.chance.choice(pods)},
            {"namespaceSelector": self.chance.choice(spaces)},
            {"podSelector": self.chance.choice(pods), "namespaceSelector": self.chance.choice(spaces)},
            {"ipBlock": {"cidr": "203.0.0.0/8", "except": ["203.0.113.128/25"]}},
            {"ipBlock": {"cidr": "0.0.0.0/0"}},
        ]
        ports = [
            {"port": 80, "protocol": "TCP"},
            {"port": "http"},
            {"protocol": "UDP"},
            {"port": 80, "endPort": 443},
            {"port": 53, "protocol": "UDP"},
        ]
        item: dict[str, Any] = {}
        if self.maybe(0.8):
            item["from" if direction == "ingress" else "to"] = self.some(peers)
        if self.maybe(0.5):
            item["ports"] = self.some(ports)
        return item

    def probe(self) -> dict[str, Any]:
        pods = [{"pod": None}] * 4
        ends: list[dict[str, Any]] = [
            self.chance.choice([*pods, {"ip": self.chance.choice(OUTSIDE)}, {"entity": None}]) for _ in range(2)
        ]
        if all("pod" not in end for end in ends):
            ends[1] = {"pod": None}
        protocol = self.chance.choice(["TCP"] * 5 + ["UDP", "SCTP", "ICMP"])
        return {
            "from": ends[0],
            "to": ends[1],
            "port": self.chance.choice([8, 3, 11]) if protocol == "ICMP" else self.chance.choice(PORTS),
            "protocol": protocol,
        } | self.chance.choice(REQUESTS)

    def filled(self, probe: dict[str, Any], world: plain.World) -> dict[str, Any]:
        """The probe with pods and entities of this world in the place of blanks."""
        names = [plain.full_name(pod) for pod in world.of_kind("Pod")]

        def end(which: dict[str, Any]) -> dict[str, Any]:
            if "pod" in which:
                return {"pod": self.chance.choice(names)}
            return {"entity": self.chance.choice(list(plain.ENTITIES))} if "entity" in which else which

        return probe | {"from": end(probe["from"]), "to": end(probe["to"])}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_worlds_decide_as_the_plain_evaluator(batch: int) -> None:
    verdicts: set[str] = set()
    for seed in range(batch, WORLDS, BATCHES):
        author = Author(seed)
        world = author.world()
        settings = WorldSettings(EnforcementMode(world.mode), world.cluster, world.names, frozenset(world.starting))
        engine = build_world(world.objects, settings)
        assert not engine.rejections, (seed, engine.rejections)
        for _ in range(10):
            probe = author.filled(author.probe(), world)
            outcome = engine.decide(parse_probe(probe))
            found = {
                "egress": word(outcome.egress_allowed),
                "ingress": word(outcome.ingress_allowed),
                "l7": word(outcome.request_allowed),
                "verdict": outcome.verdict,
            }
            assert found == plain.answer(world, probe), (seed, probe)
            verdicts.add(f"{found['verdict']} {found['l7']}")
    assert verdicts >= {"DROPPED None", "FORWARDED None", "REDIRECTED allowed", "REDIRECTED denied"}


def word(allowed: bool | None) -> str | None:
    return None if allowed is None else "allowed" if allowed else "denied"
