"""Time and memory of the policy engine over generated worlds, beside floors that it can be compared with.

usage: python -m tests.bench.policy                how figures grow with the world, one process a size
       python -m tests.bench.policy PODS POLICIES  one size, as JSON
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from quizgame.policy.endpoint_policy import EndpointPolicy
from quizgame.policy.labels import pod_labels
from quizgame.policy.model import Direction, Protocol
from quizgame.policy.parsing import policy_key
from quizgame.policy.repository import Repository, read_policy
from quizgame.policy.world import WorldSettings, build_world
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect
from tests.bench.measure import Case, cpu_of, cpu_of_program, program_environment
from tests.bench.worlds import app_of, namespace_of, policy

PODS, POLICIES = 1000, 200
SIZES = tuple((pods, policies) for pods in (100, 1000, 5000) for policies in (20, 200, 1000))
LOOKUPS = 500_000
PROBES = 10_000
PORTS = (80, 443, 8080, 9090)
VERDICT_LIMIT, EDIT_LIMIT, REALIZE_LIMIT, LOOKUP_LIMIT = 3.0, 0.1, 0.1, 1.0
"""CPU seconds: 10,000 probes by the verb, one edit, map state of all identities, 500,000 look-ups."""
MEASURES = {
    # key: (what, unit, decimals)
    "yaml": ("YAML to data (floor)", "ms", 0),
    "world": ("data to world", "ms", 0),
    "realize": ("policies to map state, all", "ms", 1),
    "edit": ("after one edit", "ms", 2),
    "relabel": ("after one identity", "ms", 2),
    "first": ("first look-ups", "/s", 0),
    "lookups": ("look-ups after that", "/s", 0),
    "floor": ("dictionary alone (floor)", "/s", 0),
    "memory": ("peak memory", "MiB", 0),
}
"""Cilium's own engine, 1,000 pods and 200 policies: 81 ms to import, 15 ms to distil 200 identities, 126 ns a look-up.

Source: reference/policy-semantics.md.
"""


def pod(number: int) -> dict[str, Any]:
    """Return one pod; ten applications a namespace."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p{number}", "namespace": namespace_of(number), "labels": {"app": app_of(number)}},
        "spec": {"nodeName": f"node{number % 10}", "containers": [{"name": "c"}]},
    }


def probes(pods: int) -> Iterator[bytes]:
    """Yield probe lines between pods, spread evenly."""
    for number in range(PROBES):
        source, target = pod(number * 31 % pods)["metadata"], pod(number * 17 % pods)["metadata"]
        yield msgspec.json.encode(
            {
                "id": number,
                "from": {"pod": f"{source['namespace']}/{source['name']}"},
                "to": {"pod": f"{target['namespace']}/{target['name']}"},
                "port": PORTS[number % len(PORTS)],
                "protocol": "TCP",
            }
        )


def realize(repository: Repository, identities: list[int]) -> list[EndpointPolicy]:
    """Compute the policy of every identity."""
    return [repository.endpoint_policy(identity) for identity in identities]


class Town:
    """One generated world, parsed, with what the figures are taken of."""

    def __init__(self, pods: int, policies: int) -> None:
        self.objects = [*(pod(number) for number in range(pods)), *(policy(number) for number in range(policies))]
        self.repository = build_world(self.objects, WorldSettings()).repository
        self.identities = [each for each in self.repository.identities.identities if 256 <= each < 1 << 16]
        keys = [(policy_key(each), each) for each in self.objects if each["kind"] != "Pod"]
        self.rules = [(key, read_policy(each, self.repository.scope)) for key, each in keys]
        self.flows: list[tuple[EndpointPolicy, int, int]] = []
        self._port = 9000

    def from_nothing(self) -> float:
        """Take parsed policies in and compute the map state of every identity."""
        fresh = Repository()
        for identity in self.identities:
            fresh.add_identity(identity, self.repository.labels_of(identity))

        def work() -> None:
            for key, rules in self.rules:
                fresh.put_rules(key, rules)
            realize(fresh, self.identities)

        return cpu_of(work)

    def edit(self) -> float:
        """Change one policy and realize what that touches."""
        realize(self.repository, self.identities)
        self._port += 1
        changed = policy(0, port=self._port)

        def work() -> None:
            self.repository.upsert_policy(changed)
            realize(self.repository, self.identities)

        return cpu_of(work)

    def relabel(self) -> float:
        """Add an identity and realize what that touches."""
        realize(self.repository, self.identities)
        self._port += 1
        labels = pod_labels(
            {"app": "app1"}, namespace="ns1", namespace_labels={}, service_account=f"account{self._port}"
        )

        def work() -> None:
            self.repository.add_identity(50_000 + self._port, labels)
            realize(self.repository, self.identities)

        return cpu_of(work)

    def draw_flows(self) -> None:
        """Choose flows, spread evenly over endpoints, peers and ports."""
        count, realized = len(self.identities), realize(self.repository, self.identities)
        self.flows = [
            (realized[number * 13 % count], self.identities[number * 7 % count], PORTS[number % len(PORTS)])
            for number in range(LOOKUPS)
        ]

    def look_up(self) -> float:
        """Look all flows up."""
        if not self.flows:
            self.draw_flows()

        def work() -> None:
            for endpoint, peer, port in self.flows:
                endpoint.lookup(Direction.INGRESS, peer, port, Protocol.TCP)

        return cpu_of(work)

    def floor(self) -> float:
        """Find each flow in a dictionary: what no look-up can be faster than."""
        if not self.flows:
            self.draw_flows()
        table = {(id(endpoint), peer, port): None for endpoint, peer, port in self.flows}

        def work() -> None:
            for endpoint, peer, port in self.flows:
                table.get((id(endpoint), peer, port))

        return cpu_of(work)

    def read_yaml(self) -> float:
        """Read the world's manifests."""
        text = "\n---\n".join(msgspec.json.encode(each).decode() for each in self.objects)
        return cpu_of(lambda: load_documents(text, "world", dialect=Dialect.KUBERNETES))


def measure(pods: int, policies: int) -> dict[str, float]:
    """The figures of one size, by the keys of ``MEASURES``."""
    town = Town(pods, policies)
    town.draw_flows()
    figures = {
        "yaml": town.read_yaml() * 1000,
        "world": cpu_of(lambda: build_world(town.objects, WorldSettings())) * 1000,
        "realize": town.from_nothing() * 1000,
        "first": LOOKUPS / town.look_up(),
        "lookups": LOOKUPS / town.look_up(),
        "floor": LOOKUPS / town.floor(),
        "edit": town.edit() * 1000,
        "relabel": town.relabel() * 1000,
    }
    return figures | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def policy_cases(folder: Path) -> list[Case]:
    """The budgets of the engine on a real-sized world, beside their floors."""
    manifests, lines = folder / "world.yaml", folder / "probes.jsonl"
    town = Town(PODS, POLICIES)
    manifests.write_bytes(b"\n---\n".join(msgspec.yaml.encode(each) for each in town.objects))
    lines.write_bytes(b"\n".join(probes(PODS)))
    verdict = [sys.executable, "-m", "quizgame", "verdict", "--manifests", str(manifests), "--probes", str(lines)]
    return [
        Case(f"quizgame verdict, {PROBES:,} probes", lambda: cpu_of_program(verdict), VERDICT_LIMIT, rounds=3),
        Case("  of which YAML (floor)", town.read_yaml, rounds=3),
        Case(f"parsed policies to map state, {len(town.identities)} identities", town.from_nothing, REALIZE_LIMIT),
        Case("an edited policy realized", town.edit, EDIT_LIMIT),
        Case("a new identity realized", town.relabel, EDIT_LIMIT),
        Case(f"{LOOKUPS:,} look-ups", town.look_up, LOOKUP_LIMIT, rounds=5),
        Case("  a dictionary alone (floor)", town.floor, rounds=5),
    ]


def show_policy_growth(sizes: Sequence[tuple[int, int]] = SIZES) -> None:
    """Print how the figures grow with the world, a column a size."""
    figures = []
    for pods, policies in sizes:
        words = [sys.executable, "-m", "tests.bench.policy", str(pods), str(policies)]
        done = subprocess.run(words, capture_output=True, check=True, text=True, env=program_environment())
        figures.append(json.loads(done.stdout))
    out = sys.stdout
    out.write(
        f"{'policy engine: pods/policies':<30}" + "".join(f"{pods}/{some}".rjust(12) for pods, some in sizes) + "\n"
    )
    for key, (what, unit, decimals) in MEASURES.items():
        out.write(f"  {what + ' ' + unit:<28}" + "".join(f"{each[key]:12,.{decimals}f}" for each in figures) + "\n")
    out.write("\n")
    out.flush()


def main() -> None:
    """Measure one size, or show how figures grow."""
    if len(sys.argv) == 3:
        sys.stdout.write(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
    else:
        show_policy_growth()


if __name__ == "__main__":
    main()
