"""How long simulated clusters take to build, to answer and to take in a change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, cycle

from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell
from quizgame.tools.output import render
from quizgame.tools.shell.completion import complete
from quizgame.tools.shell.executor import Shell
from tests.bench.measure import Case, Unmeasured, cpu_of
from tests.bench.worlds import ADVERTISED, advertising_world, big_world, mesh_sized_world, policy

PODS, POLICIES = 1000, 200
COMMAND_LIMIT, COMPLETION_LIMIT, EDIT_LIMIT, BUILD_LIMIT = 0.05, 0.02, 0.1, 0.3
AGENT = "kubectl -n kube-system exec ds/cilium --"
READING = (
    "kubectl get pods -A",
    "kubectl get pods -A -o wide",
    "kubectl get pods -n ns1 -l app=app1",
    "kubectl get cnp -A",
    "kubectl get services -A",
    "kubectl get cep -A",
    "kubectl get ciliumidentities",
    "kubectl get endpointslices -A",
    "kubectl get nodes -o wide",
    "kubectl describe pods -n ns1 -l app=app1",
    "cilium status",
    f"{AGENT} cilium-dbg status",
    f"{AGENT} cilium-dbg endpoint list",
    f"{AGENT} cilium-dbg identity list",
    f"{AGENT} cilium-dbg service list",
    f"{AGENT} cilium-dbg bpf ipcache list",
    "kubectl -n ns4 exec deploy/app4 -- curl -s -o /dev/null --max-time 1 app5.ns4",
    "hubble observe --last 20",
    "kubectl get pods -A | grep app7 | wc -l",
)
"""Lines that change nothing but the clock."""
WATCHING = (
    "hubble observe --pod ns1/app0",
    "hubble observe -n ns1 --verdict DROPPED",
    "hubble observe -l app=app0 --last 50",
    "hubble observe --service ns1/app0 --protocol tcp",
    "hubble observe --not --verdict FORWARDED --last 100",
    "hubble observe --node-name kind-worker --last 100 -o jsonpb",
)
"""Looks at flows where rings are full."""
FULL_RING = 4095
UNFINISHED = (
    "kubectl ",
    "kubectl get ",
    "kubectl get pods -n ns0 ",
    "kubectl -n ns0 get po/",
    f"{AGENT} cilium-dbg bpf ",
    "cilium config set ",
    "hubble observe -",
    "hubble observe --pod ",
    "hubble observe --label a",
)
"""Lines to complete."""
DUMPING = ("kubectl get pods -A -o json", "kubectl get pods -A -o yaml")
"""Lines that print the whole world, some 200,000 lines; what they take is shown without a budget."""


def type_line(shell: Shell, line: str, statuses: tuple[int, ...] = (0,)) -> None:
    """Type a line and have its output rendered, as a screen does.

    Raises:
        Unmeasured: It failed.
    """
    result = shell.run_line(line)
    render(result.stdout)
    if result.exit not in statuses:
        raise Unmeasured(f"exit {result.exit}: {render(result.stderr).strip()}")


def edits() -> Iterator[str]:
    """Lines that change a policy, without end: its port goes to and fro."""
    for port in cycle((9090, 8080)):
        yield f"kubectl apply -f - <<EOF\n{json.dumps(policy(0, port))}\nEOF"


def reading_cases(world: World) -> list[Case]:
    """A line of each kind, typed in a world."""
    # A shell lets go of a line's output when the next is typed, so lines with much of it have a shell of their own.
    reading, dumping = free_shell(world), free_shell(world)
    curl_statuses = (0, 7, 28)  # what policy lets through is not the subject

    def case(line: str, shell: Shell, limit: float | None) -> Case:
        statuses = curl_statuses if " curl " in line else (0,)
        shown = line.replace(AGENT, "…").replace("kubectl -n ns4 exec deploy/app4 --", "…")
        return Case(shown, lambda: cpu_of(partial(type_line, shell, line, statuses)), limit=limit, rounds=5)

    return [
        *(case(line, reading, COMMAND_LIMIT) for line in READING),
        *(case(line, dumping, None) for line in DUMPING),
    ]


def watching_cases() -> list[Case]:
    """Looks at the flows of a world of 60 pods whose rings requests have filled."""
    world = big_world(60, 20)
    shell, rings = free_shell(world), [agent.ring for agent in agents_of(world.cluster)]
    for turn in count():
        if max(len(ring.newest()) for ring in rings) >= FULL_RING:
            break
        client, server = turn % 12, (turn // 12 + turn) % 12
        get = f"curl -s -o /dev/null --max-time 1 app0.ns{server}"
        type_line(shell, f"kubectl -n ns{client} exec deploy/app0 -- {get}", (0, 7, 28))

    def case(line: str) -> Case:
        return Case(line, lambda: cpu_of(partial(type_line, shell, line)), limit=COMMAND_LIMIT, rounds=5)

    return [*map(case, WATCHING)]


def completing_cases(world: World) -> list[Case]:
    """An unfinished line of each kind, completed in a world."""
    shell = free_shell(world)

    def case(line: str) -> Case:
        find = partial(complete, shell.session, line, len(line))
        return Case(line.replace(AGENT, "…"), lambda: cpu_of(find), limit=COMPLETION_LIMIT, rounds=5)

    return [*map(case, UNFINISHED)]


def changing_cases(world: World) -> list[Case]:
    """Changes that agents and controllers take in before the next prompt."""
    shell = free_shell(world)
    applied, replicas, labels = edits(), cycle((6, 5)), cycle(("gold", "silver"))

    def case(what: str, line: Callable[[], str]) -> Case:
        return Case(what, lambda: cpu_of(partial(type_line, shell, line())), limit=EDIT_LIMIT, rounds=10)

    return [
        case("kubectl apply of a changed policy", lambda: next(applied)),
        case("kubectl scale by one pod", lambda: f"kubectl -n ns2 scale deploy/app0 --replicas={next(replicas)}"),
        case(
            "kubectl label of a pod template's five pods",
            lambda: f"kubectl -n ns1 label pods -l app=app1 plan={next(labels)} --overwrite",
        ),
    ]


def advertising_cases() -> list[Case]:
    """Lines typed where a router learns services by BGP."""
    shell = free_shell(advertising_world())
    plans = count()  # labels that no identity has yet
    lines: dict[str, Callable[[], str]] = {
        "kubectl label of all 60 pods": lambda: f"kubectl label pods --all plan=p{next(plans)} --overwrite",
        "kubectl label of a service": lambda: f"kubectl label service web0 plan=p{next(plans)} --overwrite",
        "cilium bgp peers": lambda: "cilium bgp peers",
        "cilium bgp routes": lambda: "cilium bgp routes",
    }

    def case(what: str, line: Callable[[], str]) -> Case:
        return Case(what, lambda: cpu_of(partial(type_line, shell, line())), limit=COMMAND_LIMIT, rounds=10)

    return [case(what, line) for what, line in lines.items()]


def building_cases(world: World) -> list[Case]:
    """Worlds from nothing, and forks."""
    return [
        Case(
            "build 2 clusters, 3 nodes and 60 pods each", lambda: cpu_of(mesh_sized_world), limit=BUILD_LIMIT, rounds=5
        ),
        Case(
            f"build 3 nodes and 60 pods, {ADVERTISED} services told by BGP",
            lambda: cpu_of(advertising_world),
            limit=BUILD_LIMIT,
            rounds=5,
        ),
        Case(f"build {PODS} pods, {POLICIES} policies", lambda: cpu_of(lambda: big_world(PODS, POLICIES)), rounds=1),
        Case(f"fork {PODS} pods, {POLICIES} policies", lambda: cpu_of(world.fork), rounds=10),
    ]
