"""Controllers that never come to rest do not stop the clock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.apiserver import FieldValidation
from quizgame.cluster.build import build_world, default_specs
from quizgame.cluster.controllers.manager import ControllerManager, Timeless
from quizgame.cluster.objectstore import Change, Key

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster


class Fidgety(Timeless):
    """Writes whenever it sees its own last write."""

    name = "fidgety"

    def keys(self, change: Change) -> Iterable[Key]:
        """Every change of the one ConfigMap."""
        return [change.key] if change.resource == "configmaps" and change.key[1] == "restless" else ()

    def all_keys(self) -> Iterable[Key]:
        """Nothing waits from before."""
        return ()

    def reconcile(self, key: Key) -> None:
        """Count one further."""
        found = self.api.get("configmaps", key[1], key[0])
        data = {"count": str(int(found["data"]["count"]) + 1)}
        self.api.update("configmaps", {**found, "data": data}, validate=FieldValidation.TRUSTED)

    def fork(self, cluster: Cluster) -> Fidgety:
        """The same in a forked world."""
        return Fidgety(cluster)


def test_endless_work_is_put_off_for_longer_and_longer() -> None:
    world = build_world(default_specs(), seed=0)
    cluster = world.cluster
    cluster.controllers = ControllerManager(cluster, [Fidgety(cluster)])
    body = {"metadata": {"name": "restless", "namespace": "default"}, "data": {"count": "0"}}
    cluster.api.create("configmaps", body)
    counts = []
    for seconds in (0, 1, 10, 1000):
        world.advance(seconds)
        counts.append(int(cluster.api.get("configmaps", "restless", "default")["data"]["count"]))
    first, second, third, last = counts
    assert 0 < first < second < third < last
    # Growing pauses: a thousand seconds bring a handful of rounds, not a thousand.
    assert last - third < 8 * (second - first)


def test_a_world_with_endless_work_still_settles() -> None:
    world = build_world(default_specs(), seed=0)
    world.cluster.controllers = ControllerManager(world.cluster, [Fidgety(world.cluster)])
    body = {"metadata": {"name": "restless", "namespace": "default"}, "data": {"count": "0"}}
    world.cluster.api.create("configmaps", body)
    world.settle()
    before = world.cluster.api.store.version
    world.settle()
    assert world.cluster.api.store.version == before
