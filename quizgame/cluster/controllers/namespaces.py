"""Namespaces: what each gets when it is new, and how one that is deleted is emptied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.controllers.manager import Timeless
from quizgame.cluster.keyed import keyed_hex
from quizgame.cluster.objects import KubeObject, is_terminating
from quizgame.cluster.objectstore import DELETED, Change, Key
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster


class NamespaceController(Timeless):
    """Gives new namespaces their service account and root certificate, empties deleted ones."""

    __slots__ = ()

    name = "namespaces"

    def keys(self, change: Change) -> Iterable[Key]:
        """Changed namespaces, and those that lost something of their own or something while they end."""
        namespace, name = change.key
        if change.resource == "namespaces":
            return [("", name)]
        if change.type != DELETED or not namespace:
            return ()
        holder = self.api.store.get("namespaces", ("", namespace))
        is_own = (change.resource, name) in (("serviceaccounts", "default"), ("configmaps", "kube-root-ca.crt"))
        return [("", namespace)] if holder is not None and (is_own or is_terminating(holder)) else ()

    def all_keys(self) -> Iterable[Key]:
        """Every namespace."""
        return [("", each["metadata"]["name"]) for each in self.api.store.of("namespaces")]

    def reconcile(self, key: Key) -> None:
        """Fill or empty one namespace."""
        holder = self.api.store.get("namespaces", key)
        if holder is None:
            return
        if is_terminating(holder):
            self._empty(holder)
        else:
            self._fill(key[1])

    def _fill(self, namespace: str) -> None:
        if self.api.find("serviceaccounts", "default", namespace) is None:
            self._create("serviceaccounts", {"metadata": {"name": "default", "namespace": namespace}})
        if self.api.find("configmaps", "kube-root-ca.crt", namespace) is None:
            certificate = keyed_hex(self.api.seed, "kubernetes-ca", self.api.name, digits=64)
            data = {"ca.crt": f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n"}
            self._create("configmaps", {"metadata": {"name": "kube-root-ca.crt", "namespace": namespace}, "data": data})

    def _create(self, resource: str, node: KubeObject) -> None:
        self.api.create(resource, node, validate=FieldValidation.TRUSTED)

    def _empty(self, holder: KubeObject) -> None:
        namespace = holder["metadata"]["name"]
        for resource, (_, name) in self.api.store.in_namespace(namespace):
            if self.api.store.get(resource, (namespace, name)) is not None:
                self.api.delete(resource, name, namespace)
        if not self.api.store.in_namespace(namespace):
            self.api.finish_deletion("namespaces", namespace)

    def fork(self, cluster: Cluster) -> NamespaceController:
        """The same for a forked cluster."""
        return NamespaceController(cluster)
