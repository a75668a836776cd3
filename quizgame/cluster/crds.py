"""The custom resource definitions that Cilium 1.19 registers and Gateway API 1.4 brings, as tables."""

from __future__ import annotations

from dataclasses import replace

from quizgame.cluster.objects import KubeObject
from quizgame.cluster.resources import AGE, Column, Resource, resource_rows


def _condition(kind: str, field: str = "status") -> str:
    return f".status.conditions[?(@.type=='{kind}')].{field}"


# Source: CRDs of the Cilium 1.19 branch point and Gateway API 1.4.1 (reference kubectl.md, section 3).
_POOL_WORDS = "ippools,ippool,lbippool,lbippools"
_CILIUM = """
cilium.io/v2 ciliumnetworkpolicies cnp,ciliumnp N CiliumNetworkPolicy status @cilium @ciliumpolicy
cilium.io/v2 ciliumclusterwidenetworkpolicies ccnp C CiliumClusterwideNetworkPolicy status @cilium @ciliumpolicy
cilium.io/v2 ciliumendpoints cep,ciliumep N CiliumEndpoint status @cilium
cilium.io/v2 ciliumidentities ciliumid C CiliumIdentity status @cilium
cilium.io/v2 ciliumnodes cn,ciliumn C CiliumNode status @cilium
cilium.io/v2alpha1 ciliumendpointslices ces C CiliumEndpointSlice @cilium
cilium.io/v2 ciliumegressgatewaypolicies cegp C CiliumEgressGatewayPolicy @cilium @ciliumpolicy
cilium.io/v2 ciliumlocalredirectpolicies clrp N CiliumLocalRedirectPolicy status @cilium @ciliumpolicy
cilium.io/v2 ciliumenvoyconfigs cec N CiliumEnvoyConfig @cilium
cilium.io/v2 ciliumclusterwideenvoyconfigs ccec C CiliumClusterwideEnvoyConfig @cilium
cilium.io/v2,v2alpha1 ciliumcidrgroups ccg C CiliumCIDRGroup @cilium
cilium.io/v2,v2alpha1 ciliumloadbalancerippools $POOLS C CiliumLoadBalancerIPPool @cilium status
cilium.io/v2alpha1 ciliuml2announcementpolicies l2announcement C CiliumL2AnnouncementPolicy status @cilium
cilium.io/v2,v2alpha1 ciliumbgpclusterconfigs cbgpcluster C CiliumBGPClusterConfig status @cilium @ciliumbgp
cilium.io/v2,v2alpha1 ciliumbgppeerconfigs cbgppeer C CiliumBGPPeerConfig status @cilium @ciliumbgp
cilium.io/v2,v2alpha1 ciliumbgpadvertisements cbgpadvert C CiliumBGPAdvertisement @cilium @ciliumbgp
cilium.io/v2,v2alpha1 ciliumbgpnodeconfigs cbgpnode C CiliumBGPNodeConfig status @cilium @ciliumbgp
cilium.io/v2,v2alpha1 ciliumbgpnodeconfigoverrides cbgpnodeoverride C CiliumBGPNodeConfigOverride @cilium @ciliumbgp
cilium.io/v2,v2alpha1 ciliumnodeconfigs - N CiliumNodeConfig @cilium
cilium.io/v2alpha1 ciliumpodippools cpip C CiliumPodIPPool @cilium
cilium.io/v2alpha1 ciliumgatewayclassconfigs cgcc N CiliumGatewayClassConfig status @cilium
"""
_GATEWAY = """
gateway.networking.k8s.io/v1,v1beta1 gatewayclasses gc C GatewayClass status @gateway-api
gateway.networking.k8s.io/v1,v1beta1 gateways gtw N Gateway status @gateway-api
gateway.networking.k8s.io/v1,v1beta1 httproutes - N HTTPRoute status @gateway-api
gateway.networking.k8s.io/v1 grpcroutes - N GRPCRoute status @gateway-api
gateway.networking.k8s.io/v1alpha3,v1alpha2 tlsroutes - N TLSRoute status @gateway-api
gateway.networking.k8s.io/v1beta1 referencegrants refgrant N ReferenceGrant @gateway-api
gateway.networking.k8s.io/v1 backendtlspolicies btlspolicy N BackendTLSPolicy status @gateway-api
"""
# The BGP kind that Cilium 1.19 removed; clusters of 1.18 still have it.
_CILIUM_118_ONLY = """
cilium.io/v2alpha1 ciliumbgppeeringpolicies bgpp C CiliumBGPPeeringPolicy status @cilium @ciliumbgp
"""

_VALID = Column("Valid", _condition("Valid"))
_COLUMNS: dict[str, tuple[Column, ...]] = {
    "CiliumNetworkPolicy": (AGE, _VALID),
    "CiliumClusterwideNetworkPolicy": (_VALID,),
    "CiliumEndpoint": (
        Column("Security Identity", ".status.identity.id", "integer"),
        Column("Ingress Enforcement", ".status.policy.ingress.state", wide=True),
        Column("Egress Enforcement", ".status.policy.egress.state", wide=True),
        Column("Endpoint State", ".status.state"),
        Column("IPv4", ".status.networking.addressing[0].ipv4"),
        Column("IPv6", ".status.networking.addressing[0].ipv6"),
    ),
    "CiliumIdentity": (Column("Namespace", r".metadata.labels.io\.kubernetes\.pod\.namespace"), AGE),
    "CiliumNode": (
        Column("CiliumInternalIP", ".spec.addresses[?(@.type=='CiliumInternalIP')].ip"),
        Column("InternalIP", ".spec.addresses[?(@.type=='InternalIP')].ip"),
        AGE,
    ),
    "CiliumLoadBalancerIPPool": (
        Column("Disabled", ".spec.disabled", "boolean"),
        Column("Conflicting", _condition("cilium.io/PoolConflict")),
        Column("IPs Available", _condition("cilium.io/IPsAvailable", "message")),
        AGE,
    ),
    "CiliumGatewayClassConfig": (
        Column("Accepted", _condition("Accepted")),
        AGE,
        Column("Description", ".spec.description", wide=True),
    ),
    "GatewayClass": (
        Column("Controller", ".spec.controllerName"),
        Column("Accepted", _condition("Accepted")),
        AGE,
        Column("Description", ".spec.description", wide=True),
    ),
    "Gateway": (
        Column("Class", ".spec.gatewayClassName"),
        Column("Address", ".status.addresses[*].value"),
        Column("Programmed", _condition("Programmed")),
        AGE,
    ),
    "HTTPRoute": (Column("Hostnames", ".spec.hostnames"), AGE),
    "GRPCRoute": (Column("Hostnames", ".spec.hostnames"), AGE),
}


def _table(text: str) -> tuple[Resource, ...]:
    rows = []
    for row in resource_rows(text.replace("$POOLS", _POOL_WORDS), is_custom=True):
        # Source: CRDs of the branch point: where cilium.io serves both, v2alpha1 is marked deprecated.
        deprecated = ("v2alpha1",) if row.versions == ("v2", "v2alpha1") else ()
        rows.append(replace(row, columns=_COLUMNS.get(row.kind, (AGE,)), deprecated=deprecated))
    return tuple(rows)


CILIUM_CRDS = _table(_CILIUM)
# Source: reference versions.md: the load-balancer pool became v2 in 1.19, when the old BGP kind went.
CILIUM_118_CRDS = tuple(
    sorted(
        (
            *(
                replace(row, versions=("v2alpha1",), deprecated=()) if row.kind == "CiliumLoadBalancerIPPool" else row
                for row in CILIUM_CRDS
            ),
            *_table(_CILIUM_118_ONLY),
        ),
        key=lambda row: row.plural,
    )
)
GATEWAY_CRDS = _table(_GATEWAY)
KNOWN_CRDS = {row.qualified: row for row in (*CILIUM_118_CRDS, *CILIUM_CRDS, *GATEWAY_CRDS)}


def minor_of(version: str) -> tuple[int, int]:
    """Major and minor number of a version (``v1.19.5`` → (1, 19))."""
    major, minor = version.lstrip("v").split(".")[:2]
    return int(major), int(minor)


def cilium_crds(version: str) -> tuple[Resource, ...]:
    """The kinds that a Cilium version (``1.19.5``) registers."""
    return CILIUM_CRDS if minor_of(version) >= (1, 19) else CILIUM_118_CRDS


def crd_object(resource: Resource) -> KubeObject:
    """The CustomResourceDefinition object that defines a kind of the tables."""
    versions: list[KubeObject] = []
    for version in resource.versions:
        entry: KubeObject = {
            "name": version,
            "served": True,
            "storage": version == resource.version,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            "additionalPrinterColumns": [
                {"jsonPath": column.path, "name": column.name, "type": column.type}
                | ({"priority": 1} if column.wide else {})
                for column in resource.columns
            ],
        }
        if version in resource.deprecated:
            entry["deprecated"] = True
        if resource.has_status:
            entry["subresources"] = {"status": {}}
        versions.append(entry)
    names: KubeObject = {
        "categories": list(resource.categories),
        "kind": resource.kind,
        "listKind": f"{resource.kind}List",
        "plural": resource.plural,
        "singular": resource.singular,
    }
    if resource.short_names:
        names["shortNames"] = list(resource.short_names)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": resource.qualified},
        "spec": {
            "conversion": {"strategy": "None"},
            "group": resource.group,
            "names": names,
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "versions": versions,
        },
    }
