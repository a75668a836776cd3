"""What must be there when the operator starts, or it leaves Gateways or Ingresses alone until it starts again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.gateway.naming import CLASSES, GATEWAYS, GRANTS, GRPC_ROUTES, HTTP_ROUTES
from quizgame.cluster.objects import dig

if TYPE_CHECKING:
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.apiserver import ApiServer

# Source: cilium/cilium v1.19 operator/pkg/gateway-api/cell.go requiredGVKs.
REQUIRED = ((CLASSES, "v1"), (GATEWAYS, "v1"), (HTTP_ROUTES, "v1"), (GRPC_ROUTES, "v1"), (GRANTS, "v1beta1"))
_DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
NEEDS_REPLACEMENT = "Gateway API support requires kube-proxy-replacement enabled"
NOT_FOUND = "Required GatewayAPI resources are not found, please refer to docs for installation instructions"
INGRESS_NEEDS_REPLACEMENT = "Ingress Controller support requires kube-proxy-replacement enabled"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What an operator found when it started."""

    gateways: bool = False
    """Whether it looks after Gateways."""
    ingresses: bool = False
    warnings: tuple[str, ...] = ()
    """Messages of features that are configured but stay off, as its log has them at level ``warn``."""
    missing: str = ""
    """What is wrong with Gateway API's definitions, as its log has it; empty where they are there or were not asked
    for."""


def look_around(api: ApiServer, config: AgentConfig) -> Readiness:
    """Check what the configured features need."""
    replaces = config.has_kube_proxy_replacement
    wants_gateways, wants_ingresses = config.is_on("enable-gateway-api"), config.is_on("enable-ingress-controller")
    warnings = [
        text
        for wanted, text in ((wants_gateways, NEEDS_REPLACEMENT), (wants_ingresses, INGRESS_NEEDS_REPLACEMENT))
        if wanted and not replaces
    ]
    missing = _missing_definitions(api) if wants_gateways and replaces else ""
    return Readiness(
        gateways=wants_gateways and replaces and not missing,
        ingresses=wants_ingresses and replaces,
        warnings=tuple(warnings),
        missing=missing,
    )


def _missing_definitions(api: ApiServer) -> str:
    problems = []
    for name, version in REQUIRED:
        definition = api.store.get(_DEFINITIONS, ("", name))
        if definition is None:
            problems.append(f'{_DEFINITIONS} "{name}" not found')
        elif version not in [each["name"] for each in dig(definition, "spec", "versions", default=())]:
            problems.append(f'CRD "{name}" does not have version "{version}"')
    return "\n".join(problems)
