"""GatewayClasses of Cilium, and the CiliumGatewayClassConfig that one may name.

Source: cilium/cilium v1.19 operator/pkg/gateway-api/gatewayclass_reconcile.go, gatewayclassconfig_reconcile.go.
Simplified: the list of supported features is left out of the status of a class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.cluster.conditions import Condition
from quizgame.cluster.gateway.naming import CLASS_CONFIGS, CLASSES, CONTROLLER
from quizgame.cluster.gateway.statuses import ACCEPTED, merged, write_status
from quizgame.cluster.objects import dig, name_of

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

_WRONG_KIND = "Invalid GatewayClass parameters: spec.parametersRef.kind must be CiliumGatewayClassConfig"
_UNNAMED = "Invalid GatewayClass parametersRef: both name and namespace are required"


@dataclass(frozen=True, slots=True)
class GatewayClass:
    """A class that Cilium is the controller of."""

    name: str
    problem: str = ""
    """Why its parameters are of no use, as its Gateways' status has it; empty where there is nothing wrong."""
    service: Mapping[str, Any] | None = None
    """What its parameters say of the Services of its Gateways."""
    is_accepted: bool = True


def reconcile_classes(api: ApiServer) -> dict[str, GatewayClass]:
    """Write the conditions of Cilium's classes and their parameters; return the classes by name."""
    if api.serves("ciliumgatewayclassconfigs"):
        for node in api.store.of(CLASS_CONFIGS):
            valid = Condition(ACCEPTED, "True", "Accepted", "Valid GatewayClassConfig")
            _write(api, CLASS_CONFIGS, node, valid)
    found = {}
    for node in api.store.of(CLASSES):
        if dig(node, "spec", "controllerName") != CONTROLLER:
            continue
        known = _read(api, node)
        condition = Condition(ACCEPTED, "True", "Accepted", "Valid GatewayClass")
        if not known.is_accepted:
            condition = Condition(ACCEPTED, "False", "InvalidParameters", "Invalid GatewayClass")
        _write(api, CLASSES, node, condition)
        found[known.name] = known
    return found


def _read(api: ApiServer, node: Mapping[str, Any]) -> GatewayClass:
    name, ref = name_of(node), dig(node, "spec", "parametersRef")
    if ref is None:
        return GatewayClass(name)
    if (ref.get("group"), ref.get("kind")) != ("cilium.io", "CiliumGatewayClassConfig"):
        return GatewayClass(name, _WRONG_KIND, is_accepted=False)
    if not ref.get("namespace") or not ref.get("name"):
        return GatewayClass(name, _UNNAMED, is_accepted=False)
    config = api.store.get(CLASS_CONFIGS, (ref["namespace"], ref["name"]))
    return GatewayClass(name, service=dig(config, "spec", "service"), is_accepted=config is not None)


def _write(api: ApiServer, resource: str, node: dict[str, Any], condition: Condition) -> None:
    conditions = merged(api, node, dig(node, "status", "conditions", default=[]), (condition,))
    write_status(api, resource, node, {**(node.get("status") or {}), "conditions": conditions})
