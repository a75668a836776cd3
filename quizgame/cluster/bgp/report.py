"""What an agent writes into the status of its CiliumBGPNodeConfig.

Source: cilium/cilium v1.19 pkg/bgp/manager/reconciler/crd_status.go; golden kubectl describe-bgpnodeconfig.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.bgp.desired import NODE_CONFIGS, Family, Instance, Peer
from quizgame.cluster.clock import rfc3339
from quizgame.cluster.conditions import Condition, set_conditions

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.bgp.sessions import Session
    from quizgame.cluster.objects import KubeObject

RECONCILE_ERROR = "cilium.io/BGPReconcileError"


def write_status(agent: Agent) -> bool:
    """Report instances and sessions; return whether anything was written."""
    node = agent.api.find(NODE_CONFIGS, agent.node) if agent.is_connected else None
    if node is None:
        return False
    status: KubeObject = {}
    if agent.config.is_on("enable-bgp-control-plane-status-report", default=True):
        errors = "".join(f"{instance}: {text}\n" for instance, text in agent.bgp.desired.errors)
        condition = Condition(RECONCILE_ERROR, "True" if errors else "False", "BGPReconcileError", errors)
        status["conditions"] = set_conditions(node, (condition,), rfc3339(agent.now_ns))
        instances = [_instance(agent, each) for each in agent.bgp.desired.instances]
        if instances:
            status["bgpInstances"] = instances
    if status == (node.get("status") or {}):
        return False
    agent.api.update_status(NODE_CONFIGS, node, status)
    return True


def _instance(agent: Agent, instance: Instance) -> KubeObject:
    peers = [_peer(agent, instance, each, agent.bgp.sessions[instance.name, each.name]) for each in instance.peers]
    return {"localASN": instance.asn, "name": instance.name, **({"peers": peers} if peers else {})}


def _peer(agent: Agent, instance: Instance, peer: Peer, session: Session) -> KubeObject:
    report: KubeObject = {
        "name": peer.name,
        "peerASN": peer.asn or session.peer_asn,
        "peerAddress": peer.address,
        "peeringState": session.state.value,
        "routeCount": [
            {"advertised": advertised, "afi": family.afi, "received": received, "safi": family.safi}
            for family, received, advertised in counts(agent, instance, peer, session)
        ],
        "timers": {
            "appliedHoldTimeSeconds": session.hold_s,
            "appliedKeepaliveSeconds": keepalive_s(peer, session),
        },
    }
    if session.established_ns is not None:
        report["establishedTime"] = rfc3339(session.established_ns)
    return report


def counts(agent: Agent, instance: Instance, peer: Peer, session: Session) -> list[tuple[Family, int, int]]:
    """Each family of a session with how many routes came in and went out; nothing while it is not up."""
    return [
        (
            family,
            session.received if session.is_up and family.afi == "ipv4" else 0,
            len(routes) if session.is_up else 0,
        )
        for family, routes in zip(peer.families, agent.bgp.routes[instance.name, peer.name], strict=True)
    ]


def keepalive_s(peer: Peer, session: Session) -> int:
    """The interval of KEEPALIVE messages in force. Source: GoBGP: a third of a hold time that was bargained down."""
    if not session.is_up:
        return 0
    return peer.keepalive_s if session.hold_s == peer.hold_s else session.hold_s // 3
