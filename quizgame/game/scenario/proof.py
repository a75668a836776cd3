"""Verification: whether what a learner saw proves that a restored flow goes through."""

from __future__ import annotations

from collections.abc import Iterable

from quizgame.game.scenario.probing import Probed
from quizgame.game.scenario.repair import Judgement
from quizgame.game.scenario.stage import Stage
from quizgame.tools.facts import Fact

PROVING_VERDICTS = ("FORWARDED", "REDIRECTED")


def proves(stage: Stage, judgement: Judgement, facts: Iterable[Fact]) -> bool:
    """Whether one of the facts shows one of the restored flows going through."""
    shown = [dict(fact.attributes) | {"": fact.kind} for fact in facts if fact.kind in ("probe", "flow")]
    return any(_shows(stage, probed, attributes) for probed in judgement.probed for attributes in shown)


def _shows(stage: Stage, probed: Probed, attributes: dict[str, str]) -> bool:
    probe = probed.probe
    source = probe.source
    names = frozenset(name for each in probed.tries for name in each.names)
    ports = frozenset(port for each in probed.tries for port in each.ports)
    if attributes.get("from") != f"{source.namespace}/{source.name}" or attributes.get("to") not in names:
        return False
    if not attributes.get("port", "").isdecimal() or int(attributes["port"]) not in ports:
        return False
    if attributes[""] == "flow":
        return _flow_shows(probed, attributes)
    if attributes.get("cluster") != stage.contexts.get(source.cluster) or attributes.get("outcome") != "ok":
        return False
    if probe.http is None:
        return True
    is_same = (attributes.get("method"), attributes.get("path")) == (probe.http.method, probe.http.path)
    return is_same and int(attributes.get("code", "0")) < 400


def _flow_shows(probed: Probed, attributes: dict[str, str]) -> bool:
    probe = probed.probe
    if attributes.get("verdict") not in PROVING_VERDICTS:
        return False
    if probe.http is None:
        return True
    is_same = attributes.get("http") == f"{probe.http.method} {probe.http.path}"
    return is_same and int(attributes.get("code", "0")) < 400
