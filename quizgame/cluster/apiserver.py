"""The API server of one simulated cluster: verbs, defaults, admission, validation, change log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quizgame.cluster import admission, apierror, decoding, defaults, deletion, replacement, validation
from quizgame.cluster.clock import Clock
from quizgame.cluster.crds import KNOWN_CRDS
from quizgame.cluster.eventview import event_view
from quizgame.cluster.keyed import keyed_suffix, keyed_uuid
from quizgame.cluster.labelselect import field_filter, matches, parse_selector
from quizgame.cluster.objects import KubeObject, is_terminating, labels_of
from quizgame.cluster.objectstore import Change, Key, ObjectStore
from quizgame.cluster.patching import PatchProblem, PatchType
from quizgame.cluster.requests import FieldValidation, Propagation, Warn
from quizgame.cluster.resources import BUILT_IN, Registry, Resource, resource_of_crd

__all__ = ["ApiServer", "FieldValidation", "Propagation", "Warn"]

Objects = list[KubeObject]
Changes = list[Change]

_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def _no_warning(_text: str) -> None:
    return None


class ApiServer:
    """One cluster's API server.

    ``resource`` arguments take a ``Resource`` or its plural, bare or qualified. Objects given back are the stored ones:
    read them, never change them. Every refusal is an ``ApiError``.
    """

    __slots__ = ("_registry", "clock", "name", "seed", "service_cidr", "store", "version")

    def __init__(
        self, clock: Clock, *, seed: int, name: str, service_cidr: str = "10.96.0.0/16", version: str = "v1.35.0"
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.name = name
        """Tells the servers of one world apart in keyed values."""
        self.service_cidr = service_cidr
        self.version = version
        """Kubernetes version, ``v1.35.0``."""
        self.store = ObjectStore()
        self._registry: Registry | None = None

    def fork(self, clock: Clock) -> ApiServer:
        """A server with the same state, on another clock, that goes its own way."""
        twin = ApiServer(clock, seed=self.seed, name=self.name, service_cidr=self.service_cidr, version=self.version)
        twin.store = self.store.fork()
        twin._registry = self._registry
        return twin

    # ------------------------------------------------------------ discovery

    @property
    def registry(self) -> Registry:
        """The kinds served at present."""
        if self._registry is None:
            crds = self.store.of("customresourcedefinitions.apiextensions.k8s.io")
            self._registry = Registry((*BUILT_IN, *(resource_of_crd(crd, KNOWN_CRDS) for crd in crds)))
        return self._registry

    def resource(self, name: str | Resource) -> Resource:
        """The resource with this plural.

        Raises:
            ApiError: ``NotFound``: no such resource is served.
        """
        if isinstance(name, Resource):
            return name
        found = self.registry.get(name)
        if found is None:
            raise apierror.no_such_resource()
        return found

    def serves(self, plural: str) -> bool:
        """Whether a resource is there (its definition is installed)."""
        return self.registry.get(plural) is not None

    # ------------------------------------------------------------ reading

    def get(self, resource: str | Resource, name: str, namespace: str = "") -> KubeObject:
        """One object.

        Raises:
            ApiError: ``NotFound``.
        """
        served = self.resource(resource)
        found = self.find(served, name, namespace)
        if found is None:
            raise apierror.not_found(served, name)
        return found

    def find(self, resource: str | Resource, name: str, namespace: str = "") -> KubeObject | None:
        """One object, or ``None`` where it (or the whole resource) is absent."""
        served = self.registry.get(resource) if isinstance(resource, str) else resource
        if served is None:
            return None
        key = (namespace if served.namespaced else "", name)
        if served.view_of:
            source = self.store.get(served.view_of, key)
            return event_view(source) if source is not None else None
        return self.store.get(served.qualified, key)

    def list(
        self,
        resource: str | Resource,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Objects:
        """Objects by namespace and name.

        Args:
            resource: What to list.
            namespace: One namespace; ``None``: all.
            label_selector: ``a=b,c in (d,e)``.
            field_selector: ``spec.nodeName=kind-worker``.
        """
        served = self.resource(resource)
        found = self.store.of(served.view_of or served.qualified, namespace if served.namespaced else None)
        if served.view_of:
            found = [event_view(each) for each in found]
        if label_selector:
            selector = parse_selector(label_selector)
            found = [node for node in found if matches(selector, labels_of(node))]
        if field_selector:
            accepts = field_filter(served.kind, field_selector)
            found = [node for node in found if accepts(node)]
        return found

    def watch(self, since: int, resources: Iterable[str] = ()) -> Changes:
        """Changes after a resource version, oldest first; of the given qualified plurals, or of all.

        Raises:
            ApiError: ``Expired``: list again and go on from ``store.version``.
        """
        changes = self.store.changes_since(since)
        wanted = frozenset(resources)
        return [each for each in changes if each.resource in wanted] if wanted else changes

    def has_changed(self, since: int, resources: Iterable[str]) -> bool:
        """Whether an object of these qualified plurals changed after a version, as far as the log still tells."""
        try:
            return bool(self.watch(since, resources))
        except apierror.ApiError:
            return True

    # ------------------------------------------------------------ writing

    def create(
        self,
        resource: str | Resource,
        node: Mapping[str, Any],
        namespace: str = "",
        *,
        version: str = "",
        validate: FieldValidation = FieldValidation.STRICT,
        dry_run: bool = False,
        with_status: bool = False,
        warn: Warn = _no_warning,
    ) -> KubeObject:
        """Store a new object.

        Args:
            resource: Its kind.
            node: The object; not changed.
            namespace: Where, if the object does not say; both must agree.
            version: The API version it is written in; empty: the storage version.
            validate: What to do about unknown fields.
            dry_run: Do everything but store.
            with_status: Keep ``status`` (agents and operators that write an object whole).
            warn: Receives warnings.

        Returns:
            The object as stored.
        """
        served = self.resource(resource)
        if not served.is_stored:
            raise apierror.ApiError(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
            )
        fresh = self._decode(served, node, version, validate, warn)
        metadata = dict(fresh.get("metadata") or {})
        for field in (*replacement.SERVER_FIELDS, "resourceVersion"):
            metadata.pop(field, None)
        key = self._place(served, metadata, namespace)
        fresh = {**fresh, "apiVersion": served.api_version, "kind": served.kind, "metadata": metadata}
        if served.has_status and not with_status and served.kind != "Node":
            fresh.pop("status", None)
        fresh = defaults.apply_defaults(served, fresh)
        fresh = admission.on_create(self, served, fresh)
        if validate is not FieldValidation.TRUSTED:
            validation.check(self, served, fresh, None)
        if self.store.get(served.qualified, key) is not None:
            raise apierror.already_exists(served, key[1])
        metadata = dict(fresh["metadata"])
        metadata["uid"] = self._uid(served, key)
        metadata["creationTimestamp"] = self.clock.timestamp()
        if served.is_custom or served.kind in replacement.COUNTS_GENERATION:
            metadata["generation"] = 1
        fresh["metadata"] = metadata
        return fresh if dry_run else self._put(served, key, fresh)

    def update(
        self,
        resource: str | Resource,
        node: Mapping[str, Any],
        *,
        version: str = "",
        subresource: str = "",
        validate: FieldValidation = FieldValidation.STRICT,
        dry_run: bool = False,
        warn: Warn = _no_warning,
    ) -> KubeObject:
        """Replace an object.

        Args:
            resource: Its kind.
            node: The new object, name and namespace included; with a ``resourceVersion`` it must be the present one.
            version: As for ``create``.
            subresource: ``status`` replaces the status alone; empty replaces everything else.
            validate: As for ``create``.
            dry_run: Do everything but store.
            warn: Receives warnings.

        Returns:
            The object as stored; the present one, with its version, if nothing changed.
        """
        served = self.resource(resource)
        metadata = node["metadata"]
        old = self.get(served, metadata["name"], metadata.get("namespace") or "")
        wanted = metadata.get("resourceVersion")
        if wanted and wanted != old["metadata"]["resourceVersion"]:
            raise apierror.conflict(served, metadata["name"], _MODIFIED)
        if subresource == "status":
            told = self._decode(served, {**old, "status": node.get("status") or {}}, version, validate, warn)
            return self._replace(served, old, {**old, "status": told["status"]}, dry_run=dry_run)
        fresh = self._decode(served, node, version, validate, warn)
        fresh["apiVersion"], fresh["kind"] = served.api_version, served.kind
        fresh["metadata"] = replacement.kept_metadata(old, fresh["metadata"])
        if served.has_status:
            fresh.pop("status", None)
            if "status" in old:
                fresh["status"] = old["status"]
        fresh = defaults.apply_defaults(served, fresh)
        fresh = admission.on_update(self, served, fresh, old)
        if validate is not FieldValidation.TRUSTED:
            validation.check(self, served, fresh, old)
        return self._replace(served, old, fresh, dry_run=dry_run)

    def update_status(self, resource: str | Resource, node: Mapping[str, Any], status: Mapping[str, Any]) -> KubeObject:
        """Write the status of an object as it is now stored; nothing happens if it is the same or it is gone."""
        served = self.resource(resource)
        old = self.find(served, node["metadata"]["name"], node["metadata"].get("namespace", ""))
        if old is None:
            return dict(node)
        return self._replace(served, old, {**old, "status": dict(status)}, dry_run=False)

    def patch(
        self,
        resource: str | Resource,
        name: str,
        patch: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        patch_type: PatchType,
        namespace: str = "",
        *,
        version: str = "",
        subresource: str = "",
        validate: FieldValidation = FieldValidation.STRICT,
        dry_run: bool = False,
        warn: Warn = _no_warning,
    ) -> KubeObject:
        """Change parts of an object; arguments as for ``update``.

        Raises:
            ApiError: ``NotFound``, ``UnsupportedMediaType`` (strategic merge of a custom resource), ``Invalid``,
            ``BadRequest`` …
        """
        served = self.resource(resource)
        old = self.get(served, name, namespace)
        if patch_type is PatchType.STRATEGIC and served.is_custom:
            accepted = ", ".join((PatchType.JSON.value, PatchType.MERGE.value, "application/apply-patch+yaml"))
            message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
            raise apierror.ApiError(415, "UnsupportedMediaType", message)
        try:
            fresh = replacement.patched(served, old, patch, patch_type)
        except PatchProblem as problem:
            raise apierror.ApiError(422, "Invalid", str(problem)) from None
        return self.update(
            served, fresh, version=version, subresource=subresource, validate=validate, dry_run=dry_run, warn=warn
        )

    def delete(
        self,
        resource: str | Resource,
        name: str,
        namespace: str = "",
        *,
        grace_period: int | None = None,
        propagation: Propagation = Propagation.BACKGROUND,
        dry_run: bool = False,
    ) -> KubeObject:
        """Delete an object, or begin to: finalizers and a pod's grace period hold it until they are done.

        Args:
            resource: Its kind.
            name: Its name.
            namespace: Its namespace.
            grace_period: Seconds a pod gets; ``None``: what its spec says; 0: at once.
            propagation: What happens to what it owns.
            dry_run: Only check.

        Returns:
            The object's last state, or its state while it waits.
        """
        served = self.resource(resource)
        old = self.get(served, name, namespace)
        if served.kind == "Namespace" and name in deletion.IMMORTAL_NAMESPACES:
            raise apierror.forbidden(served, name, "this namespace may not be deleted")
        if dry_run:
            return old
        if propagation is not Propagation.BACKGROUND:
            deletion.release_dependents(self, old, propagation)
        key = (namespace if served.namespaced else "", name)
        grace = deletion.grace_seconds(served, old, grace_period)
        if not grace and not deletion.is_held(served, old):
            return self._remove(served, key)
        fresh = deletion.marked(served, old, grace, self.clock.now_ns)
        return old if fresh is old else self._put(served, key, fresh)

    def finish_deletion(self, resource: str | Resource, name: str, namespace: str = "") -> None:
        """Take an object out whose deletion waited for its kubelet or controller; nothing happens if it is gone."""
        served = self.resource(resource)
        key = (namespace if served.namespaced else "", name)
        present = self.store.get(served.qualified, key)
        if present is not None and not present["metadata"].get("finalizers"):
            self._remove(served, key)

    # ------------------------------------------------------------ names

    def generate_name(self, resource: str, namespace: str, prefix: str, *purpose: str) -> str:
        """A free name with a keyed five-letter suffix.

        The n-th name for the same resource, namespace, prefix and purpose is always the same, whatever else goes on.
        """
        counter = (resource, namespace, prefix, *purpose)
        while True:
            ordinal = self.store.generated.get(counter, 0)
            self.store.generated[counter] = ordinal + 1
            name = prefix + keyed_suffix(self.seed, "name", self.name, *counter, ordinal)
            if self.store.get(resource, (namespace, name)) is None:
                return name

    # ------------------------------------------------------------ inside

    def _decode(
        self, served: Resource, node: Mapping[str, Any], version: str, validate: FieldValidation, warn: Warn
    ) -> KubeObject:
        if version and version in served.deprecated:
            used, better = (f"{served.group_version(each)} {served.kind}" for each in (version, served.version))
            warn(f"{used} is deprecated; use {better}")
        if validate is FieldValidation.TRUSTED:
            return dict(node)
        return decoding.decode(served, version or served.version, node, validate.value, warn)

    def _place(self, served: Resource, metadata: KubeObject, namespace: str) -> Key:
        if not served.namespaced:
            metadata.pop("namespace", None)
            namespace = ""
        else:
            own = metadata.get("namespace") or ""
            if own and namespace and own != namespace:
                raise apierror.bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
            namespace = own or namespace or "default"
            metadata["namespace"] = namespace
            self._check_namespace(served, metadata, namespace)
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = self.generate_name(served.qualified, namespace, metadata["generateName"])
        return namespace, metadata.get("name") or ""

    def _check_namespace(self, served: Resource, metadata: Mapping[str, Any], namespace: str) -> None:
        holder = self.store.get("namespaces", ("", namespace))
        if holder is None:
            raise apierror.not_found(self.resource("namespaces"), namespace)
        if is_terminating(holder):
            name = metadata.get("name") or metadata.get("generateName") or ""
            raise apierror.forbidden(
                served, name, f"unable to create new content in namespace {namespace} because it is being terminated"
            )

    def _uid(self, served: Resource, key: Key) -> str:
        incarnation = self.store.incarnations.get((served.qualified, *key), 0)
        return keyed_uuid(self.seed, "uid", self.name, served.qualified, *key, incarnation)

    def _replace(self, served: Resource, old: KubeObject, fresh: KubeObject, *, dry_run: bool) -> KubeObject:
        if fresh == old:
            return old
        fresh = replacement.counted(old, fresh)
        metadata = fresh["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        if dry_run:
            return fresh
        is_held = metadata.get("finalizers") or metadata.get("deletionGracePeriodSeconds")
        if is_terminating(fresh) and not is_held and served.kind != "Namespace":
            self._put(served, key, fresh)
            return self._remove(served, key)
        return self._put(served, key, fresh)

    def _put(self, served: Resource, key: Key, node: KubeObject) -> KubeObject:
        stored = self.store.put(served.qualified, key, node)
        if served.kind == "CustomResourceDefinition":
            self._registry = None
        return stored

    def _remove(self, served: Resource, key: Key) -> KubeObject:
        gone = self.store.remove(served.qualified, key)
        if served.kind == "CustomResourceDefinition":
            self._registry = None
        return gone
