"""``why``: opens the policy trail of a flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.game.insight.explanation import explain_flow, render
from quizgame.game.insight.question import BadQuestion, Question, parse_question
from quizgame.hubble.making import record_of
from quizgame.hubble.protojson.writer import encode
from quizgame.tools.output import Line, Result, failure, lines
from quizgame.tools.session import Session


@dataclass(frozen=True, slots=True)
class WhyTool:
    """``why FLOW`` and ``why FROM TO PORT`` (a ``Tool``)."""

    name: str = "why"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Explain a flow of the session's world as it would fare now."""
        try:
            question = parse_question(argv[1:])
            if question.uuid:
                question = _flow_of_uuid(session.world, question.uuid)
        except BadQuestion as error:
            return failure(f"why: {error.message}" if not error.message.startswith("usage") else error.message, 2)
        try:
            return Result(lines(render(explain_flow(session.world, question))))
        except BadQuestion as error:
            return failure(f"why: {error.message}")


def _flow_of_uuid(world: World, uuid: str) -> Question:
    for cluster in world.clusters.values():
        for agent in agents_of(cluster):
            for event in agent.ring.newest():
                record = record_of(event, cluster.cilium_version)
                if record.flow is not None and record.flow.uuid == uuid:
                    return parse_question([encode(record).decode()])
    raise BadQuestion(f"no ring buffer holds a flow {uuid}")


WHY = WhyTool()
