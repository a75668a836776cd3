"""Time and memory of the policy engine over generated worlds, beside floors that it can be compared with.

usage: python -m tests.bench.policy [PODS POLICIES]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import Any

import msgspec

from quizgame.policy.endpoint_policy import EndpointPolicy
from quizgame.policy.labels import pod_labels
from quizgame.policy.model import Direction, Protocol
from quizgame.policy.repository import Repository
from quizgame.policy.world import WorldSettings, build_world
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect
from tests.bench.worlds import app_of, namespace_of, policy

WORLDS = ((100, 20), (1000, 200), (5000, 1000))
LOOKUPS = 200_000
PROBES = 10_000
PORTS = (80, 443, 8080, 9090)
ENGINE_MS = "81 ms to import and 15 ms to distil 200 identities, 126 ns a lookup"
"""Cilium's own engine on 1,000 pods and 200 policies; source: reference/policy-semantics.md."""


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


def timed(work: Callable[[], object]) -> float:
    """Return the CPU seconds of some work."""
    start = process_time()
    work()
    return process_time() - start


def realize(repository: Repository, identities: list[int]) -> list[EndpointPolicy]:
    """Compute the policy of every identity."""
    return [repository.endpoint_policy(identity) for identity in identities]


def measure(pods: int, policies: int) -> None:
    """Print the figures of one world."""
    objects = [*(pod(number) for number in range(pods)), *(policy(number) for number in range(policies))]
    text = "\n---\n".join(msgspec.json.encode(each).decode() for each in objects)
    parsing = timed(lambda: load_documents(text, "world", dialect=Dialect.KUBERNETES))
    world = []
    building = timed(lambda: world.append(build_world(objects, WorldSettings())))
    repository = world[0].repository
    identities = [identity for identity in repository.identities.identities if 256 <= identity < 1 << 16]
    realized: list[list[EndpointPolicy]] = []
    realizing = timed(lambda: realized.append(realize(repository, identities)))
    repository.upsert_policy(policy(0, port=9090))
    editing = timed(lambda: realize(repository, identities))
    repository.add_identity(60_000, pod_labels({"app": "app1"}, namespace="ns1", namespace_labels={}))
    relabelling = timed(lambda: realize(repository, identities))
    forking = timed(lambda: repository.fork())

    count = len(identities)
    flows = [
        (realized[0][number * 13 % count], identities[number * 7 % count], PORTS[number % len(PORTS)])
        for number in range(LOOKUPS)
    ]

    def look_up() -> None:
        for endpoint, peer, port in flows:
            endpoint.lookup(Direction.INGRESS, peer, port, Protocol.TCP)

    table = {(id(endpoint), peer, port): None for endpoint, peer, port in flows}

    def floor() -> None:
        for endpoint, peer, port in flows:
            table.get((id(endpoint), peer, port))

    first, again, dictionary = timed(look_up), timed(look_up), timed(floor)
    print(f"{pods} pods, {count} identities, {policies} policies")  # noqa: T201 - it prints its figures
    for what, seconds in (
        ("YAML to data", parsing),
        ("data to world", building),
        ("realize all", realizing),
        ("after one edit", editing),
        ("after one identity", relabelling),
        ("fork", forking),
    ):
        print(f"  {what:20} {seconds * 1000:9.2f} ms")  # noqa: T201 - likewise
    for what, seconds in (("first look-ups", first), ("look-ups again", again), ("dictionary alone", dictionary)):
        print(f"  {what:20} {LOOKUPS / seconds:9.0f} a second")  # noqa: T201 - likewise
    print(f"  peak memory          {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:9} MiB")  # noqa: T201 - likewise


def whole_process(pods: int, policies: int) -> None:
    """Print what the verb takes for all probes, start of the interpreter and YAML included."""
    with tempfile.TemporaryDirectory() as folder:
        manifests, lines = Path(folder, "world.yaml"), Path(folder, "probes.jsonl")
        objects = [*(pod(number) for number in range(pods)), *(policy(number) for number in range(policies))]
        manifests.write_bytes(b"\n---\n".join(msgspec.yaml.encode(each) for each in objects))
        lines.write_bytes(b"\n".join(probes(pods)))
        words = [sys.executable, "-m", "quizgame", "verdict", "--manifests", str(manifests), "--probes", str(lines)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"quizgame verdict, {PROBES} probes on {pods} pods and {policies} policies: {seconds:.2f} s")  # noqa: T201 - likewise


def main() -> None:
    """Measure every world, or the one named on the command line."""
    worlds = ((int(sys.argv[1]), int(sys.argv[2])),) if len(sys.argv) == 3 else WORLDS
    for pods, policies in worlds:
        measure(pods, policies)
    whole_process(1000, 200)
    print(f"Cilium's own engine, 1000 pods and 200 policies: {ENGINE_MS}")  # noqa: T201 - likewise


if __name__ == "__main__":
    main()
