"""The operator's controllers for Gateway API and Ingress: when they run, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quizgame.cluster.gateway.classes import reconcile_classes
from quizgame.cluster.gateway.gateways import reconcile_gateway
from quizgame.cluster.gateway.ingresses import reconcile_ingresses
from quizgame.cluster.gateway.naming import (
    CLASS_CONFIGS,
    CLASSES,
    ENVOY_CONFIGS,
    GATEWAYS,
    GRANTS,
    INGRESS_CLASSES,
    INGRESSES,
    NAMESPACES,
    ROUTE_KINDS,
    SECRETS,
    SERVICES,
    SLICES,
)
from quizgame.cluster.gateway.owned import remove_owned
from quizgame.cluster.gateway.preconditions import Readiness, look_around
from quizgame.cluster.gateway.routes import write_route_statuses
from quizgame.cluster.gateway.secretsync import sync_secrets
from quizgame.cluster.objects import dig, is_terminating, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.apiserver import ApiServer

_WATCHED = (
    CLASSES, CLASS_CONFIGS, GATEWAYS, *ROUTE_KINDS, GRANTS, INGRESSES, INGRESS_CLASSES, SERVICES, SLICES, ENVOY_CONFIGS,
    SECRETS, NAMESPACES, "nodes",
)  # fmt: skip
_SERVED = (GATEWAYS, CLASSES)
"""What must still be defined while the controllers run; someone may delete the definitions."""


@dataclass(slots=True)
class EdgeControllers:
    """What an operator found at its start, and how far it has got."""

    readiness: Readiness = field(default_factory=Readiness)
    cursor: int = 0

    def begin(self, api: ApiServer, config: AgentConfig) -> None:
        """Look at what is there; what is missing now stays unserved until the operator starts again."""
        self.readiness = look_around(api, config)
        self.cursor = 0

    def sync(self, api: ApiServer, config: AgentConfig) -> None:
        """Catch up with what has changed, if anything has that matters here."""
        if not (self.readiness.gateways or self.readiness.ingresses) or self.cursor == api.store.version:
            return
        is_due = self.cursor == 0 or api.has_changed(self.cursor, _WATCHED)
        self.cursor = api.store.version
        if is_due:
            self._reconcile(api, config)

    def _reconcile(self, api: ApiServer, config: AgentConfig) -> None:
        secrets: list[tuple[str, str]] = []
        if self.readiness.gateways and all(api.serves(each.partition(".")[0]) for each in _SERVED):
            secrets += _reconcile_gateways(api, config)
        if self.readiness.ingresses:
            secrets += reconcile_ingresses(api, config)
        sync_secrets(api, secrets)

    def fork(self) -> EdgeControllers:
        """An independent copy."""
        return EdgeControllers(self.readiness, self.cursor)


def _reconcile_gateways(api: ApiServer, config: AgentConfig) -> list[tuple[str, str]]:
    classes = reconcile_classes(api)
    present = [each for each in api.store.of(GATEWAYS) if not is_terminating(each)]
    mine = [each for each in present if dig(each, "spec", "gatewayClassName") in classes]
    write_route_statuses(api, mine)
    for gateway in mine:
        reconcile_gateway(api, config, gateway, classes[gateway["spec"]["gatewayClassName"]])
    for gateway in present:
        if gateway not in mine:
            remove_owned(api, gateway)
    return [key for each in mine for key in _certificates(each)]


def _certificates(gateway: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for listener in dig(gateway, "spec", "listeners", default=()):
        for ref in dig(listener, "tls", "certificateRefs", default=()):
            yield str(ref.get("namespace") or namespace_of(gateway)), str(ref.get("name", ""))
