"""Which identity other nodes have: the reserved one, or numbers of their own by their labels.

Source: cilium/cilium v1.19 pkg/node/manager nodeIdentityLabels, pkg/labelsfilter FilterNodeLabels;
Documentation/security/policy/layer3.rst, node based (``enable-node-selector-labels``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.policy.identity import REMOTE_NODE_SCOPE, ReservedIdentity
from quizgame.policy.labels import SOURCE_NODE, Label, Labels, is_identity_relevant, parse_labels

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.nodes import KnownNode

SWITCH = "enable-node-selector-labels"


def node_identity(agent: Agent, node: KnownNode) -> int:
    """The identity that an agent gives to another node's addresses; a new one is made known to its policy."""
    is_api_server = node.ip in agent.api_server_ips
    labels = _labels(node, is_api_server=is_api_server)
    if not agent.config.is_on(SWITCH) or all(label.source != SOURCE_NODE for label in labels):
        return ReservedIdentity.KUBE_APISERVER if is_api_server else ReservedIdentity.REMOTE_NODE
    number = agent.node_identities.get(labels)
    if number is None:
        taken = {*agent.node_identities.values()}
        number = next(each for each in range(REMOTE_NODE_SCOPE + 1, REMOTE_NODE_SCOPE << 1) if each not in taken)
        agent.node_identities = {**agent.node_identities, labels: number}
        agent.repository.add_identity(number, labels)
    return number


def forget_unused(agent: Agent) -> None:
    """Give up the identities that no node's labels make any more."""
    if not agent.node_identities:
        return
    used = {_labels(node, is_api_server=node.ip in agent.api_server_ips) for node in agent.nodes.values()}
    for labels in agent.node_identities.keys() - used:
        agent.repository.remove_identity(agent.node_identities[labels])
    agent.node_identities = {labels: number for labels, number in agent.node_identities.items() if labels in used}


def _labels(node: KnownNode, *, is_api_server: bool) -> Labels:
    reserved = ["reserved:remote-node", *(["reserved:kube-apiserver"] if is_api_server else [])]
    own = (Label(key, SOURCE_NODE, value) for key, value in node.labels if is_identity_relevant(key))
    return tuple(sorted((*parse_labels(reserved), *own)))
