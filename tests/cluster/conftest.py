"""Stand-ins for the Cilium side: an agent that hands out addresses in order, an operator that only is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.build import ClusterSpec, build_world
from quizgame.cluster.clock import Clock
from quizgame.cluster.interfaces import CniError, ContainerExit
from quizgame.cluster.objects import name_of, namespace_of
from quizgame.cluster.world import Cluster, World


class FakeProgram:
    """Counts its starts; gives up when its configuration says ``fail``."""

    def __init__(self) -> None:
        self.running = False
        self.starts: list[str] = []
        self.config: dict[str, str] = {}

    @property
    def is_running(self) -> bool:
        return self.running

    def start(self, config: Mapping[str, str], pod_name: str) -> None:
        self.starts.append(pod_name)
        if config.get("fail"):
            raise ContainerExit(config["fail"])
        self.config = dict(config)
        self.running = True

    def stop(self) -> None:
        self.running = False

    def sync(self) -> bool:
        return False

    def next_due(self) -> int | None:
        return None


class FakeAgent(FakeProgram):
    is_waiting = False

    def __init__(self, cluster: Cluster, node: str) -> None:
        super().__init__()
        self.cluster = cluster
        self.node = node
        self.addresses: dict[tuple[str, str], str] = {}

    def cni_add(self, pod: Mapping[str, Any]) -> str:
        if not self.running:
            raise CniError("unable to connect to Cilium agent")
        pool = ip_network(self.cluster.api.get("nodes", self.node)["spec"]["podCIDR"])
        taken = set(self.addresses.values())
        address = next(str(pool[host]) for host in range(10, 255) if str(pool[host]) not in taken)
        self.addresses[namespace_of(pod), name_of(pod)] = address
        return address

    def cni_del(self, namespace: str, name: str) -> None:
        self.addresses.pop((namespace, name), None)

    def fork(self, cluster: Cluster) -> FakeAgent:
        twin = FakeAgent(cluster, self.node)
        twin.running, twin.config = self.running, self.config
        twin.starts, twin.addresses = list(self.starts), dict(self.addresses)
        return twin


class FakeOperator(FakeProgram):
    pod_name = ""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self.cluster = cluster

    def start(self, config: Mapping[str, str], pod_name: str) -> None:
        super().start(config, pod_name)
        self.pod_name = pod_name

    def stop(self) -> None:
        super().stop()
        self.pod_name = ""

    def fork(self, cluster: Cluster) -> FakeOperator:
        twin = FakeOperator(cluster)
        twin.pod_name = self.pod_name
        twin.running, twin.config, twin.starts = self.running, self.config, list(self.starts)
        return twin


Build = Callable[..., World]


@pytest.fixture
def build() -> Build:
    """Build a world of fakes: ``build(*documents, seed=1, specs=…)``; documents are YAML texts or mappings."""

    def make(*documents: str | Mapping[str, Any], seed: int = 1, specs: tuple[ClusterSpec, ...] = ()) -> World:
        loaded: list[Mapping[str, Any]] = []
        for each in documents:
            loaded += [doc for doc in yaml.safe_load_all(each) if doc] if isinstance(each, str) else [each]
        return build_world(
            specs or (ClusterSpec(),),
            seed=seed,
            manifests=[("test", loaded)] if loaded else [],
            agent_factory=FakeAgent,
            operator_factory=FakeOperator,
        )

    return make


@pytest.fixture
def api() -> ApiServer:
    """A server of its own with one namespace; no controllers run."""
    server = ApiServer(Clock(), seed=1, name="test")
    for name in ("default", "kube-system"):
        server.create("namespaces", {"metadata": {"name": name}})
        server.create("serviceaccounts", {"metadata": {"name": "default", "namespace": name}})
    return server


@pytest.fixture
def golden() -> Path:
    """The folder of true outputs beside the repository."""
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden"
    if not folder.is_dir():
        pytest.skip("the reference material is not beside this repository")
    return folder
