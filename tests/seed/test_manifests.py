"""Every manifest of the founding document (rows M), with the fields and traps that its row names.

Each is applied in a fitting cluster: it is accepted, and then does what it does on Cilium 1.19, or it is rejected with
the real reason. The manifests are our own, in our own worlds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from tests.seed.rows import INVENTORY, found
from tests.seed.worlds import EGRESS_IP, PARTNER, Lab, lab

AGENT = "kubectl exec -n kube-system ds/cilium --"
NODE_AGENT = (
    "kubectl -n kube-system exec $(kubectl -n kube-system get pods -l k8s-app=cilium "
    "--field-selector spec.nodeName={} -o jsonpath='{{.items[0].metadata.name}}') --"
)
ASK = "kubectl -n shop exec deploy/{} -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' {}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest, and what the API server and then the cluster make of it."""

    id: str
    world: str
    text: str
    why: str
    says: tuple[str, ...]
    """Patterns of what ``kubectl apply`` prints."""
    exit: int = 0
    flags: str = ""
    before: tuple[str, ...] = ()
    """Lines that prepare it and must succeed."""
    then: tuple[tuple[str, str], ...] = ()
    """Lines played afterwards, and a pattern that both streams must hold."""
    settle_s: int = field(default=10)
    """Simulated seconds that controllers get before those lines."""


def created(kind: str, name: str) -> tuple[str, ...]:
    return (rf"^{re.escape(kind)}/{re.escape(name)} created$",)


def no_kind(kind: str, version: str, name: str) -> tuple[str, ...]:
    return (
        rf'^error: resource mapping not found for name: "{name}" namespace: "" from "STDIN": '
        rf'no matches for kind "{kind}" in version "{re.escape(version)}"$',
        "^ensure CRDs are installed first$",
    )


def apply_line(text: str, flags: str = "") -> str:
    """The line that applies a manifest."""
    return f"kubectl {flags} apply -f - <<'END'\n{text}\nEND"


CALLS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: basket-calls, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: basket}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: front}}]
    toPorts:
    - ports: [{port: "8080", protocol: TCP}]
      rules:
        http:
        - {method: GET, path: /v1/items}
        - {method: GET, path: "/v1/items/[0-9]+"}
        - {method: POST, path: /v1/orders, headers: ["Content-Type: application/json"]}
"""
BASELINE = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {{name: baseline}}
spec:
  endpointSelector: {{}}
  egress: [{{toEntities: [{entities}]}}]
  ingress: [{{fromEntities: [health]}}]
"""
PAYMENTS = """
apiVersion: v1
kind: Service
metadata: {{name: rates, {namespace}annotations: {{service.cilium.io/global: "true"{more}}}}}
spec: {{selector: {{app: payment-api}}, ports: [{{port: 443}}]}}
"""
OLD_BGP = """
apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata: {{name: {name}}}
spec:
  nodeSelector: {{matchLabels: {{{selector}}}}}
  virtualRouters:
  - localASN: 65001
    exportPodCIDR: true
    neighbors: [{{peerAddress: {peer}, peerASN: 65000}}]
    serviceSelector: {{matchExpressions: [{{key: expose, operator: In, values: [bgp]}}]}}
"""
EGRESS = f"""
apiVersion: cilium.io/v2
kind: CiliumEgressGatewayPolicy
metadata: {{name: partners}}
spec:
  selectors: [{{podSelector: {{matchLabels: {{app: front}}}}}}]
  destinationCIDRs: [10.200.0.0/16]
  egressGateway:
    nodeSelector: {{matchLabels: {{role: egress-gateway}}}}
    egressIP: {EGRESS_IP}
"""
LEGACY = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: postgres-clients}
spec:
  endpointSelector: {matchLabels: {app: postgres}}
  ingress: [{fromEndpoints: [{matchLabels: {cluster: old}}]}]
"""
NC = "kubectl --context kind-{} -n ledger exec deploy/payment-api -- nc -zv -w 3 postgres 5432"
KIND = """
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: cluster-{name}
networking: {{disableDefaultCNI: true, podSubnet: 10.{pods}.0.0/16, serviceSubnet: 10.{services}.0.0/16}}
nodes: [{{role: control-plane}}, {{role: worker}}]
"""
ECHO = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo}
spec:
  replicas: 2
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec: {containers: [{name: echo, image: "cilium/json-mock:1.3.8", ports: [{containerPort: 8080}]}]}
"""
GLOBAL_ECHO = """
apiVersion: v1
kind: Service
metadata: {name: echo, annotations: {service.cilium.io/global: "true", service.cilium.io/affinity: local}}
spec: {selector: {app: echo}, ports: [{port: 8080}]}
"""
BOTH_ECHOES = tuple(apply_line(ECHO, f"--context kind-{name}") for name in ("old", "new"))
CLIENT = tuple(
    f"kubectl --context kind-{name} run client --image=curl --restart=Never --command -- sleep 3600"
    for name in ("old", "new")
)
AFFINITY = "kubectl --context kind-{} -n kube-system exec ds/cilium -- cilium-dbg service list --clustermesh-affinity"
WEB = """
apiVersion: v1
kind: Service
metadata: {name: stall, namespace: shop, labels: {l2-announce: "true"}}
spec: {type: LoadBalancer, selector: {app: basket}, ports: [{port: 80, targetPort: 8080}]}
"""
POOL = apply_line("""
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: stalls}
spec: {blocks: [{cidr: 172.18.240.0/28}]}
""")
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: shop-gw, namespace: shop}
spec:
  gatewayClassName: cilium
  listeners: [{name: http, protocol: HTTP, port: 80, allowedRoutes: {namespaces: {from: Same}}}]
"""
ROUTES = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop-routes, namespace: shop}
spec:
  parentRefs: [{name: shop-gw}]
  rules:
  - matches: [{path: {type: PathPrefix, value: /}}]
    backendRefs: [{name: stall, port: 3000}]
  - matches: [{path: {type: PathPrefix, value: /api}}]
    backendRefs: [{name: basket, port: 8080}]
"""
GRPC = """
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: shop-grpc, namespace: shop}
spec:
  parentRefs: [{name: shop-gw}]
  rules:
  - matches: [{method: {service: shop.Basket}}]
    backendRefs: [{name: basket, port: 8080}]
"""
GATEWAY_CURL = (
    "kubectl -n shop exec deploy/front -- curl -s "
    "http://$(kubectl -n shop get gateway shop-gw -o jsonpath='{.status.addresses[0].value}')"
)
L2 = """
apiVersion: cilium.io/v2alpha1
kind: CiliumL2AnnouncementPolicy
metadata: {name: stalls}
spec:
  serviceSelector: {matchLabels: {l2-announce: "true"}}
  nodeSelector: {matchLabels: {node.kubernetes.io/role: worker}}
  interfaces: [eth0]
  externalIPs: true
  loadBalancerIPs: true
"""

MANIFESTS = (
    Manifest("M01", "shop", CALLS, "F-30, F-31: anchored expressions, whole header values; denied calls get 403",
        created("ciliumnetworkpolicy.cilium.io", "basket-calls"),
        then=(
            (ASK.format("front", "basket:8080/v1/items"), "^200"),
            (ASK.format("front", "basket:8080/v1/items/17"), "^200"),
            (ASK.format("front", "basket:8080/v1/items/17a"), "^403"),
            (ASK.format("front", "'basket:8080/v1/items?page=2'"), "^403"),
            (ASK.format("front", "-X POST -H 'Content-Type: application/json' basket:8080/v1/orders"), "^200"),
            (ASK.format("front", "-X POST -H 'Content-Type: application/json; charset=utf-8' basket:8080/v1/orders"),
             "^403"),
            (ASK.format("front", "-X DELETE basket:8080/v1/items"), "^403"),
            (ASK.format("batch", "basket:8080/v1/items"), "^000"),
            ("hubble observe --to-pod shop/basket --type l7 --verdict DROPPED --last 20",
             r"http-request DROPPED \(HTTP/1\.1 DELETE http://basket:8080/v1/items\)"),
        )),
    Manifest("M02", "shop", BASELINE.format(entities="dns, kube-apiserver"), "F-40: there is no entity dns",
        (r'^The CiliumClusterwideNetworkPolicy "baseline" is invalid: spec\.egress\[0\]\.toEntities\[0\]: '
         r'Unsupported value: "dns": supported values: "all", "world", "cluster", "host", "init", "ingress", '
         r'"unmanaged", "remote-node", "health", "none", "kube-apiserver"$',), exit=1),
    Manifest("M02", "shop", BASELINE.format(entities="kube-apiserver"),
        "F-43: accepted without it, and then every pod is in default deny, both ways",
        created("ciliumclusterwidenetworkpolicy.cilium.io", "baseline"),
        then=(
            (f"{AGENT} cilium-dbg endpoint list", r"^\d+ +Enabled +Enabled +\d+ +k8s:io\.cilium.*kube-system"),
            (ASK.format("front", "basket:8080/"), "^000"),
            ("hubble observe --from-pod shop/front --verdict DROPPED --last 5",
             r"kube-system/coredns\S*:53 \(ID:\d+\) Policy denied DROPPED \(UDP\)"),
        )),
    Manifest("M03", "mesh", PAYMENTS.format(namespace="namespace: ledger, ", more=""),
        "F-58: global once it exists in each cluster with the same name and namespace",
        created("service", "rates"),
        before=(apply_line(PAYMENTS.format(namespace="namespace: ledger, ", more=""), "--context kind-new"),),
        then=((AFFINITY.format("old"), r"10\.245\.\d+\.\d+:443/TCP \(active\)"),)),
    Manifest("M04", "mesh", PAYMENTS.format(namespace="", more=", service.cilium.io/affinity: local"),
        "F-58: without a namespace it lands in the current one, so it shares nothing with the other cluster's",
        created("service", "rates"),
        before=(apply_line(PAYMENTS.format(namespace="namespace: ledger, ", more=""), "--context kind-new"),),
        then=(
            ("kubectl get svc -A", r"^default +rates +ClusterIP"),
            (f"{AFFINITY.format('old')} | grep ':443/TCP' | grep 10.245 || echo none of new", "^none of new$"),
        )),
    Manifest("M05", "bgp", OLD_BGP.format(name="rack-1", selector="rack: rack-1", peer="172.18.0.100/32"),
        "F-80: the kind was removed in 1.19", no_kind("CiliumBGPPeeringPolicy", "cilium.io/v2alpha1", "rack-1"),
        exit=1, then=(
            ("kubectl get ciliumbgpclusterconfigs,ciliumbgppeerconfigs,ciliumbgpadvertisements,ciliumbgpnodeconfigs",
             r"^ciliumbgpclusterconfig\.cilium\.io/rack "),
            ("cilium bgp peers", r"^kind-worker +65001 +65000 +172\.18\.0\.100 +established"),
        )),
    Manifest("M06", "gateway", GATEWAY, "F-89, F-90: accepted, programmed, and given an address by its Service",
        created("gateway.gateway.networking.k8s.io", "shop-gw"),
        then=(
            ("kubectl -n shop get gateway shop-gw", r"^shop-gw +cilium +172\.18\.240\.\d+ +True "),
            ("kubectl get gatewayclass cilium", r"^cilium +io\.cilium/gateway-controller +True "),
            ("kubectl -n shop get svc cilium-gateway-shop-gw", r"LoadBalancer +\S+ +172\.18\.240\.\d+ +80:\d+/TCP"),
        )),
    Manifest("M07", "gateway", ROUTES, "F-89, F-122: the longest prefix wins, whatever the order",
        created("httproute.gateway.networking.k8s.io", "shop-routes"), before=(apply_line(GATEWAY),),
        then=(
            ("kubectl -n shop get httproute shop-routes -o yaml", r"reason: ResolvedRefs$"),
            (f"{GATEWAY_CURL}/api/items", r'"pod":"basket-'),
            (f"{GATEWAY_CURL}/index.html", r'"pod":"stall-'),
        )),
    Manifest("M08", "gateway", GRPC, "F-89, F-122", created("grpcroute.gateway.networking.k8s.io", "shop-grpc"),
        before=(apply_line(GATEWAY),),
        then=(("kubectl -n shop get grpcroute shop-grpc -o yaml", r"reason: Accepted$"),)),
    Manifest("M09", "shop", """
apiVersion: cilium.io/v2
kind: CiliumBandwidthPolicy
metadata: {name: batch}
spec: {endpointSelector: {matchLabels: {app: batch}}, egress: {rate: 50M, burst: 10M}}
""", "F-95: no such kind; limits are annotations of pods",
        no_kind("CiliumBandwidthPolicy", "cilium.io/v2", "batch"), exit=1),
    Manifest("M10", "egress", EGRESS, "F-70 to F-74: the partner lets one address in, and it is that of the gateway",
        created("ciliumegressgatewaypolicy.cilium.io", "partners"),
        before=("kubectl label node kind-worker2 role=egress-gateway",),
        then=(
            (ASK.format("front", PARTNER), "^200"),
            (ASK.format("batch", PARTNER), "^000"),
            (f"{NODE_AGENT.format('kind-worker2')} cilium-dbg bpf egress list",
             rf"10\.200\.0\.0/16 +{re.escape(EGRESS_IP)} +172\.18\.0\.4"),
        )),
    Manifest("M11", "l2", L2, "F-97, F-99: one node holds the lease of a Service and answers for its address",
        created("ciliuml2announcementpolicy.cilium.io", "stalls"),
        before=(POOL, apply_line(WEB), "kubectl label nodes kind-worker kind-worker2 node.kubernetes.io/role=worker"),
        then=(
            ("kubectl -n kube-system get lease cilium-l2announce-shop-stall",
             r"^cilium-l2announce-shop-stall +kind-worker2? "),
        )),
    Manifest("M12", "shop", WEB, "F-98: no address without a pool",
        created("service", "stall"),
        then=(
            ("kubectl -n shop get svc stall", r"^stall +LoadBalancer +\S+ +<pending> +80:\d+/TCP"),
            (POOL, "created"),
            ("kubectl -n shop get svc stall", r"^stall +LoadBalancer +\S+ +172\.18\.240\.\d+ +80:\d+/TCP"),
        )),
    Manifest("M13", "mesh", LEGACY, "F-64, F-63: the pod label cluster is no cluster; the namespace is not asked for",
        (r"^ciliumclusterwidenetworkpolicy\.cilium\.io/postgres-clients configured$",),
        then=(
            (NC.format("old"), r"succeeded!$"),
            (NC.format("new"), r"timed out"),
            ("kubectl --context kind-new -n ledger patch deploy payment-api -p "
             "'{\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"cluster\":\"old\"}}}}}'", "patched"),
            ("kubectl --context kind-new -n ledger rollout status deploy/payment-api", "successfully rolled out"),
            (NC.format("new"), r"timed out"),  # a selector without a cluster label means the local cluster
        )),
    Manifest("M14", "bare", KIND.format(name="a", pods=244, services=96), "kind's own file is no object of a cluster",
        no_kind("Cluster", "kind.x-k8s.io/v1alpha4", ""), exit=1,
        then=(
            ("kubectl --context kind-cluster-a get nodes -o jsonpath='{.items[*].spec.podCIDR}'",
             r"^10\.244\.0\.0/24 10\.244\.1\.0/24$"),
            ("kubectl --context kind-cluster-a get svc kubernetes -o jsonpath='{.spec.clusterIP}'", r"^10\.96\.0\.1$"),
        )),
    Manifest("M15", "bare", KIND.format(name="b", pods=245, services=97), "kind's own file is no object of a cluster",
        no_kind("Cluster", "kind.x-k8s.io/v1alpha4", ""), exit=1,
        then=(
            ("kubectl --context kind-cluster-b get nodes -o jsonpath='{.items[*].spec.podCIDR}'",
             r"^10\.245\.0\.0/24 10\.245\.1\.0/24$"),
            ("kubectl --context kind-cluster-b get svc kubernetes -o jsonpath='{.spec.clusterIP}'", r"^10\.97\.0\.1$"),
        )),
    Manifest("M16", "mesh", ECHO, "kubectl", created("deployment.apps", "echo"), flags="--context kind-old",
        then=(("kubectl --context kind-old rollout status deploy/echo", "successfully rolled out"),
              ("kubectl --context kind-old get deploy echo", r"^echo +2/2 +2 +2"))),
    Manifest("M17", "mesh", GLOBAL_ECHO, "F-58, F-59: local backends are preferred, remote ones known",
        created("service", "echo"), flags="--context kind-old", before=(
            *BOTH_ECHOES, *CLIENT, apply_line(GLOBAL_ECHO, "--context kind-new")),
        then=(
            ("kubectl --context kind-old exec client -- curl -s echo:8080", r'"cluster":"old"'),
            (AFFINITY.format("old"), r"10\.244\.\d+\.\d+:8080/TCP \(active\) \(preferred\)"),
            (AFFINITY.format("old"), r"10\.245\.\d+\.\d+:8080/TCP \(active\) *$"),
        )),
    Manifest("M18", "mesh", ECHO, "kubectl", created("deployment.apps", "echo"), flags="--context kind-new",
        then=(("kubectl --context kind-new rollout status deploy/echo", "successfully rolled out"),
              ("kubectl --context kind-new get deploy echo", r"^echo +2/2 +2 +2"))),
    Manifest("M19", "mesh", GLOBAL_ECHO, "F-58: as in the other cluster", created("service", "echo"),
        flags="--context kind-new", before=(
            *BOTH_ECHOES, *CLIENT, apply_line(GLOBAL_ECHO, "--context kind-old")),
        then=(
            ("kubectl --context kind-new exec client -- curl -s echo:8080", r'"cluster":"new"'),
            ("kubectl --context kind-new scale deploy echo --replicas=0", "scaled"),
            ("kubectl --context kind-new exec client -- curl -s echo:8080", r'"cluster":"old"'),
        )),
    Manifest("M20", "bgp", OLD_BGP.format(name="lab", selector="kubernetes.io/os: linux", peer="172.18.0.100/32"),
        "F-80", no_kind("CiliumBGPPeeringPolicy", "cilium.io/v2alpha1", "lab"), exit=1,
        then=(("kubectl get ciliumbgpclusterconfig rack -o yaml", r"type: cilium\.io/NoMatchingNode"),
              ("kubectl get ciliumbgpnodeconfig kind-worker -o yaml", r"peeringState: established"))),
)  # fmt: skip


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda each: f"{each.id}-{each.world}")
def test_a_manifest_of_the_document_is_taken_or_refused_for_the_real_reason(manifest: Manifest) -> None:
    played: Lab = lab(manifest.world)
    played.do(*manifest.before)
    got = played.apply(manifest.text, manifest.flags)
    assert got.exit == manifest.exit, f"{manifest.id} ({manifest.why})\n{got.both}"
    for pattern in manifest.says:
        assert found(pattern, got), f"{manifest.id}: {pattern!r} is missing ({manifest.why})\n{got.both}"
    played.world.advance(manifest.settle_s)
    for line, pattern in manifest.then:
        answer = played.run(line)
        assert found(pattern, answer), f"{manifest.id}, then {line!r}: {pattern!r} ({manifest.why})\n{answer.both}"


@pytest.mark.skipif(
    not INVENTORY.exists(), reason="the inventory of the founding document is not beside the repository"
)
def test_no_manifest_of_the_inventory_is_left_out() -> None:
    listed = re.findall(r"^\| (M[0-9]{2}) \|", INVENTORY.read_text(encoding="utf-8"), re.MULTILINE)
    assert {manifest.id for manifest in MANIFESTS} == set(listed)
