"""How time and memory grow with the world: one process a size, so that each one's memory is its own.

usage: python -m tests.bench.growth PODS POLICIES      one size, as JSON
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import process_time

from quizgame.cluster.build import apply_manifest
from quizgame.cluster.world import World
from quizgame.datapath.packet import Origin, Packet
from quizgame.datapath.topology import pod_origin
from quizgame.datapath.walk import decide
from tests.bench.measure import cpu_of, program_environment
from tests.bench.worlds import big_world, policy

SIZES = ((100, 20), (1_000, 200), (5_000, 1_000))
COURSES = 5_000
MEASURES = {
    # key: (what, unit)
    "build": ("build from nothing", "s"),
    "edit": ("after one edit of a policy", "ms"),
    "fork": ("fork", "ms"),
    "first": ("first connections decided", "/s"),
    "courses": ("connections decided after that", "/s"),
    "memory": ("peak memory", "MiB"),
}


def origins(world: World) -> list[Origin]:
    """All pods that can send."""
    context = world.current_context
    pods = world.cluster.api.list("pods")
    found = (pod_origin(world, context, pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in pods)
    return [origin for origin in found if origin is not None and origin.is_pod]


def measure(pods: int, policies: int) -> dict[str, float]:
    """The figures of one size, by the keys of ``MEASURES``."""
    start = process_time()
    world = big_world(pods, policies)
    built = process_time() - start
    senders = origins(world)
    count = len(senders)
    pairs = [(senders[number * 31 % count], senders[number * 17 % count]) for number in range(COURSES)]
    return {
        "build": built,
        "edit": cpu_of(lambda: edit(world)) * 1000,
        "fork": cpu_of(world.fork) * 1000,
        "first": COURSES / cpu_of(lambda: decide_all(world, pairs)),
        "courses": COURSES / cpu_of(lambda: decide_all(world, pairs)),
        "memory": peak_mib(),
    }


def edit(world: World) -> None:
    """Change a policy and let all agents realize it."""
    apply_manifest(world.cluster, "edit", [policy(0, port=9090)])
    world.settle()


def peak_mib() -> float:
    """The most memory that this program has held, without what its parent held when it started it."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def decide_all(world: World, pairs: Sequence[tuple[Origin, Origin]]) -> None:
    """Decide a connection between each pair of pods; the first ones work out policies that later ones find."""
    for number, (sender, receiver) in enumerate(pairs):
        decide(world, sender, Packet(sender.ip, receiver.ip, "TCP", 32768 + number, 8080, ("SYN",)))


def show_growth() -> None:
    """Print the figures of every size, and by what each grew from one size to the next."""
    columns = []
    for pods, policies in SIZES:
        words = [sys.executable, "-m", "tests.bench.growth", str(pods), str(policies)]
        done = subprocess.run(words, check=True, capture_output=True, text=True, env=program_environment())
        columns.append(json.loads(done.stdout))
    out = sys.stdout
    heads = [f"{pods:,} pods, {policies:,}" for pods, policies in SIZES]
    out.write(f"{'growth with pods and policies':<40}" + "".join(f"{head:>26}" for head in heads) + "\n")
    for key, (what, unit) in MEASURES.items():
        cells = []
        for number, column in enumerate(columns):
            grown = f" ({column[key] / columns[number - 1][key]:.1f}x)" if number else ""
            cells.append(f"{column[key]:,.1f} {unit}{grown}")
        out.write(f"  {what:<38}" + "".join(f"{cell:>26}" for cell in cells) + "\n")
    out.write("\n")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
