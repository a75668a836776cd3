"""``cilium clustermesh enable`` and ``disable``. Source: reference cilium-cli, section 7."""

from __future__ import annotations

from typing import Any

from quizgame.goflags.flagset import boolean, string
from quizgame.tools.cilium.call import Call, CommandFailed, Sub
from quizgame.tools.cilium.helm import need_release, upgrade_values

NODE_PORT_NOTE = "⚠️  Using service type NodePort may fail when nodes are removed from the cluster!"
_TYPES = ("LoadBalancer", "NodePort")


def _enable(call: Call) -> None:
    what = "enable ClusterMesh"
    kind = call.flags.text("service-type")
    if not kind:
        raise CommandFailed(
            f"Unable to {what}: cannot auto-detect service type, please specify using '--service-type' option"
        )
    if kind not in _TYPES:
        raise CommandFailed(f'Unable to {what}: service type "{kind}" is not valid')
    if kind == "NodePort":
        call.say(NODE_PORT_NOTE)
    need_release(call, what)
    changes: dict[str, Any] = {"clustermesh.useAPIServer": True, "clustermesh.apiserver.service.type": kind}
    if call.flags.changed("enable-kvstoremesh"):
        changes["clustermesh.apiserver.kvstoremesh.enabled"] = call.flags.is_on("enable-kvstoremesh")
    upgrade_values(call, changes)


def _disable(call: Call) -> None:
    need_release(call, "disable ClusterMesh")
    upgrade_values(call, {"clustermesh.useAPIServer": False})


COMMANDS = (
    Sub("clustermesh enable", "enable", "Make a cluster ready for a mesh, with Helm", _enable, lambda: [
        boolean("enable-kvstoremesh", "Mirror remote clusters in the local clustermesh-apiserver"),
        string("service-type", "How others reach the control plane { LoadBalancer | NodePort }",
               choices=("LoadBalancer", "NodePort")),
    ]),
    Sub("clustermesh disable", "disable", "Take a cluster's part in a mesh away, with Helm", _disable),
)  # fmt: skip
