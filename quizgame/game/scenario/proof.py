"""Verification: whether what a learner saw proves that a restored flow goes through since the repair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from quizgame.cluster.fabric import agents_of
from quizgame.content.scenario.parts import Client, Probe
from quizgame.game.scenario.probing import Probed
from quizgame.game.scenario.repair import Judgement
from quizgame.game.scenario.stage import Stage
from quizgame.hubble.making import flow_of
from quizgame.tools.facts import Fact
from quizgame.tools.hubble_facts import FlowFacts
from quizgame.tools.session import Session

PROVING_VERDICTS = ("FORWARDED", "REDIRECTED")


def proves(stage: Stage, session: Session, judgement: Judgement, facts: Iterable[Fact], since_ns: int) -> bool:
    """Whether one of the facts shows one of the restored flows going through.

    Args:
        stage: What is played.
        session: The learner's shell.
        judgement: The repair, which holds.
        facts: What a line has just shown.
        since_ns: Since when it holds: a ring also keeps flows from before the fault, which prove nothing.
    """
    shown = list(facts)
    if any(_probe_shows(stage, probed, fact) for probed in judgement.probed for fact in shown if fact.kind == "probe"):
        return True
    flows = {fact for fact in shown if fact.kind == "flow"}
    candidates = {fact for fact in flows for probed in judgement.probed if _flow_shows(probed, fact)}
    return bool(candidates) and not candidates.isdisjoint(_flows_since(session, since_ns))


def _flows_since(session: Session, since_ns: int) -> Iterable[Fact]:
    for cluster in session.world.clusters.values():
        facts = FlowFacts(session.world, cluster)
        for agent in agents_of(cluster):
            for event in agent.ring.newest():
                if event.time_ns > since_ns:
                    yield from facts.of(flow_of(event, cluster.cilium_version))


def _is_about(probed: Probed, attributes: Mapping[str, str]) -> bool:
    client = probed.probe.client
    names = frozenset(name for each in probed.tries for name in each.names)
    ports = frozenset(str(port) for each in probed.tries for port in each.ports)
    return (
        attributes.get("from") in _client_names(client)
        and attributes.get("to") in names
        and attributes.get("port") in ports
    )


def _client_names(client: Client) -> tuple[str, ...]:
    """How facts name a client."""
    if client.workload is None:
        return (client.address, "world")
    return (f"{client.workload.namespace}/{client.workload.name}",)


def _probe_shows(stage: Stage, probed: Probed, fact: Fact) -> bool:
    probe, attributes = probed.probe, dict(fact.attributes)
    if not _is_about(probed, attributes) or attributes.get("outcome") != "ok":
        return False
    workload = probe.client.workload
    if workload is None or attributes.get("cluster") != stage.contexts.get(workload.cluster):
        return False
    asked = f"{attributes.get('method')} {attributes.get('path')}"
    return probe.http is None or (asked == _asks(probe) and _is_good(attributes))


def _flow_shows(probed: Probed, fact: Fact) -> bool:
    probe, attributes = probed.probe, dict(fact.attributes)
    if not _is_about(probed, attributes) or attributes.get("verdict") not in PROVING_VERDICTS:
        return False
    if probe.http is None or not any(each.is_read for each in probed.tries):
        return True
    return attributes.get("http") == _asks(probe) and _is_good(attributes)


def _asks(probe: Probe) -> str:
    return f"{probe.http.method} {probe.http.path}" if probe.http is not None else ""


def _is_good(attributes: Mapping[str, str]) -> bool:
    return int(attributes.get("code", "0")) < 400
