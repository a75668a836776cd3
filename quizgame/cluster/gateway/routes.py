"""What routes say of their parents: whether a Gateway took them, and whether their references lead somewhere.

Source: cilium/cilium v1.19 operator/pkg/gateway-api/routechecks (the checks, in their order, and their words).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quizgame.cluster.conditions import Condition
from quizgame.cluster.gateway.hostnames import hosts_at
from quizgame.cluster.gateway.listeners import admits_namespace, refers_to
from quizgame.cluster.gateway.naming import CONTROLLER, ROUTE_KINDS, SERVICES
from quizgame.cluster.gateway.references import Referrer, backend_refs, is_granted
from quizgame.cluster.gateway.statuses import ACCEPTED, RESOLVED, replaced, write_status
from quizgame.cluster.objects import dig, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.objects import KubeObject

Parent = Mapping[str, Any]
_Check = Callable[["ApiServer", Mapping[str, Any], Parent, Mapping[str, Any]], Condition | None]


def write_route_statuses(api: ApiServer, gateways: Sequence[KubeObject]) -> None:
    """Bring the statuses of all routes up to date.

    Args:
        api: The API server.
        gateways: The Gateways of Cilium's classes. Parents that do not exist or are others' are not spoken of.
    """
    for resource in ROUTE_KINDS:
        for route in api.store.of(resource):
            present = dig(route, "status", "parents", default=[])
            foreign = [each for each in present if each.get("controllerName") != CONTROLLER]
            own = [each for ref in _parents(route) if (each := _parent_status(api, route, ref, gateways))]
            if own or present:
                write_status(api, resource, route, {**(route.get("status") or {}), "parents": [*foreign, *own]})


def _parents(route: Mapping[str, Any]) -> list[Parent]:
    found: list[Parent] = dig(route, "spec", "parentRefs", default=[])
    return found


def _parent_status(api: ApiServer, route: KubeObject, ref: Parent, gateways: Sequence[KubeObject]) -> KubeObject | None:
    gateway = next((each for each in gateways if refers_to(ref, namespace_of(route), each)), None)
    if gateway is None:
        return None
    known: Mapping[str, Any] = next(
        (each for each in dig(route, "status", "parents", default=())
         if each.get("controllerName") == CONTROLLER and each.get("parentRef") == ref), {},
    )  # fmt: skip
    wanted = (acceptance(api, route, ref, gateway), resolution(api, route))
    conditions = replaced(api, route, known.get("conditions") or (), wanted)
    return {"conditions": conditions, "controllerName": CONTROLLER, "parentRef": dict(ref)}


def accepted_by(api: ApiServer, route: Mapping[str, Any], gateway: Mapping[str, Any]) -> bool:
    """Whether a Gateway took a route by any of its parent references."""
    return any(
        refers_to(ref, namespace_of(route), gateway) and acceptance(api, route, ref, gateway).status == "True"
        for ref in _parents(route)
    )


def acceptance(api: ApiServer, route: Mapping[str, Any], ref: Parent, gateway: Mapping[str, Any]) -> Condition:
    """Whether a Gateway takes a route by one of its parent references, and if not, why."""
    for check in _ACCEPTANCE:
        refusal = check(api, route, ref, gateway)
        if refusal is not None:
            return refusal
    return Condition(ACCEPTED, "True", "Accepted", f"Accepted {route['kind']}")


def _refused(reason: str, message: str) -> Condition:
    return Condition(ACCEPTED, "False", reason, message)


def _listeners(gateway: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = dig(gateway, "spec", "listeners", default=[])
    return found


def _named(listener: Mapping[str, Any], ref: Parent) -> bool:
    return ref.get("sectionName") in (None, listener["name"]) and ref.get("port") in (None, listener["port"])


def _check_kind(_api: ApiServer, route: Mapping[str, Any], ref: Parent, gateway: Mapping[str, Any]) -> Condition | None:
    named = [each for each in _listeners(gateway) if _named(each, ref)]
    limits = [dig(each, "allowedRoutes", "kinds", default=()) for each in named]
    if not limits or any(not kinds or route["kind"] in [each.get("kind") for each in kinds] for kinds in limits):
        return None
    message = f"{route['kind']} is not allowed to attach to this Gateway due to route kind restrictions"
    return _refused("NotAllowedByListeners", message)


def _check_port(
    _api: ApiServer, _route: Mapping[str, Any], ref: Parent, gateway: Mapping[str, Any]
) -> Condition | None:
    port = ref.get("port")
    if port is None or any(each["port"] == port for each in _listeners(gateway)):
        return None
    return _refused("NoMatchingParent", f"No matching listener with port {port}")


def _check_hostname(
    _api: ApiServer, route: Mapping[str, Any], _ref: Parent, gateway: Mapping[str, Any]
) -> Condition | None:
    hosts = dig(route, "spec", "hostnames", default=())
    if any(hosts_at(str(each.get("hostname", "")), hosts) for each in _listeners(gateway)):
        return None
    return _refused("NoMatchingListenerHostname", "No matching listener hostname")


def _check_section(
    _api: ApiServer, _route: Mapping[str, Any], ref: Parent, gateway: Mapping[str, Any]
) -> Condition | None:
    section = ref.get("sectionName")
    if section is None or any(each["name"] == section for each in _listeners(gateway)):
        return None
    return _refused("NoMatchingParent", f"No matching listener with sectionName {section}")


def _check_namespace(
    api: ApiServer, route: Mapping[str, Any], ref: Parent, gateway: Mapping[str, Any]
) -> Condition | None:
    hosts = dig(route, "spec", "hostnames", default=())
    for listener in _listeners(gateway):
        host = str(listener.get("hostname", ""))
        if not _named(listener, ref) or (host and not hosts_at(host, hosts)):
            continue
        if admits_namespace(api, gateway, listener, namespace_of(route)):
            return None
        if dig(listener, "allowedRoutes", "namespaces", "from", default="Same") == "Selector":
            return _namespace_refusal(route, "namespace selector restrictions")
    return _namespace_refusal(route, "namespace restrictions")


def _namespace_refusal(route: Mapping[str, Any], cause: str) -> Condition:
    message = f"{route['kind']} is not allowed to attach to this Gateway due to {cause}"
    return _refused("NotAllowedByListeners", message)


_ACCEPTANCE: tuple[_Check, ...] = (_check_kind, _check_port, _check_hostname, _check_section, _check_namespace)


# ---------------------------------------------------------------- references


def resolution(api: ApiServer, route: Mapping[str, Any]) -> Condition:
    """Whether a route's references lead somewhere. The last problem of the first kind of problem found is told."""
    referrer = Referrer(route["kind"], namespace_of(route))
    refs = list(backend_refs(route))
    problem: Condition | None = None
    for ref in refs:
        if not is_granted(api, referrer, ref.kind, ref.namespace, ref.name):
            problem = _unresolved("RefNotPermitted", "Cross namespace references are not allowed")
    if problem is not None:
        return problem
    for ref in refs:
        if not ref.is_service:
            problem = _unresolved("InvalidKind", f"Unsupported backend kind {ref.kind}")
        elif ref.port is None:
            problem = _unresolved("InvalidKind", "Must have port for backend object reference")
    if problem is not None:
        return problem
    for ref in refs:
        if api.store.get(SERVICES, (ref.namespace, ref.name)) is None:
            problem = _unresolved("BackendNotFound", f'Service "{ref.name}" not found')
    return problem or Condition(RESOLVED, "True", "ResolvedRefs", "Service reference is valid")


def _unresolved(reason: str, message: str) -> Condition:
    return Condition(RESOLVED, "False", reason, message)
