"""Tables printed from the objects behind the golden outputs are those outputs, byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.clock import Clock, parse_rfc3339, rfc3339
from quizgame.cluster.controllers.manager import ControllerManager
from quizgame.cluster.crds import CILIUM_CRDS, GATEWAY_CRDS, crd_object
from quizgame.cluster.world import Cluster, World
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl import KUBECTL
from quizgame.tools.output import render
from quizgame.tools.session import Session

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden"


def _entries() -> Iterator[dict[str, Any]]:
    index = GOLDEN / "index.json"
    if not index.exists():
        return
    for entry in json.loads(index.read_text()):
        if entry["id"].startswith("kubectl/world-") and "input" in entry:
            yield entry


ENTRIES = list(_entries())


@lru_cache(maxsize=1)
def _objects() -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return tuple(
        (path.stem, node)
        for path in sorted((GOLDEN / "inputs" / "world").glob("*.json"))
        for node in json.loads(path.read_text()).get("items", ())
    )


def recorded_session(taken_at: str) -> Session:
    """A shell before the recorded objects, at an instant."""
    clock = Clock(parse_rfc3339(taken_at) - SECOND)
    world = World(seed=1, clock=clock)
    api = ApiServer(clock, seed=1, name="kind-kind")
    for resource in (*CILIUM_CRDS, *GATEWAY_CRDS):
        crd = crd_object(resource)
        api.store.put("customresourcedefinitions.apiextensions.k8s.io", ("", crd["metadata"]["name"]), crd)
    cluster = Cluster(
        context="kind-kind",
        kind_name="kind",
        api=api,
        api_address="172.18.0.2",
        pod_cidr="10.244.0.0/16",
        service_cidr="10.96.0.0/16",
    )
    cluster.controllers = ControllerManager(cluster, ())  # none: the objects are shown as recorded
    world.clusters["kind-kind"] = cluster
    world.current_context = "kind-kind"
    for plural, node in _objects():
        metadata = node["metadata"]
        served = api.resource(plural)
        api.store.put(served.qualified, (metadata.get("namespace", ""), metadata["name"]), dict(node))
    return Session(world)


def _instants(note: str) -> Iterator[str]:
    """When the table may have been printed: the noted second or one of the next, since ages differ within a run."""
    noted = re.search(r"\d{4}-\S+Z", note)
    recorded = json.loads((GOLDEN / "inputs" / "world" / "taken-at.json").read_text())["taken_at"]
    first = parse_rfc3339(noted[0] if noted else recorded)
    for later in range(3 if noted else 10):
        yield rfc3339(first + later * SECOND)


@pytest.mark.skipif(not ENTRIES, reason="the reference outputs are not beside this repository")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_table_is_the_golden_one(entry: Mapping[str, Any]) -> None:
    expected = (GOLDEN / entry["stdout"]).read_text()
    results = [KUBECTL.run(_words(entry), recorded_session(instant), ()) for instant in _instants(entry["note"])]
    shown = [render(result.stdout) for result in results]
    assert expected in shown, f"\n{shown[0]}\n{expected}"
    result = results[shown.index(expected)]
    stderr = (GOLDEN / entry["stderr"]).read_text() if "stderr" in entry else ""
    assert render(result.stderr) == stderr
    assert result.exit == entry["exit_code"]


def _words(entry: Mapping[str, Any]) -> list[str]:
    words: list[str] = entry["command"].split()
    first_line = (GOLDEN / entry["stdout"]).read_text().split("\n", 1)[0]
    # The recorded command leaves out the option that its output shows.
    return [*words, "-A"] if first_line.startswith("NAMESPACE ") and "-A" not in words else words
