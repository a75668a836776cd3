"""Names that Gateway API, Ingress and Cilium's operator agree on."""

from __future__ import annotations

from hashlib import sha256

GROUP = "gateway.networking.k8s.io"
CLASSES = f"gatewayclasses.{GROUP}"
GATEWAYS = f"gateways.{GROUP}"
HTTP_ROUTES = f"httproutes.{GROUP}"
GRPC_ROUTES = f"grpcroutes.{GROUP}"
TLS_ROUTES = f"tlsroutes.{GROUP}"
GRANTS = f"referencegrants.{GROUP}"
CLASS_CONFIGS = "ciliumgatewayclassconfigs.cilium.io"
ENVOY_CONFIGS = "ciliumenvoyconfigs.cilium.io"
INGRESSES = "ingresses.networking.k8s.io"
INGRESS_CLASSES = "ingressclasses.networking.k8s.io"
SLICES = "endpointslices.discovery.k8s.io"
SERVICES, SECRETS, NAMESPACES = "services", "secrets", "namespaces"

ROUTE_KINDS = {HTTP_ROUTES: "HTTPRoute", GRPC_ROUTES: "GRPCRoute", TLS_ROUTES: "TLSRoute"}
"""Resource → kind of the routes that Cilium serves."""

CONTROLLER = "io.cilium/gateway-controller"
INGRESS_CONTROLLER = "cilium.io/ingress-controller"
OWNING_GATEWAY_LABEL = "io.cilium.gateway/owning-gateway"
GATEWAY_NAME_LABEL = "gateway.networking.k8s.io/gateway-name"
SERVICE_NAME_LABEL = "kubernetes.io/service-name"
INGRESS_LABEL = "cilium.io/ingress"
IPS_ANNOTATION = "lbipam.cilium.io/ips"
GATEWAY_PREFIX = "cilium-gateway-"
INGRESS_PREFIX = "cilium-ingress"
SHARED_INGRESS_NAMESPACE = "kube-system"
SECRETS_NAMESPACE = "cilium-secrets"

DUMMY_BACKEND, DUMMY_PORT = "192.192.192.192", 9999
"""What stands behind a service that Envoy serves, so that agents put it into their service map.

Source: cilium/cilium v1.19 operator/pkg/model/translation/gateway-api/translator.go.
"""
_LONGEST = 63
_KEPT = 52


def shortened(name: str) -> str:
    """A name that fits into a label: long ones end in a hash. Source: cilium/cilium v1.19 pkg/shortener."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[:_KEPT]}-{sha256(name.encode()).hexdigest()[:10]}"


def service_name(gateway: str) -> str:
    """The name of the Service, EndpointSlice and CiliumEnvoyConfig of a Gateway."""
    return shortened(f"{GATEWAY_PREFIX}{gateway}")
