"""Agreement with verdicts that Cilium's own engine computed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quizgame.policy.model import EnforcementMode
from quizgame.policy.probe_parsing import parse_probe
from quizgame.policy.world import PolicyWorld, WorldSettings, build_world
from quizgame.yamlsource.loader import load_document, read_documents
from quizgame.yamlsource.scalars import Dialect

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle" / "policy"
CASES = sorted(path.parent for path in ORACLE.glob("*/case.yaml"))

pytestmark = pytest.mark.skipif(not CASES, reason="the policy oracle is not at hand")


def world_of(case: Path) -> tuple[PolicyWorld, list[dict[str, str]]]:
    facts = load_document((case / "case.yaml").read_bytes(), "case.yaml", dialect=Dialect.KUBERNETES).data
    objects = [document.data for document in read_documents(case / "manifests.yaml", dialect=Dialect.KUBERNETES)]
    settings = WorldSettings(
        mode=EnforcementMode(facts["policyEnforcementMode"]),
        cluster_name=facts["clusterName"],
        names=facts.get("dns") or {},
        init_pods=frozenset(facts.get("initPods") or ()),
    )
    return build_world(objects, settings), facts.get("rejected") or []


def word(allowed: bool | None) -> str | None:
    return None if allowed is None else "allowed" if allowed else "denied"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_probe_and_every_rejection_agrees(case: Path) -> None:
    world, rejected = world_of(case)
    differences = []
    for line in (case / "probes.jsonl").read_text().splitlines():
        data = json.loads(line)
        outcome = world.decide(parse_probe(data))
        found = {
            "egress": word(outcome.egress_allowed),
            "ingress": word(outcome.ingress_allowed),
            "l7": word(outcome.request_allowed),
            "verdict": outcome.verdict,
        }
        if found != data["expect"]:
            differences.append((data, found))
    assert not differences
    refusals = {(each.name, "api-server" if each.by_api_server else "agent", each.message) for each in world.rejections}
    assert refusals == {(each["name"], each["by"], each["error"]) for each in rejected}
