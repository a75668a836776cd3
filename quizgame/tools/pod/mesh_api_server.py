"""``clustermesh-apiserver kvstoremesh-dbg`` in KVStoreMesh's container, to which the mesh's status points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quizgame.tools.mesh_trouble import MeshTrouble
from quizgame.tools.output import Line, Result, not_simulated

if TYPE_CHECKING:
    from quizgame.tools.pod.context import PodContext


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``kvstoremesh-dbg troubleshoot [CLUSTER...]``; everything else of the program is refused."""
    if tuple(argv[1:3]) != ("kvstoremesh-dbg", "troubleshoot") or any(word.startswith("-") for word in argv[3:]):
        return not_simulated(" ".join(argv))
    node = context.pod["spec"]["nodeName"]
    place = f"{context.cluster.context}/{node}"
    trouble = MeshTrouble(context.session.world, context.cluster, place, is_mirror=True)
    return Result(stdout=trouble.report(argv[3:]))
