"""Tables of states that the simulated clusters are not in have the columns of the real ones.

Every recorded table of ``kubectl get`` and ``kubectl events`` whose bytes no other test compares is played in the
recorded world, with a bare object added of each kind that it lacks; the header is what is compared.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from quizgame.tools.kubectl import KUBECTL
from quizgame.tools.output import render
from quizgame.tools.session import Session
from tests.kubectl.test_golden_tables import recorded_session

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden"
_HEADER = re.compile(r"[A-Z][A-Z0-9()/ -]*(?: {2,}[A-Z0-9(].*)?")
_KINDS_WITH_NAMESPACE = "default"
LEFT_OUT = {
    "kubectl/events": "nothing has happened in the recorded world",
    "kubectl/events-for": "nothing has happened in the recorded world",
    "kubectl/events-states": "nothing has happened in the recorded world",
    "kubectl/get-gateway-api": "several tables, of which only some have objects",
    "kubectl/get-pods-l-in": "a selector that nothing in the recorded world fits",
}


def _entries() -> Iterator[dict[str, Any]]:
    index = GOLDEN / "index.json"
    if not index.exists():
        return
    for entry in json.loads(index.read_text()):
        command = entry["command"]
        if (
            not entry["id"].startswith("kubectl/")
            or entry["id"].startswith("kubectl/world-")
            or entry["id"] in LEFT_OUT
        ):
            continue
        if not re.match(r"kubectl (get|events)\b", command) or re.search(
            r"-o ?(json|yaml|name|custom|go-|kyaml)", command
        ):
            continue
        head = (GOLDEN / entry["stdout"]).read_text().partition("\n")[0]
        if _HEADER.fullmatch(head):
            yield entry


ENTRIES = list(_entries())


@lru_cache(maxsize=1)
def _taken_at() -> str:
    return str(json.loads((GOLDEN / "inputs" / "world" / "taken-at.json").read_text())["taken_at"])


def _filled() -> Session:
    """The recorded world with a bare object of each kind that it lacks."""
    session = recorded_session(_taken_at())
    api = session.world.clusters["kind-kind"].api
    for resource in api.registry:
        if not resource.is_stored or api.list(resource):
            continue
        namespace = _KINDS_WITH_NAMESPACE if resource.namespaced else ""
        metadata = {"name": "bare", "creationTimestamp": _taken_at(), "uid": "1", "resourceVersion": "1"}
        if namespace:
            metadata["namespace"] = namespace
        node = {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": metadata,
            "spec": {},
            "status": {},
        }
        api.store.put(resource.qualified, (namespace, "bare"), node)
    return session


def _columns(text: str) -> list[str]:
    return re.split(r" {2,}", text.partition("\n")[0].strip())


@pytest.mark.skipif(not ENTRIES, reason="the reference outputs are not beside this repository")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_columns_are_the_golden_ones(entry: Mapping[str, Any]) -> None:
    expected = (GOLDEN / entry["stdout"]).read_text()
    words = [word for word in shlex.split(entry["command"])[1:] if word not in ("-w", "--watch")]
    result = KUBECTL.run(["kubectl", *words], _filled(), ())
    shown = render(result.stdout)
    if not shown:  # the recorded world has no such object in this place: look everywhere
        kept = [word for word in words if not word.startswith(("-n", "-l", "--field-selector"))]
        shown = render(KUBECTL.run(["kubectl", *kept[:2], "-A", *kept[3:]], _filled(), ()).stdout)
        shown = re.sub(r"^NAMESPACE +", "", shown)
        expected = re.sub(r"^NAMESPACE +", "", expected)
    assert _columns(shown) == _columns(expected)
