"""Tests of policies on layers 3 and 4. Source: cilium/cilium cilium-cli/connectivity/builder (what each expects)."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.tools.cilium.connectivity.actions import Probe
from quizgame.tools.cilium.connectivity.expectations import (
    DENIED,
    DROP,
    DROP_TIMEOUT,
    NONE,
    NOT_ALLOWED,
    OK,
    SUCCESS,
    Expectation,
)
from quizgame.tools.cilium.connectivity.looks import with_metrics
from quizgame.tools.cilium.connectivity.options import Options
from quizgame.tools.cilium.connectivity.policies import (
    ALLOW_ALL_EGRESS,
    ALLOW_ALL_INGRESS,
    ANYBODY,
    CLIENTS,
    ECHOES,
    EVERY_CLUSTER,
    OTHER_CLIENT,
    SERVICE_ACCOUNT,
    TO_NAME_SERVERS,
    Policy,
    anywhere,
    cidr_group,
    cilium,
    clusterwide,
    echo_ports,
    expressed,
    kubernetes,
    labelled,
    ports,
    with_label,
)
from quizgame.tools.cilium.connectivity.scenarios import (
    CCNP_CLIENT_TO_CLIENT,
    CLIENT_TO_CLIENT,
    HOST_TO_POD,
    POD_TO_HOST,
    POD_TO_HOST_PORT,
    POD_TO_ITSELF,
    POD_TO_LOCAL_NODE_PORT,
    POD_TO_REMOTE_NODE_PORT,
    POD_TO_SERVICE,
    pod_to_cidr,
    pod_to_pod,
    pod_to_pod_with_endpoints,
    pod_to_world,
    to_port_80,
)
from quizgame.tools.cilium.connectivity.scenarios import (
    always as every_time,
)
from quizgame.tools.cilium.connectivity.site import Site
from quizgame.tools.cilium.connectivity.suite.test import NamedTest, always, fixed
from quizgame.tools.cilium.connectivity.workloads import ECHO_PORT

EGRESS_NOT_ALLOWED, EGRESS_DENIED = Expectation(NOT_ALLOWED, NONE), Expectation(DENIED, NONE)
INGRESS_NOT_ALLOWED, INGRESS_DENIED = Expectation(OK, NOT_ALLOWED), Expectation(DROP, DENIED)
UNSEEN = Expectation(OK, NONE)
"""It succeeds, and nothing is looked for at the other end."""
_CLIENT, _CLIENT2 = {"name": "client"}, {"name": "client2"}
_ALLOW_ALL = (ALLOW_ALL_EGRESS, ALLOW_ALL_INGRESS)
_INSIDE = ["host", "remote-node", "cluster", "init", "health", "kube-apiserver"]
_FROM_CLIENT2 = [{"fromEndpoints": [anywhere(labelled(**OTHER_CLIENT))]}]


def _is_client2(probe: Probe) -> bool:
    return probe.source.has(OTHER_CLIENT)


def _is_from_client(probe: Probe) -> bool:
    return probe.source.has(_CLIENT)


def _only_from_client2(probe: Probe, _site: Site) -> Expectation:
    return SUCCESS if _is_client2(probe) else INGRESS_NOT_ALLOWED


def _timeout_but_from_client2(probe: Probe, _site: Site) -> Expectation:
    return SUCCESS if _is_client2(probe) else Expectation(DROP_TIMEOUT, DROP_TIMEOUT)


def _outside_only(probe: Probe, site: Site) -> Expectation:
    options = site.options
    is_outside = probe.peer.address in (options.external_ip, options.external_other_ip)
    return UNSEEN if is_outside else Expectation(DROP, NOT_ALLOWED)


def _not_other_address(probe: Probe, site: Site) -> Expectation:
    is_other = probe.peer.address == site.options.external_other_ip
    return Expectation(DROP_TIMEOUT, NONE) if is_other else UNSEEN


def _other_address_denied(probe: Probe, site: Site) -> Expectation:
    return EGRESS_DENIED if probe.peer.address == site.options.external_other_ip else UNSEEN


def _neither_address(probe: Probe, site: Site) -> Expectation:
    return EGRESS_DENIED if probe.peer.address == site.options.external_other_ip else EGRESS_NOT_ALLOWED


def _port_80_only(probe: Probe, _site: Site) -> Expectation:
    return UNSEEN if probe.peer.port == 80 else Expectation(DROP_TIMEOUT, NONE)


def _same_node_only(probe: Probe, _site: Site) -> Expectation:
    return SUCCESS if probe.peer.has(name="echo-same-node") else EGRESS_NOT_ALLOWED


def _local_cluster_only(probe: Probe, site: Site) -> Expectation:
    is_default_local = site.cluster.config.get("policy-default-local-cluster", "true") == "true"
    if not is_default_local or not site.is_multi_cluster or probe.peer.context == site.cluster.context:
        return SUCCESS
    return EGRESS_NOT_ALLOWED


def _client2_denied_at_echo(probe: Probe, _site: Site) -> Expectation:
    return INGRESS_DENIED if _is_client2(probe) and probe.peer.has(kind="echo") else SUCCESS


def _client2_may_not_ping(probe: Probe, _site: Site) -> Expectation:
    return INGRESS_DENIED if _is_client2(probe) and probe.peer.has(kind="client") else UNSEEN


def _echo_denied(probe: Probe, _site: Site) -> Expectation:
    is_to_echo = probe.peer.has(kind="echo") and probe.peer.port == ECHO_PORT
    return EGRESS_DENIED if is_to_echo else UNSEEN


def _client_denied(probe: Probe, _site: Site) -> Expectation:
    return EGRESS_DENIED if _is_from_client(probe) and probe.peer.has(kind="echo") else SUCCESS


def _client_denied_at_echo(probe: Probe, _site: Site) -> Expectation:
    is_denied = _is_from_client(probe) and probe.peer.has(kind="echo")
    return Expectation(DROP_TIMEOUT, DENIED) if is_denied else SUCCESS


def _same_node_denied(probe: Probe, _site: Site) -> Expectation:
    return EGRESS_DENIED if probe.peer.has(name="echo-same-node") else SUCCESS


def _to_cidr(options: Options) -> tuple[Policy, ...]:
    blocks = [{"cidr": options.external_cidr, "except": [f"{options.external_other_ip}/32"]}]
    return (cilium("client-egress-to-cidr", CLIENTS, egress=[{"toCIDRSet": blocks}]),)


def _to_cidr_knp(options: Options) -> tuple[Policy, ...]:
    block = {"cidr": options.external_cidr, "except": [f"{options.external_other_ip}/32"]}
    return (kubernetes("client-egress-to-cidr", CLIENTS, egress=[{"to": [{"ipBlock": block}]}]),)


def _cidr_deny(options: Options) -> Policy:
    blocks = [{"cidr": options.external_cidr, "except": [f"{options.external_ip}/32"]}]
    return cilium("client-egress-to-cidr-deny", CLIENTS, egressDeny=[{"toCIDRSet": blocks}])


_GROUP, _GROUP_LABELS = "cilium-test-external-cidr", {"cilium-test": "external-cidr"}


def _group_deny(options: Options) -> tuple[Policy, ...]:
    blocks = [{"cidrGroupRef": _GROUP, "except": [f"{options.external_ip}/32"]}]
    group = cidr_group(_GROUP, [options.external_cidr])
    denial = cilium("client-egress-to-cidrgroup-deny", CLIENTS, egressDeny=[{"toCIDRSet": blocks}])
    return ALLOW_ALL_EGRESS, group, denial


def _group_deny_by_label(options: Options) -> tuple[Policy, ...]:
    blocks = [{"cidrGroupSelector": {"matchLabels": _GROUP_LABELS}, "except": [f"{options.external_ip}/32"]}]
    group = cidr_group(_GROUP, [options.external_cidr], _GROUP_LABELS)
    denial = cilium("client-egress-to-cidrgroup-deny-by-label", CLIENTS, egressDeny=[{"toCIDRSet": blocks}])
    return ALLOW_ALL_EGRESS, group, denial


def _between_namespaces(options: Options, direction: str, peers: str) -> tuple[Policy, ...]:
    near, far = options.clusterwide_namespaces
    namespace = "io.kubernetes.pod.namespace"
    selector = labelled(**{namespace: near, "kind": "ccnp"})
    rules = {direction: [{peers: [with_label(namespace, far)]}]}
    name = "from" if direction == "ingress" else "to"
    return (clusterwide(f"allow-{direction}-{name}-specific-namespace-ccnp", selector, **rules),)


# ---------------------------------------------------------------- families of tests


def _ranged(name: str) -> Iterator[tuple[str, bool]]:
    """A test's name and the name of its variant with a range of ports."""
    yield name, False
    yield f"{name}-port-range", True


def _with_ranges() -> Iterator[NamedTest]:
    to_echo = anywhere(ECHOES)
    by_expression = anywhere(expressed("kind", "echo"))
    for name, is_range in _ranged("client-egress-expression"):
        rule = {"toEndpoints": [by_expression], "toPorts": echo_ports(is_range=is_range)}
        yield NamedTest(name, (pod_to_pod(),), fixed(cilium(name, CLIENTS, egress=[rule, TO_NAME_SERVERS])))
    for name, is_range in _ranged("client-egress-expression-knp"):
        port = {"port": 8000, "endPort": 8100} if is_range else {"port": ECHO_PORT}
        rule = {"to": [{"podSelector": expressed("kind", "echo")}], "ports": [{**port, "protocol": "TCP"}]}
        yield NamedTest(name, (pod_to_pod(),), fixed(kubernetes(name, CLIENTS, egress=[rule])))
    for name, is_range in _ranged("client-with-service-account-egress-to-echo"):
        rule = {"toEndpoints": [to_echo], "toPorts": echo_ports(is_range=is_range)}
        policy = cilium(name, with_label(SERVICE_ACCOUNT, "client"), egress=[rule])
        yield NamedTest(name, (pod_to_pod({"kind": "client"}),), fixed(policy))
    for name, is_range in _ranged("client-egress-to-echo-service-account"):
        rule = {
            "toEndpoints": [anywhere(with_label(SERVICE_ACCOUNT, "echo-same-node"))],
            "toPorts": echo_ports(is_range=is_range),
        }
        scenarios = (pod_to_pod({"kind": "client"}),)
        yield NamedTest(name, scenarios, fixed(cilium(name, CLIENTS, egress=[rule])), _same_node_only)
    for name, is_range in _ranged("to-entities-world"):
        world = {"toEntities": ["world"], "toPorts": ports("64", end=127) if is_range else ports("80")}
        policy = cilium(f"client-egress-{name}", CLIENTS, egress=[world, TO_NAME_SERVERS])
        yield NamedTest(name, (pod_to_world(to_port_80),), fixed(policy), _port_80_only)


def _denials() -> Iterator[NamedTest]:
    each_alone = (pod_to_pod(_CLIENT), pod_to_pod(_CLIENT2))
    for name, is_range in _ranged("client-egress-to-echo-deny"):
        rule = {"toEndpoints": [anywhere(ECHOES)], "toPorts": echo_ports(is_range=is_range)}
        denial = cilium(name, CLIENTS, egressDeny=[rule])
        yield NamedTest(name, (CLIENT_TO_CLIENT, pod_to_pod()), fixed(*_ALLOW_ALL, denial), _echo_denied)
    name = "client-ingress-to-echo-named-port-deny"
    rule = {"fromEndpoints": [anywhere(labelled(**_CLIENT))], "toPorts": ports(f"http-{ECHO_PORT}")}
    denial = cilium(name, ECHOES, ingressDeny=[rule])
    yield NamedTest(name, each_alone, fixed(*_ALLOW_ALL, denial), _client_denied_at_echo)
    for name, is_range in _ranged("client-egress-to-echo-expression-deny"):
        rule = {"toEndpoints": [anywhere(expressed("kind", "echo"))], "toPorts": echo_ports(is_range=is_range)}
        denial = cilium(name, labelled(**_CLIENT), egressDeny=[rule])
        yield NamedTest(name, each_alone, fixed(*_ALLOW_ALL, denial), _client_denied)
    for name, is_range in _ranged("client-with-service-account-egress-to-echo-deny"):
        rule = {"toEndpoints": [anywhere(ECHOES)], "toPorts": echo_ports(is_range=is_range)}
        denial = cilium(name, with_label(SERVICE_ACCOUNT, "client"), egressDeny=[rule])
        yield NamedTest(name, each_alone, fixed(*_ALLOW_ALL, denial), _client_denied)
    for name, is_range in _ranged("client-egress-to-echo-service-account-deny"):
        rule = {
            "toEndpoints": [anywhere(with_label(SERVICE_ACCOUNT, "echo-same-node"))],
            "toPorts": echo_ports(is_range=is_range),
        }
        denial = cilium(name, labelled(**_CLIENT), egressDeny=[rule])
        yield NamedTest(name, (pod_to_pod(_CLIENT),), fixed(*_ALLOW_ALL, denial), _same_node_denied)


TESTS: tuple[NamedTest, ...] = (
    NamedTest("no-policies", (
        pod_to_pod(), CLIENT_TO_CLIENT, POD_TO_SERVICE, POD_TO_HOST_PORT, pod_to_world(every_time), POD_TO_HOST,
        HOST_TO_POD, pod_to_cidr(is_retried=True),
    )),
    NamedTest("no-policies-extra", (POD_TO_REMOTE_NODE_PORT, POD_TO_LOCAL_NODE_PORT)),
    NamedTest("allow-all-except-world", (pod_to_pod(), CLIENT_TO_CLIENT, POD_TO_SERVICE, POD_TO_HOST), fixed(
        cilium("allow-all-except-world", ANYBODY,
               ingress=[{"fromEntities": _INSIDE}, {"fromEndpoints": [EVERY_CLUSTER]}],
               egress=[{"toEntities": _INSIDE}, {"toEndpoints": [EVERY_CLUSTER]}]),
    )),
    NamedTest("client-ingress", (CLIENT_TO_CLIENT,), fixed(
        cilium("client-ingress-from-client2", CLIENTS, ingress=_FROM_CLIENT2),
    ), _only_from_client2),
    NamedTest("client-ingress-knp", (CLIENT_TO_CLIENT,), fixed(
        kubernetes("client-ingress-from-client2", CLIENTS, ingress=[{"from": [
            {"podSelector": labelled(**OTHER_CLIENT)},
        ]}]),
    ), _only_from_client2),
    NamedTest("allow-all-with-metrics-check", (with_metrics(pod_to_pod()),)),
    NamedTest("all-ingress-deny", (pod_to_pod(), pod_to_cidr(is_retried=True)), fixed(
        cilium("all-ingress-deny", ANYBODY, ingress=[{}]),
    ), _outside_only),
    NamedTest("all-ingress-deny-knp", (pod_to_pod(), pod_to_cidr(is_retried=True)), fixed(
        kubernetes("all-ingress-deny", ANYBODY, ingress=[]),
    ), _outside_only),
    NamedTest("all-egress-deny", (pod_to_pod(), pod_to_pod_with_endpoints()), fixed(
        cilium("all-egress-deny", ANYBODY, egress=[{}]),
    ), always(EGRESS_NOT_ALLOWED)),
    NamedTest("all-egress-deny-knp", (pod_to_pod(), pod_to_pod_with_endpoints()), fixed(
        kubernetes("all-egress-deny", ANYBODY, egress=[]),
    ), always(EGRESS_NOT_ALLOWED)),
    NamedTest("all-entities-deny", (pod_to_pod(), pod_to_cidr()), fixed(
        cilium("all-entities-deny", ANYBODY, ingressDeny=[{"fromEntities": ["all"]}],
               egressDeny=[{"toEntities": ["all"]}]),
    ), always(EGRESS_DENIED)),
    NamedTest("cluster-entity", (pod_to_pod(destination={"name": "echo-same-node"}),), fixed(
        cilium("allow-cluster-entity", CLIENTS, egress=[{"toEntities": ["cluster"]}]),
    )),
    NamedTest("cluster-entity-multi-cluster", (pod_to_pod(destination={"name": "echo-other-node"}),), fixed(
        cilium("allow-cluster-entity", CLIENTS, egress=[{"toEntities": ["cluster"]}]),
    ), always(EGRESS_NOT_ALLOWED)),
    NamedTest("host-entity-egress", (POD_TO_HOST,), fixed(
        cilium("allow-host-entity-egress", CLIENTS, egress=[{"toEntities": ["host", "remote-node"]}]),
    ), always(UNSEEN)),
    NamedTest("host-entity-ingress", (HOST_TO_POD,), fixed(
        cilium("allow-host-entity-ingress", ECHOES, ingress=[{"fromEntities": ["host", "remote-node"]}]),
    )),
    NamedTest("echo-ingress", (pod_to_pod(),), fixed(
        cilium("echo-ingress-from-other-client", ECHOES, ingress=[{**_FROM_CLIENT2[0], "toPorts": echo_ports()}]),
    ), _timeout_but_from_client2),
    NamedTest("echo-ingress-knp", (pod_to_pod(),), fixed(
        kubernetes("echo-ingress-from-other-client", ECHOES, ingress=[{
            "from": [{"podSelector": labelled(**OTHER_CLIENT)}], "ports": [{"port": ECHO_PORT, "protocol": "TCP"}],
        }]),
    ), _timeout_but_from_client2),
    NamedTest("client-ingress-icmp", (CLIENT_TO_CLIENT,), fixed(
        cilium("client-ingress-icmp", CLIENTS, ingress=[
            {**_FROM_CLIENT2[0], "icmps": [{"fields": [{"family": "IPv4", "type": 8}]}]},
        ]),
    ), _only_from_client2),
    NamedTest("client-egress", (pod_to_pod(),), fixed(
        cilium("client-egress-to-echo", CLIENTS, egress=[
            {"toEndpoints": [anywhere(ECHOES)], "toPorts": echo_ports()}, TO_NAME_SERVERS,
        ]),
    )),
    NamedTest("client-egress-knp", (pod_to_pod(),), fixed(
        kubernetes("client-egress-to-echo", CLIENTS, egress=[
            {"to": [{"podSelector": ECHOES}], "ports": [{"port": ECHO_PORT, "protocol": "TCP"}]},
        ]),
    )),
    *_with_ranges(),
    NamedTest("to-cidr-external", (pod_to_cidr(retries_first=True),), _to_cidr, _not_other_address),
    NamedTest("to-cidr-external-knp", (pod_to_cidr(retries_first=True),), _to_cidr_knp, _not_other_address),
    NamedTest("echo-ingress-from-other-client-deny", (
        pod_to_pod(_CLIENT), pod_to_pod(_CLIENT2), CLIENT_TO_CLIENT,
    ), fixed(
        *_ALLOW_ALL,
        cilium("echo-ingress-from-other-client-deny", ECHOES,
               ingressDeny=[{**_FROM_CLIENT2[0], "toPorts": echo_ports()}]),
    ), _client2_denied_at_echo),
    NamedTest("client-ingress-from-other-client-icmp-deny", (pod_to_pod(), CLIENT_TO_CLIENT), fixed(
        *_ALLOW_ALL,
        cilium("client-ingress-icmp-deny", CLIENTS, ingressDeny=[
            {**_FROM_CLIENT2[0], "icmps": [{"fields": [{"family": "IPv4", "type": 8}]}]},
        ]),
    ), _client2_may_not_ping),
    *_denials(),
    NamedTest("client-egress-to-cidr-deny", (pod_to_cidr(retries_first=True),),
         lambda options: (ALLOW_ALL_EGRESS, _cidr_deny(options)), _other_address_denied),
    NamedTest("client-egress-to-cidrgroup-deny", (pod_to_cidr(retries_first=True),), _group_deny,
              _other_address_denied),
    NamedTest("client-egress-to-cidrgroup-deny-by-label", (pod_to_cidr(retries_first=True),), _group_deny_by_label,
         _other_address_denied),
    NamedTest("client-egress-to-cidr-deny-default", (pod_to_cidr(),), lambda options: (_cidr_deny(options),),
         _neither_address),
    NamedTest("pod-to-itself-via-service", (POD_TO_ITSELF,), expect=always(UNSEEN)),
    NamedTest("policy-local-cluster-egress", (pod_to_pod(),), fixed(
        cilium("client-egress-to-echo-no-cluster-policy", CLIENTS, egress=[
            {"toEndpoints": [ECHOES], "toPorts": echo_ports()}, TO_NAME_SERVERS,
        ]),
    ), _local_cluster_only),
    NamedTest("egress-to-specific-namespace-ccnp", (CCNP_CLIENT_TO_CLIENT,),
         lambda options: _between_namespaces(options, "egress", "toEndpoints")),
    NamedTest("ingress-from-specific-namespace-ccnp", (CCNP_CLIENT_TO_CLIENT,),
         lambda options: _between_namespaces(options, "ingress", "fromEndpoints")),
)  # fmt: skip
