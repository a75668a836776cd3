"""Certificates for Envoy: copies of the secrets that Gateways and Ingresses name, in the one namespace it may read.

Source: cilium/cilium v1.19 operator/pkg/secretsync.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.gateway.naming import NAMESPACES, SECRETS, SECRETS_NAMESPACE
from quizgame.cluster.objects import KubeObject, labels_of, name_of
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

OWNING_NAMESPACE = "secretsync.cilium.io/owning-secret-namespace"
OWNING_NAME = "secretsync.cilium.io/owning-secret-name"


def sync_secrets(api: ApiServer, named: Iterable[tuple[str, str]]) -> None:
    """Let the copies be those of the secrets that are named (namespace, name) and exist."""
    if api.store.get(NAMESPACES, ("", SECRETS_NAMESPACE)) is None:
        return
    wanted = {}
    for namespace, name in sorted(set(named)):
        secret = api.store.get(SECRETS, (namespace, name))
        if secret is not None:
            copy = _copy(secret, namespace, name)
            wanted[name_of(copy)] = copy
    for present in api.store.of(SECRETS, SECRETS_NAMESPACE):
        if OWNING_NAME in labels_of(present) and name_of(present) not in wanted:
            api.delete(SECRETS, name_of(present), SECRETS_NAMESPACE)
    for name, copy in wanted.items():
        known = api.store.get(SECRETS, (SECRETS_NAMESPACE, name))
        if known is None:
            api.create(SECRETS, copy, validate=FieldValidation.TRUSTED)
        elif known.get("data") != copy["data"]:
            api.update(SECRETS, {**known, "data": copy["data"]}, validate=FieldValidation.TRUSTED)


def _copy(secret: KubeObject, namespace: str, name: str) -> KubeObject:
    labels = {OWNING_NAME: name, OWNING_NAMESPACE: namespace}
    return {
        "data": dict(secret.get("data") or {}),
        "metadata": {"labels": labels, "name": f"{namespace}-{name}", "namespace": SECRETS_NAMESPACE},
        "type": secret.get("type", "Opaque"),
    }
