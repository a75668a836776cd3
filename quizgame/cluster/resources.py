"""The kinds an API server serves, and how words name them.

``BUILT_IN`` and the ``*_CRDS`` tables are data; a ``Registry`` is what one server serves: the built-ins plus what
its CustomResourceDefinition objects add.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quizgame.cluster.objects import dig


@dataclass(frozen=True, slots=True)
class Column:
    """One printer column of a custom resource."""

    name: str
    path: str
    """JSONPath from the object, as CRDs write it: ``.spec.x``."""
    type: str = "string"
    wide: bool = False
    """Shown by ``-o wide`` alone (priority 1)."""


AGE = Column("Age", ".metadata.creationTimestamp", "date")


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind as the server serves it."""

    group: str
    """Empty for the core group."""
    versions: tuple[str, ...]
    """Served versions; objects are stored in the first."""
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    categories: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    """Printer columns after NAME; only custom resources have them here."""
    deprecated: tuple[str, ...] = ()
    """Served versions whose use draws a warning."""
    is_custom: bool = False
    has_status: bool = False
    """Whether ``status`` is a subresource: ordinary writes then leave it alone."""
    is_stored: bool = True
    """``False`` for kinds that are never stored under their own name (reviews, bindings, views)."""
    view_of: str = ""
    """Plural of the resource whose objects this one shows in another form."""

    @property
    def version(self) -> str:
        """The storage version."""
        return self.versions[0]

    @property
    def api_version(self) -> str:
        """``apiVersion`` of stored objects."""
        return self.group_version(self.version)

    def group_version(self, version: str) -> str:
        """``apiVersion`` for a served version."""
        return f"{self.group}/{version}" if self.group else version

    @property
    def qualified(self) -> str:
        """``deployments.apps``; how messages name the resource."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """``Deployment.apps``; how the server's Invalid messages name the kind."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def prefix(self) -> str:
        """``deployment.apps``; what ``-o name`` and kubectl's confirmations begin with."""
        return f"{self.singular}.{self.group}" if self.group else self.singular

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that names it: plural, singular, short names."""
        return (self.plural, self.singular, *self.short_names)


def resource_rows(table: str, *, is_custom: bool = False) -> tuple[Resource, ...]:
    """Read a table: ``GROUP/VERSIONS PLURAL SHORT N|C KIND``, ``status``, ``unstored``, ``view=``, ``@category``."""
    rows = []
    for line in table.strip().splitlines():
        api, plural, short, scope, kind, *flags = line.split()
        group, _, versions = api.rpartition("/")
        rows.append(
            Resource(
                group=group,
                versions=tuple(versions.split(",")),
                kind=kind,
                plural=plural,
                singular=kind.lower(),
                short_names=() if short == "-" else tuple(short.split(",")),
                namespaced=scope == "N",
                categories=tuple(flag[1:] for flag in flags if flag[0] == "@"),
                has_status="status" in flags,
                is_stored="unstored" not in flags,
                is_custom=is_custom,
                view_of=next((flag[5:] for flag in flags if flag.startswith("view=")), ""),
            )
        )
    return tuple(rows)


# Source: kubectl 1.35 api-resources against a 1.35 server (reference golden api-resources).
BUILT_IN: tuple[Resource, ...] = resource_rows("""
v1 bindings - N Binding unstored
v1 componentstatuses cs C ComponentStatus
v1 configmaps cm N ConfigMap
v1 endpoints ep N Endpoints
v1 events ev N Event
v1 limitranges limits N LimitRange
v1 namespaces ns C Namespace status
v1 nodes no C Node status
v1 persistentvolumeclaims pvc N PersistentVolumeClaim status
v1 persistentvolumes pv C PersistentVolume status
v1 pods po N Pod status @all
v1 podtemplates - N PodTemplate
v1 replicationcontrollers rc N ReplicationController status @all
v1 resourcequotas quota N ResourceQuota status
v1 secrets - N Secret
v1 serviceaccounts sa N ServiceAccount
v1 services svc N Service status @all
admissionregistration.k8s.io/v1 mutatingwebhookconfigurations - C MutatingWebhookConfiguration
admissionregistration.k8s.io/v1 validatingadmissionpolicies - C ValidatingAdmissionPolicy status
admissionregistration.k8s.io/v1 validatingadmissionpolicybindings - C ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1 validatingwebhookconfigurations - C ValidatingWebhookConfiguration
apiextensions.k8s.io/v1 customresourcedefinitions crd,crds C CustomResourceDefinition status @api-extensions
apiregistration.k8s.io/v1 apiservices - C APIService status @api-extensions
apps/v1 controllerrevisions - N ControllerRevision
apps/v1 daemonsets ds N DaemonSet status @all
apps/v1 deployments deploy N Deployment status @all
apps/v1 replicasets rs N ReplicaSet status @all
apps/v1 statefulsets sts N StatefulSet status @all
authentication.k8s.io/v1 selfsubjectreviews - C SelfSubjectReview unstored
authentication.k8s.io/v1 tokenreviews - C TokenReview unstored
authorization.k8s.io/v1 localsubjectaccessreviews - N LocalSubjectAccessReview unstored
authorization.k8s.io/v1 selfsubjectaccessreviews - C SelfSubjectAccessReview unstored
authorization.k8s.io/v1 selfsubjectrulesreviews - C SelfSubjectRulesReview unstored
authorization.k8s.io/v1 subjectaccessreviews - C SubjectAccessReview unstored
autoscaling/v2,v1 horizontalpodautoscalers hpa N HorizontalPodAutoscaler status @all
batch/v1 cronjobs cj N CronJob status @all
batch/v1 jobs - N Job status @all
certificates.k8s.io/v1 certificatesigningrequests csr C CertificateSigningRequest status
coordination.k8s.io/v1 leases - N Lease
discovery.k8s.io/v1 endpointslices - N EndpointSlice
events.k8s.io/v1 events ev N Event unstored view=events
flowcontrol.apiserver.k8s.io/v1 flowschemas - C FlowSchema status
flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations - C PriorityLevelConfiguration status
networking.k8s.io/v1 ingressclasses - C IngressClass
networking.k8s.io/v1 ingresses ing N Ingress status
networking.k8s.io/v1 ipaddresses ip C IPAddress
networking.k8s.io/v1 networkpolicies netpol N NetworkPolicy
networking.k8s.io/v1 servicecidrs - C ServiceCIDR status
node.k8s.io/v1 runtimeclasses - C RuntimeClass
policy/v1 poddisruptionbudgets pdb N PodDisruptionBudget status
rbac.authorization.k8s.io/v1 clusterrolebindings - C ClusterRoleBinding
rbac.authorization.k8s.io/v1 clusterroles - C ClusterRole
rbac.authorization.k8s.io/v1 rolebindings - N RoleBinding
rbac.authorization.k8s.io/v1 roles - N Role
resource.k8s.io/v1 deviceclasses - C DeviceClass
resource.k8s.io/v1 resourceclaims - N ResourceClaim status
resource.k8s.io/v1 resourceclaimtemplates - N ResourceClaimTemplate
resource.k8s.io/v1 resourceslices - C ResourceSlice
scheduling.k8s.io/v1 priorityclasses pc C PriorityClass
storage.k8s.io/v1 csidrivers - C CSIDriver
storage.k8s.io/v1 csinodes - C CSINode
storage.k8s.io/v1 csistoragecapacities - N CSIStorageCapacity
storage.k8s.io/v1 storageclasses sc C StorageClass
storage.k8s.io/v1 volumeattachments - C VolumeAttachment status
storage.k8s.io/v1 volumeattributesclasses vac C VolumeAttributesClass
""")


class Registry:
    """What one API server serves; look-ups the way kubectl resolves words."""

    __slots__ = ("_by_kind", "_by_plural", "_ordered")

    def __init__(self, resources: Iterable[Resource]) -> None:
        # Order: the core group, then groups by name, as discovery lists them. A bare word goes to the first that
        # knows it.
        self._ordered = tuple(sorted(resources, key=lambda each: (each.group, each.plural)))
        self._by_kind = {(each.group, each.kind): each for each in self._ordered}
        self._by_plural: dict[str, Resource] = {}
        for each in self._ordered:
            self._by_plural.setdefault(each.qualified, each)
            self._by_plural.setdefault(each.plural, each)

    def __iter__(self) -> Any:
        """All resources: core first, then by group and plural."""
        return iter(self._ordered)

    def get(self, plural: str) -> Resource | None:
        """The resource with this plural, bare or qualified (``deployments``, ``deployments.apps``)."""
        return self._by_plural.get(plural)

    def for_kind(self, api_version: str, kind: str) -> tuple[Resource, str] | None:
        """The resource for a manifest's ``apiVersion`` and ``kind``, with the version named; ``None`` if not served."""
        group, _, version = api_version.rpartition("/")
        found = self._by_kind.get((group, kind))
        return (found, version) if found is not None and version in found.versions else None

    def resolve(self, word: str) -> tuple[Resource, str] | None:
        """What a typed word names: plural, singular or short name, alone or with ``.group`` or ``.version.group``.

        Returns:
            The resource and the version asked for (the storage version where none was typed), or ``None``.
        """
        name, _, rest = word.lower().partition(".")
        for each in self._ordered:
            if name not in each.words:
                continue
            if not rest or rest == each.group:
                return each, each.version
            version, _, group = rest.partition(".")
            if version in each.versions and group == each.group:
                return each, version
        if rest:  # a group typed in part, as kubectl allows: the first group that begins so
            for each in self._ordered:
                if name in each.words and each.group.startswith(rest):
                    return each, each.version
        return None

    def category(self, word: str) -> tuple[Resource, ...]:
        """The kinds of a category (``all``, ``cilium``, …), in order; empty if there is no such category."""
        return tuple(each for each in self._ordered if word in each.categories)

    def group_versions(self) -> tuple[str, ...]:
        """All ``group/version`` served, sorted as ``kubectl api-versions`` does."""
        return tuple(sorted({each.group_version(version) for each in self._ordered for version in each.versions}))


def resource_of_crd(crd: Mapping[str, Any], known: Mapping[str, Resource]) -> Resource:
    """The resource that a CustomResourceDefinition object defines.

    Args:
        crd: The object.
        known: Kinds of the tables by qualified plural; their row lends what the object leaves out (storage order,
        columns).
    """
    spec = crd["spec"]
    names = spec["names"]
    versions = sorted(
        (each for each in spec["versions"] if each.get("served", True)), key=lambda each: not each.get("storage", False)
    )
    columns = tuple(
        Column(each["name"], each["jsonPath"], each.get("type", "string"), bool(each.get("priority", 0)))
        for each in dig(versions[0], "additionalPrinterColumns", default=())
    )
    row = known.get(f"{names['plural']}.{spec['group']}")
    return Resource(
        group=spec["group"],
        versions=tuple(each["name"] for each in versions),
        kind=names["kind"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        short_names=tuple(names.get("shortNames") or ()),
        namespaced=spec["scope"] == "Namespaced",
        categories=tuple(names.get("categories") or ()),
        columns=columns or (row.columns if row else (AGE,)),
        deprecated=tuple(each["name"] for each in versions if each.get("deprecated")),
        is_custom=True,
        has_status="status" in (versions[0].get("subresources") or {}),
    )
