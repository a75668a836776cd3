"""``cilium-dbg troubleshoot clustermesh``: why an agent is not connected to a remote cluster."""

from __future__ import annotations

from quizgame.tools.cilium_dbg.call import Call, Sub
from quizgame.tools.mesh_trouble import MeshTrouble
from quizgame.tools.output import Result


def _clustermesh(call: Call) -> Result:
    trouble = MeshTrouble(call.context.session.world, call.context.cluster, call.agent.place)
    return Result(stdout=trouble.report(call.args))


COMMANDS = (
    Sub("troubleshoot clustermesh", "clustermesh [clusters...]", "Find out why remote clusters are not connected",
        _clustermesh),
)  # fmt: skip
