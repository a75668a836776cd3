"""What an agent makes of the Node that it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.nodes import internal_ip
from quizgame.cluster.objects import labels_of, name_of
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.labels import SOURCE_K8S, Label, is_identity_relevant, parse_labels

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

Object = Mapping[str, Any]


def take_node(agent: Agent, obj: Object, is_gone: bool) -> None:
    """Take in a Node, if it is the own one."""
    if name_of(obj) != agent.node or is_gone:
        return
    agent.node_ip = internal_ip(obj)
    label_host(agent)


def label_host(agent: Agent) -> None:
    """Let the own node count as an API server where it is one.

    Source: cilium/cilium v1.19 pkg/ipcache: the host identity keeps its number and takes the label
    ``reserved:kube-apiserver``, so that the entity selects it.
    """
    names = ["reserved:host"]
    if agent.node_ip in agent.api_server_ips:
        names.append("reserved:kube-apiserver")
    labels = parse_labels(names)
    if tuple(agent.repository.labels_of(ReservedIdentity.HOST)) != labels:
        agent.repository.add_identity(ReservedIdentity.HOST, labels)
    node = agent.api.find("nodes", agent.node)
    if node is not None:
        # Source: cilium/cilium v1.19 pkg/labelsfilter: labels of nodes pass the same filter as those of pods.
        own = {key: value for key, value in labels_of(node).items() if is_identity_relevant(key)}
        agent.repository.set_node_labels(tuple(sorted(Label(key, SOURCE_K8S, value) for key, value in own.items())))
