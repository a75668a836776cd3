"""Objects of a built world have the fields that the same objects have on a real cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.objects import name_of
from quizgame.cluster.world import World

Build = Callable[..., World]


def fields(node: Any, path: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield f"{path}.{key}"
            yield from fields(value, f"{path}.{key}")
    elif isinstance(node, list):
        for item in node:
            yield from fields(item, f"{path}[]")


# What the golden world has because of how it was made, not because servers fill it in.
_OWN = (".metadata.annotations", ".metadata.labels.rack", ".metadata.labels.app")


@pytest.mark.parametrize(
    ("plural", "start"),
    [
        ("pods", "xwing"), ("pods", "deathstar"), ("pods", "coredns"), ("deployments", "deathstar"),
        ("replicasets", "deathstar"), ("services", "deathstar"), ("services", "kube-dns"), ("services", "hubble-relay"),
        ("endpointslices", "deathstar"), ("endpointslices", "kubernetes"), ("nodes", "kind-worker"),
        ("nodes", "kind-control-plane"), ("namespaces", "default"), ("serviceaccounts", "hubble-relay"),
        ("deployments", "cilium-operator"),
    ],
)  # fmt: skip
def test_object_has_every_field_of_the_real_one(build: Build, golden: Path, plural: str, start: str) -> None:
    world = build((golden / "inputs" / "starwars.yaml").read_text())
    items = json.loads((golden / "inputs" / "world" / f"{plural}.json").read_text())["items"]
    real = next(each for each in items if name_of(each).startswith(start))
    ours = next(each for each in world.cluster.api.list(plural) if name_of(each).startswith(start))
    missing = set(fields(real)) - set(fields(ours))
    assert {each for each in missing if not each.startswith(_OWN)} == set()
