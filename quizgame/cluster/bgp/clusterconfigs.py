"""The operator's part: a CiliumBGPNodeConfig for each selected node, and conditions that say what is missing.

In these conditions ``True`` means trouble. Source: cilium/cilium v1.19 operator/pkg/bgp; reference kubectl.md,
section 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quizgame.cluster.apiserver import FieldValidation
from quizgame.cluster.bgp.desired import NODE_CONFIGS, PEER_CONFIGS
from quizgame.cluster.clock import rfc3339
from quizgame.cluster.conditions import Condition, set_conditions, without_conditions
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.objects import KubeObject, dig, labels_of, name_of, uid_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.apiserver import ApiServer

CLUSTER_CONFIGS = "ciliumbgpclusterconfigs.cilium.io"
OVERRIDES = "ciliumbgpnodeconfigoverrides.cilium.io"
NODES = "ciliumnodes.cilium.io"
CONFLICTING, MISSING_PEERS = "cilium.io/ConflictingClusterConfig", "cilium.io/MissingPeerConfigs"
NO_NODE, MISSING_SECRET = "cilium.io/NoMatchingNode", "cilium.io/MissingAuthSecret"


def reconcile_bgp(api: ApiServer, config: AgentConfig) -> None:
    """Bring node configurations and conditions up to date, if the BGP control plane is on."""
    if not config.is_on("enable-bgp-control-plane"):
        return
    reports = config.is_on("enable-bgp-control-plane-status-report", default=True)
    for node in sorted(api.store.of(CLUSTER_CONFIGS), key=_seniority):
        selected, rivals = _write_node_configs(api, node)
        problems = _cluster_conditions(api, node, selected, rivals)
        _write_conditions(api, CLUSTER_CONFIGS, node, problems, reports=reports)
    for node in api.store.of(PEER_CONFIGS):
        namespace = config.get("bgp-secrets-namespace")
        if namespace:
            condition = _secret_condition(api, node, namespace)
            _write_conditions(api, PEER_CONFIGS, node, (condition,), reports=reports)


def _seniority(node: Mapping[str, Any]) -> tuple[str, str]:
    return node["metadata"]["creationTimestamp"], name_of(node)


def _write_node_configs(api: ApiServer, config: KubeObject) -> tuple[list[str], list[str]]:
    """Write what nodes are to do; return the selected nodes and other configurations that hold some of them."""
    structured = dig(config, "spec", "nodeSelector")
    selector = None if structured is None else selector_of(structured)
    selected: list[str] = []
    rivals: set[str] = set()
    for node in api.store.of(NODES):
        if selector is not None and not matches(selector, labels_of(node)):
            continue
        name = name_of(node)
        selected.append(name)
        known = api.find(NODE_CONFIGS, name)
        if known is not None and not _is_owned_by(known, config):
            rivals |= {each["name"] for each in known["metadata"].get("ownerReferences") or ()}
            continue
        _write_node_config(api, config, name, known)
    for known in api.store.of(NODE_CONFIGS):
        if name_of(known) not in selected and _is_owned_by(known, config):
            api.delete(NODE_CONFIGS, name_of(known))
    return selected, sorted(rivals)


def _is_owned_by(node: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    return any(each["uid"] == uid_of(config) for each in node["metadata"].get("ownerReferences") or ())


def _write_node_config(api: ApiServer, config: KubeObject, name: str, known: KubeObject | None) -> None:
    override = api.find(OVERRIDES, name)
    overrides = {each["name"]: each for each in dig(override, "spec", "bgpInstances", default=())} if override else {}
    instances = [
        _instance(each, overrides.get(each["name"], {})) for each in dig(config, "spec", "bgpInstances", default=())
    ]
    spec = {"bgpInstances": instances}
    if known is None:
        owner = {
            "apiVersion": "cilium.io/v2",
            "controller": True,
            "kind": "CiliumBGPClusterConfig",
            "name": name_of(config),
            "uid": uid_of(config),
        }
        fresh = {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumBGPNodeConfig",
            "metadata": {"name": name, "ownerReferences": [owner]},
            "spec": spec,
        }
        api.create(NODE_CONFIGS, fresh, validate=FieldValidation.TRUSTED)
    elif known.get("spec") != spec:
        api.update(NODE_CONFIGS, {**known, "spec": spec}, validate=FieldValidation.TRUSTED)


def _instance(instance: Mapping[str, Any], override: Mapping[str, Any]) -> KubeObject:
    local = {each["name"]: each.get("localAddress") for each in override.get("peers") or ()}
    peers = [
        {**peer, **({"localAddress": local[peer["name"]]} if local.get(peer["name"]) else {})}
        for peer in instance.get("peers") or ()
    ]
    own = {key: override[key] for key in ("routerID", "localPort", "localASN") if override.get(key) is not None}
    return {**instance, **own, **({"peers": peers} if peers else {})}


def _cluster_conditions(
    api: ApiServer, config: KubeObject, selected: Sequence[str], rivals: Sequence[str]
) -> tuple[Condition, ...]:
    names = {
        dig(peer, "peerConfigRef", "name", default="")
        for instance in dig(config, "spec", "bgpInstances", default=())
        for peer in instance.get("peers") or ()
    } - {""}
    missing = sorted(name for name in names if api.find(PEER_CONFIGS, name) is None)
    clash = f"Selecting the same node(s) with ClusterConfig(s): [{' '.join(rivals)}]" if rivals else ""
    absent = f"Referenced CiliumBGPPeerConfig(s) are missing: [{' '.join(missing)}]" if missing else ""
    return (
        Condition(CONFLICTING, _truth(rivals), "ConflictingClusterConfigs", clash),
        Condition(MISSING_PEERS, _truth(missing), "MissingPeerConfigs", absent),
        # Source: operator/pkg/bgp/cluster.go: this condition keeps its message when it is False.
        Condition(NO_NODE, _truth(not selected), "NoMatchingNode", "No node matches spec.nodeSelector"),
    )


def _secret_condition(api: ApiServer, config: KubeObject, namespace: str) -> Condition:
    name = dig(config, "spec", "authSecretRef", default="")
    is_missing = bool(name) and api.find("secrets", name, namespace) is None
    message = f'Referenced Auth Secret "{name}" is missing' if is_missing else ""
    return Condition(MISSING_SECRET, _truth(is_missing), "MissingAuthSecret", message)


def _truth(trouble: object) -> str:
    return "True" if trouble else "False"


def _write_conditions(
    api: ApiServer, resource: str, node: KubeObject, wanted: Sequence[Condition], *, reports: bool
) -> None:
    if reports:
        conditions = set_conditions(node, wanted, rfc3339(api.clock.now_ns))
    else:
        conditions = without_conditions(node, [each.type for each in wanted])
    status: KubeObject = {key: value for key, value in (node.get("status") or {}).items() if key != "conditions"}
    if conditions:
        status["conditions"] = sorted(conditions, key=lambda each: str(each["type"]))
    if status != (node.get("status") or {}):
        api.update_status(resource, node, status)
