"""What the operator and Envoy write of Gateway API and Ingress: whether they serve them, and what they could not do.

Source: cilium/cilium v1.19 operator/pkg/gateway-api (cell.go, gateway_reconcile.go), operator/pkg/ingress/cell.go;
Envoy source/common/listener_manager/lds_api.cc, config_subscription/grpc/grpc_subscription_impl.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.cluster.agent.envoy import listeners_of
from quizgame.cluster.clock import parse_rfc3339, rfc3339_nano
from quizgame.cluster.gateway.naming import GATEWAYS
from quizgame.cluster.gateway.preconditions import NOT_FOUND, REQUIRED
from quizgame.cluster.objects import condition_of, dig, name_of, namespace_of
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.logs.entry import Entry, slog

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.operator import Operator

_OPERATOR = "cilium-operator"
_MODULE = "operator.operator-controlplane.leader-lifecycle.gateway-api"
_MILLISECOND = SECOND // 1000
_LDS = "common/listener_manager/lds_api.cc:106"
_SUBSCRIPTION = "extensions/config_subscription/grpc/grpc_subscription_impl.cc:138"
_REJECTED = (
    "gRPC config for type.googleapis.com/envoy.config.listener.v3.Listener rejected: Error adding/updating listener(s) "
)


def edge_entries(operator: Operator, started_ns: int) -> Iterator[Entry]:
    """Its lines since it started."""
    readiness = operator.edge.readiness
    at = started_ns + 90 * _MILLISECOND
    for text in readiness.warnings:
        yield slog(at, "warn", text, _OPERATOR, module=_MODULE)
    if not (readiness.gateways or readiness.missing):
        return
    wanted = " ".join(f"{name.partition('.')[2]}/{version}, Resource={name.partition('.')[0]}"
                      for name, version in REQUIRED)  # fmt: skip
    message = "Checking for required and optional GatewayAPI resources"
    yield slog(at, "info", message, _OPERATOR, module=_MODULE, requiredGVK=f"[{wanted}]")
    if readiness.missing:
        yield slog(at + _MILLISECOND, "error", NOT_FOUND, _OPERATOR, module=_MODULE, error=readiness.missing)
        return
    yield from _gateways(operator, started_ns)


def envoy_entries(agent: Agent, started_ns: int) -> Iterator[Entry]:
    """What Envoy writes of its listeners.

    # Simplified: nothing but that.
    """
    for taken, refused in listeners_of(agent):
        config = taken.config
        kind = "ciliumenvoyconfigs" if config.namespace else "ciliumclusterwideenvoyconfigs"
        node = agent.api.find(kind, config.name, config.namespace)
        created = node["metadata"]["creationTimestamp"] if node is not None else ""
        at = max(parse_rfc3339(created) if created else 0, started_ns) + 200 * _MILLISECOND
        if not refused:
            yield _envoy(at, "info", "upstream", _LDS, f"lds: add/update listener '{taken.place}'")
            continue
        problem = f"{taken.place}: cannot bind '0.0.0.0:{refused}': Permission denied"
        yield _envoy(at, "warning", "config", _SUBSCRIPTION, f"{_REJECTED}{problem}")


def _envoy(at_ns: int, level: str, logger: str, place: str, message: str) -> Entry:
    moment = rfc3339_nano(at_ns).rstrip("Z").replace("T", " ")
    head, _, fraction = moment.partition(".")
    text = f"[{head}.{fraction.ljust(3, '0')[:3]}][7][{level}][{logger}] [external/envoy/source/{place}] {message}"
    return Entry(at_ns, text, "cilium-envoy", message)


def _gateways(operator: Operator, started_ns: int) -> Iterator[Entry]:
    """How the Gateways fared when they were last looked at for a reason."""
    for gateway in operator.api.store.of(GATEWAYS) if operator.api.serves("gateways") else ():
        accepted, programmed = condition_of(gateway, "Accepted"), condition_of(gateway, "Programmed")
        if accepted is None or programmed is None or not dig(gateway, "status", "listeners"):
            continue
        at = max(parse_rfc3339(programmed["lastTransitionTime"]), started_ns + 100 * _MILLISECOND)
        details = {"resource": f"{namespace_of(gateway)}/{name_of(gateway)}", "module": _MODULE}
        yield slog(at, "info", "Reconciling Gateway", _OPERATOR, **details)
        if accepted["status"] == "False":
            text = f"{accepted['message']} for Gateway" if accepted["reason"] == "ListenersNotValid" else ""
            yield slog(at + _MILLISECOND, "error", text or accepted["message"], _OPERATOR, **details)
            continue
        yield slog(at + 2 * _MILLISECOND, "info", "Successfully reconciled Gateway", _OPERATOR, **details)
