"""Choosing backends by a table that every node works out alike, so that it does not matter which node a flow enters by.

Source: cilium/cilium v1.19 pkg/maglev and Documentation/network/kubernetes/kubeproxy-free.rst: for clients outside the
cluster; connections from inside are translated at the socket and chosen at random.
Simplified: the permutations come from another hash than murmur3, so a real node's table of the same backends has other
numbers in it.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from quizgame.cluster.agent.config import number_in
from quizgame.cluster.keyed import keyed_int

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.agent.services import Backend, Frontend

DEFAULT_SIZE, DEFAULT_SEED = 16381, "JLfvgnHc2kaSUFaI"
SIZES = (251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071)
"""Table sizes that an agent accepts."""
_TABLES = 64


def uses_maglev(config: AgentConfig) -> bool:
    """Whether backends are chosen by tables."""
    return config.has_kube_proxy_replacement and config.get("bpf-lb-algorithm", "random") == "maglev"


def table_size(config: AgentConfig) -> int:
    """How many slots a table has."""
    return number_in(config.data, "bpf-lb-maglev-table-size", DEFAULT_SIZE)


def has_table(config: AgentConfig, frontend: Frontend) -> bool:
    """Whether a frontend has a table: those that clients outside can use."""
    # Source: cilium/cilium v1.19 pkg/loadbalancer/reconciler useMaglev.
    return uses_maglev(config) and (frontend.type != "ClusterIP" or config.is_on("bpf-lb-external-clusterip"))


@lru_cache(maxsize=_TABLES)
def lookup_table(backends: tuple[str, ...], size: int, seed: str) -> tuple[int, ...]:
    """The table of some backends: for each slot the position of the backend that has it.

    Each backend in its turn takes the next free slot of its own permutation of all slots.
    """
    if not backends:
        return ()
    steps = [_offset_and_skip(name, size, seed) for name in backends]
    following = [offset for offset, _ in steps]
    table = [-1] * size
    for turn in range(size):
        position = turn % len(backends)
        slot, skip = following[position], steps[position][1]
        while table[slot] >= 0:
            slot = (slot + skip) % size
        table[slot] = position
        following[position] = (slot + skip) % size
    return tuple(table)


def _offset_and_skip(name: str, size: int, seed: str) -> tuple[int, int]:
    digest = blake2b(name.encode(), key=seed.encode(), digest_size=16).digest()
    first, second = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")
    return first % size, second % (size - 1) + 1


def table_of(config: AgentConfig, usable: Sequence[Backend]) -> tuple[list[Backend], tuple[int, ...]]:
    """The backends in the order of their names, and their table."""
    ordered = sorted(usable, key=_name)
    seed = config.get("bpf-lb-maglev-hash-seed") or DEFAULT_SEED
    return ordered, lookup_table(tuple(map(_name, ordered)), table_size(config), seed)


def choose(agent: Agent, frontend: Frontend, usable: Sequence[Backend], client: tuple[str | int, ...]) -> Backend:
    """The backend of a client's connection; the same one on every node."""
    ordered, table = table_of(agent.config, usable)
    slot = keyed_int(agent.seed, "maglev", frontend.port, frontend.protocol, *client, below=len(table))
    return ordered[table[slot]]


def _name(backend: Backend) -> str:
    return f"{backend.ip}:{backend.port}/{backend.protocol}"
