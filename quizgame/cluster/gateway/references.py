"""What routes and listeners may refer to: ReferenceGrants, backends, secrets."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.cluster.gateway.naming import GRANTS, GROUP, SECRETS, SERVICES
from quizgame.cluster.objects import dig, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----")


@dataclass(frozen=True, slots=True)
class Referrer:
    """Who refers to something in another namespace."""

    kind: str
    namespace: str


def is_granted(api: ApiServer, referrer: Referrer, kind: str, namespace: str, name: str) -> bool:
    """Whether an object may be referred to: it is in the same namespace, or a ReferenceGrant there says so."""
    if namespace == referrer.namespace:
        return True
    grants = (each for each in api.store.of(GRANTS) if namespace_of(each) == namespace)
    return any(_grants(each.get("spec") or {}, referrer, kind, name) for each in grants)


def _grants(spec: Mapping[str, Any], referrer: Referrer, kind: str, name: str) -> bool:
    is_from = any(
        (each.get("group"), each.get("kind"), each.get("namespace")) == (GROUP, referrer.kind, referrer.namespace)
        for each in spec.get("from") or ()
    )
    return is_from and any(
        each.get("group") == "" and each.get("kind") == kind and each.get("name") in (None, "", name)
        for each in spec.get("to") or ()
    )


@dataclass(frozen=True, slots=True)
class BackendRef:
    """A reference of a route to where its requests go."""

    group: str
    kind: str
    name: str
    namespace: str
    port: int | None
    weight: int
    filters: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_service(self) -> bool:
        """Whether it names a Service of Kubernetes."""
        return self.kind == "Service" and self.group == ""

    @property
    def cluster(self) -> str:
        """Envoy's name for it. Source: cilium/cilium v1.19 operator/pkg/model/translation getClusterName."""
        return f"{self.namespace}:{self.name}:{self.port}"


def backend_ref(node: Mapping[str, Any], own_namespace: str) -> BackendRef:
    """Read a reference of a route in a namespace."""
    return BackendRef(
        group=str(node.get("group", "")),
        kind=str(node.get("kind", "Service")),
        name=str(node.get("name", "")),
        namespace=str(node.get("namespace") or own_namespace),
        port=node.get("port"),
        weight=int(node.get("weight", 1)),
        filters=tuple(node.get("filters") or ()),
    )


def backend_refs(route: Mapping[str, Any]) -> Iterable[BackendRef]:
    """All references of a route, rule by rule."""
    own = namespace_of(route)
    for rule in dig(route, "spec", "rules", default=()):
        for each in rule.get("backendRefs") or ():
            yield backend_ref(each, own)


def is_usable(api: ApiServer, referrer: Referrer, ref: BackendRef) -> bool:
    """Whether requests can be sent there: a Service with a port that exists and may be referred to."""
    return (
        ref.is_service
        and ref.port is not None
        and is_granted(api, referrer, "Service", ref.namespace, ref.name)
        and api.store.get(SERVICES, (ref.namespace, ref.name)) is not None
    )


def secret_problem(api: ApiServer, namespace: str, name: str) -> str:
    """What is wrong with a secret that is to hold a certificate and its key; empty where nothing is."""
    secret = api.store.get(SECRETS, (namespace, name))
    if secret is None:
        return f'Secret "{name}" not found'
    data = secret.get("data") or {}
    for key, what in (("tls.crt", "Certificate"), ("tls.key", "Key")):
        if not _is_pem(str(data.get(key, ""))):
            return f"PEM format error in TLS {what}"
    return ""


def _is_pem(text: str) -> bool:
    try:
        return _PEM.search(base64.b64decode(text, validate=True)) is not None
    except (binascii.Error, ValueError):
        return False
