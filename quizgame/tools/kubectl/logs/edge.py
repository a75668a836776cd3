"""What the operator writes of Gateway API and Ingress: whether it serves them, and what it could not do.

Source: cilium/cilium v1.19 operator/pkg/gateway-api (cell.go, gateway_reconcile.go), operator/pkg/ingress/cell.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.cluster.clock import parse_rfc3339
from quizgame.cluster.gateway.naming import GATEWAYS
from quizgame.cluster.gateway.preconditions import NOT_FOUND, REQUIRED
from quizgame.cluster.objects import condition_of, dig, name_of, namespace_of
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.logs.entry import Entry, slog

if TYPE_CHECKING:
    from quizgame.cluster.operator import Operator

_OPERATOR = "cilium-operator"
_MODULE = "operator.operator-controlplane.leader-lifecycle.gateway-api"
_MILLISECOND = SECOND // 1000


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
