"""Simulated clusters for variants: one is built once, and each variant gets a fork of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.appfaults import AppFault
from quizgame.cluster.build import ClusterSpec, apply_manifest, default_specs
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.errors import QuizgameError
from quizgame.game.quiz.templates.situation import Object
from quizgame.game.worlds import assemble, free_shell
from quizgame.tools.output import render

SETTLED_S = 20
"""Simulated seconds after which pods of a variant are ready."""
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")

WORKERS = ("kind-worker", "kind-worker2")
NODES = ("kind-control-plane", *WORKERS)
"""The nodes of the plain lab."""


class LabError(QuizgameError):
    """A command that sets a variant up fails."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command printed."""

    text: str
    """Both streams, without colours and without a last line end."""
    exit: int

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.text.split("\n") if self.text else []


class Lab:
    """A fork of a world, with a shell in it."""

    def __init__(self, world: World) -> None:
        self.world = world.fork()
        self._shell = free_shell(self.world)

    def apply(self, objects: Sequence[Object], context: str | None = None) -> None:
        """Apply objects to the current cluster or another one, and wait until pods are ready."""
        cluster = self.world.cluster if context is None else self.world.clusters[context]
        apply_manifest(cluster, "variant", objects)
        self.wait()

    def wait(self, seconds: int = SETTLED_S) -> None:
        """Let simulated time pass."""
        self.world.settle()
        self.world.advance(seconds)

    def break_apps(self, faults: Sequence[AppFault]) -> None:
        """Let containers misbehave."""
        cluster = self.world.cluster
        cluster.app_faults = tuple(faults)
        cluster.controllers.enqueue_all()
        self.wait(60)

    def run(self, line: str) -> Shown:
        """Run a line."""
        result = self._shell.run_line(line)
        text = render(result.stdout) + render(result.stderr)
        return Shown(_ESCAPE.sub("", text).rstrip("\n"), result.exit)

    def must(self, line: str) -> Shown:
        """Run a line that cannot fail.

        Raises:
            LabError: It failed.
        """
        shown = self.run(line)
        if shown.exit:
            raise LabError(f"{line}: {shown.text}")
        return shown

    def agent(self, node: str) -> Agent:
        """The agent of a node of the current cluster."""
        return next(agent for agent in agents_of(self.world.cluster) if agent.node == node)

    def address(self, namespace: str, pod: str) -> str:
        """The address of a pod of the current cluster."""
        found: Any = self.world.cluster.api.get("pods", pod, namespace)
        return str(found["status"]["podIP"])


@lru_cache(maxsize=8)
def _plain(workers: int) -> World:
    return assemble(default_specs(workers=workers), seed=0)


def plain_lab(workers: int = 2) -> Lab:
    """One cluster of a control plane and workers."""
    return Lab(_plain(workers))


def nodes_of(workers: int) -> tuple[str, ...]:
    """The names of the nodes of such a cluster."""
    return ("kind-control-plane", *(f"kind-worker{number if number > 1 else ''}" for number in range(1, workers + 1)))


@lru_cache(maxsize=1)
def _mesh() -> World:
    world = assemble(default_specs(2, 1), seed=0)
    lab = free_shell(world)
    for line in (
        "cilium clustermesh enable --service-type NodePort",
        f"cilium --context {MESH[1]} clustermesh enable --service-type NodePort",
        f"cilium clustermesh connect --destination-context {MESH[1]} --allow-mismatching-ca",
        "sleep 30",
    ):
        result = lab.run_line(line)
        if result.exit:
            raise LabError(f"{line}: {render(result.stderr)}")
    return world


MESH = ("kind-cluster-a", "kind-cluster-b")
"""Contexts of the meshed clusters."""


def mesh_lab() -> Lab:
    """Two clusters that are joined in a mesh."""
    return Lab(_mesh())


def pool_lab(pool: str, mask: int, workers: int) -> Lab:
    """One cluster whose operator hands out pod ranges from a pool of its own."""
    values = {
        "ipam": {
            "mode": "cluster-pool",
            "operator": {"clusterPoolIPv4PodCIDRList": [pool], "clusterPoolIPv4MaskSize": mask},
        }
    }
    return Lab(assemble((ClusterSpec(workers=workers, values=values),), seed=0))


GATEWAY_ADDRESS = "172.18.255.1"
"""What a Gateway of the lab with Gateway API is given."""


@lru_cache(maxsize=1)
def _gateway() -> World:
    pool: Object = {
        "apiVersion": "cilium.io/v2", "kind": "CiliumLoadBalancerIPPool", "metadata": {"name": "pool"},
        "spec": {"blocks": [{"start": GATEWAY_ADDRESS, "stop": GATEWAY_ADDRESS}]},
    }  # fmt: skip
    values = {"gatewayAPI": {"enabled": True}, "kubeProxyReplacement": True}
    spec = ClusterSpec(workers=2, values=values, gateway_api=True)
    return assemble((spec,), seed=0, manifests=[("pool", [pool])])


def gateway_lab() -> Lab:
    """One cluster with Gateway API, and an address for one Gateway."""
    return Lab(_gateway())


def namespace(name: str) -> Object:
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def pod(
    where: str, name: str, labels: Mapping[str, str], *, node: str | None = None, ports: Sequence[int] = (8080,)
) -> Object:
    """A pod with one container."""
    spec: Object = {
        "containers": [
            {"name": "main", "image": "app.test/app:1", "ports": [{"containerPort": port} for port in ports]}
        ]
    }
    if node is not None:
        spec["nodeName"] = node
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": where, "labels": dict(labels)},
        "spec": spec,
    }  # fmt: skip


def service(
    where: str,
    name: str,
    selector: Mapping[str, str],
    port: int,
    target: int,
    annotations: Mapping[str, str] | None = None,
) -> Object:
    """A service of type ClusterIP."""
    metadata: Object = {"name": name, "namespace": where}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": metadata,
        "spec": {"selector": dict(selector), "ports": [{"port": port, "targetPort": target}]},
    }  # fmt: skip
