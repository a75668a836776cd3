"""Local redirect policies on one node: traffic for an address or a service goes to a pod of the same node.

Source: cilium/cilium v1.19 pkg/loadbalancer/redirectpolicy (redirectpolicy.go: what is refused, controller.go: which
frontends are redirected, and to which pods); Documentation/network/kubernetes/local-redirect-policy.rst.
Simplified: only IPv4 addresses are redirected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.pods import container_ports
from quizgame.cluster.agent.services import Backend, Frontend
from quizgame.cluster.labelselect import Selector, matches, selector_of
from quizgame.cluster.objects import dig, is_condition_true, labels_of, name_of, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.config import AgentConfig

POLICIES = "ciliumlocalredirectpolicies.cilium.io"
SWITCH = "enable-local-redirect-policy"
ADDRESS_RANGES = "lrp-address-matcher-cidrs"
SUFFIX = ":local-redirect"
"""What the name of a policy's own service ends with."""
REDIRECTED = "LocalRedirect"
INTERNAL = ("ClusterIP", REDIRECTED)
"""Types of frontends that are for clients within the cluster alone."""
Key = tuple[str, str]


class FrontendKind(Enum):
    """What a policy matches; values as the agent's API and its shell name it."""

    ALL_PORTS = ("clusterIP + all svc ports", "all")
    NAMED_PORTS = ("clusterIP + named ports", "named-ports")
    ONE_PORT = ("clusterIP + port", "svc-single-port")
    ADDRESS_PORT = ("IP + port", "addr-single-port")
    ADDRESS_NAMED_PORTS = ("IP + named ports", "addr-named-ports")


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a policy."""

    number: int
    protocol: str
    name: str = ""
    """Lower case."""


@dataclass(frozen=True, slots=True)
class RedirectPolicy:
    """A CiliumLocalRedirectPolicy as the agent has read it."""

    namespace: str
    name: str
    kind: FrontendKind
    service: str = ""
    """Name of the service that is matched, in the policy's namespace; empty where an address is."""
    address: str = ""
    frontend_ports: tuple[Port, ...] = ()
    backends: Selector = ()
    backend_ports: tuple[Port, ...] = ()
    skips_own: bool = False
    """Whether the pods that traffic is redirected to reach the original destination themselves."""

    @property
    def key(self) -> Key:
        """Namespace and name of the policy's own service."""
        return self.namespace, f"{self.name}{SUFFIX}"

    @property
    def target(self) -> Key | None:
        """Namespace and name of the service that is redirected."""
        return (self.namespace, self.service) if self.service else None

    @property
    def has_named_ports(self) -> bool:
        """Whether ports find each other by name."""
        if self.kind is FrontendKind.ALL_PORTS:
            return len(self.backend_ports) > 1
        return self.kind in (FrontendKind.NAMED_PORTS, FrontendKind.ADDRESS_NAMED_PORTS)


@dataclass(frozen=True, slots=True)
class LocalBackend:
    """One port of a pod of the node that a policy redirects to."""

    ip: str
    port: int
    protocol: str
    name: str
    namespace: str
    pod: str


@dataclass(frozen=True, slots=True)
class Redirects:
    """What one node has put in force. Values are replaced, never changed in place, so that forks share them."""

    policies: Mapping[Key, RedirectPolicy] = field(default_factory=dict)
    """By namespace and name of the policy."""
    pods: Mapping[Key, tuple[LocalBackend, ...] | None] = field(default_factory=dict)
    """The same key → the backends of the node; ``None`` where no ready pod matches."""
    refused: Mapping[Key, tuple[int, str]] = field(default_factory=dict)
    """Policies that the agent could not read → when, and why."""
    clashes: tuple[tuple[str, Key], ...] = ()
    """Addresses of address matchers that belong to a service, with that service."""
    is_stale: bool = False
    """Whether a policy or a pod of the node has changed since the frontends were worked out."""


# ---------------------------------------------------------------- reading


def read_policy(obj: Mapping[str, Any], config: AgentConfig) -> RedirectPolicy:
    """Read a policy.

    Raises:
        ValueError: in the agent's words, where it refuses the policy.
    """
    spec = obj.get("spec") or {}
    namespace = namespace_of(obj)
    by_address = dig(spec, "redirectFrontend", "addressMatcher")
    by_service = dig(spec, "redirectFrontend", "serviceMatcher")
    if by_address is None and by_service is None:
        raise ValueError("both address and service matchers can not be empty")
    if by_address is not None and by_service is not None:
        raise ValueError("both address and service matchers can not be specified")
    matcher = by_address if by_address is not None else by_service
    listed = matcher.get("toPorts") or ()
    kind = _kind(len(listed), is_address=by_address is not None)
    if by_address is not None:
        _check_address(str(by_address.get("ip", "")), config)
    elif by_service.get("namespace") != namespace:
        # The agent's message has no blank there.
        raise ValueError("kubernetes service namespacedoes not match with the CiliumLocalRedirectPolicy namespace")
    if kind is None:
        raise ValueError("invalid local redirect policy: the address matcher has no ports")
    is_named = len(listed) > 1
    what = "address" if by_address is not None else "service"
    frontend_ports = tuple(_port(each, f"invalid {what} matcher port", is_named=is_named) for each in listed)
    wanted = dig(spec, "redirectBackend", "toPorts", default=())
    is_named = is_named or len(wanted) > 1
    backend_ports = tuple(_port(each, "invalid backend port", is_named=is_named) for each in wanted)
    if len(frontend_ports) == 1 and backend_ports and backend_ports[0].protocol != frontend_ports[0].protocol:
        raise ValueError("backend protocol must match with frontend protocol")
    return RedirectPolicy(
        namespace,
        name_of(obj),
        kind,
        service=by_service.get("serviceName", "") if by_service is not None else "",
        address=str(by_address["ip"]).strip() if by_address is not None else "",
        frontend_ports=frontend_ports,
        backends=selector_of(dig(spec, "redirectBackend", "localEndpointSelector")),
        backend_ports=backend_ports,
        skips_own=bool(spec.get("skipRedirectFromBackend")),
    )


def _kind(ports: int, *, is_address: bool) -> FrontendKind | None:
    if is_address:
        return (None, FrontendKind.ADDRESS_PORT, FrontendKind.ADDRESS_NAMED_PORTS)[min(ports, 2)]
    return (FrontendKind.ALL_PORTS, FrontendKind.ONE_PORT, FrontendKind.NAMED_PORTS)[min(ports, 2)]


def _check_address(text: str, config: AgentConfig) -> None:
    ranges = config.get(ADDRESS_RANGES).replace(",", " ").split()
    address = IPv4Address(text.strip())
    if ranges and not any(address in IPv4Network(each, strict=False) for each in ranges if ":" not in each):
        raise ValueError(f'address "{text}" in AddressMatcher disallowed by --{ADDRESS_RANGES}')


def _port(written: Mapping[str, Any], what: str, *, is_named: bool) -> Port:
    number, name = int(written["port"]), str(written.get("name") or "")
    if not number:
        raise ValueError(f"{what}: port cannot be 0")
    if is_named and not name:
        raise ValueError(
            f"{what}: port {number} in the local redirect policy spec must have a valid IANA_SVC_NAME, "
            "as there are multiple ports"
        )
    return Port(number, str(written["protocol"]), name.lower())


def take_redirect_policy(agent: Agent, obj: Mapping[str, Any], is_gone: bool) -> None:
    """Follow a changed policy, where the feature is on; its effect waits for ``refresh``."""
    if not agent.config.is_on(SWITCH):
        return
    key = (namespace_of(obj), name_of(obj))
    present = agent.redirects
    policies = {each: policy for each, policy in present.policies.items() if each != key}
    refused = {each: told for each, told in present.refused.items() if each != key}
    if not is_gone:
        try:
            policies[key] = read_policy(obj, agent.config)
        except ValueError as problem:
            refused[key] = (agent.now_ns, str(problem))
    agent.redirects = replace(present, policies=policies, refused=refused, is_stale=True)


def note_pod(agent: Agent, pod: Mapping[str, Any]) -> None:
    """A pod has changed: where policies are in force and it is one of the node's, they are to be looked at again."""
    if agent.redirects.policies and dig(pod, "spec", "nodeName") == agent.node:
        agent.redirects = replace(agent.redirects, is_stale=True)


# ---------------------------------------------------------------- putting in force


def refresh(agent: Agent) -> tuple[Key, ...]:
    """Work out the backends of all policies anew, if anything has changed, and the frontends of address matchers.

    Returns:
        The services whose frontends are now to be built anew.
    """
    before = agent.redirects
    if not before.is_stale:
        return ()
    pods = {key: tuple(_backends(agent, policy)) for key, policy in before.policies.items()}
    ready = {key: None if not _ready_pods(agent, policy) else pods[key] for key, policy in before.policies.items()}
    old = {key for key in agent.services.by_service if key[1].endswith(SUFFIX)}
    clashes: list[tuple[str, Key]] = []
    agent.redirects = replace(before, pods=ready, is_stale=False)
    for key in old - {policy.key for policy in before.policies.values()}:
        agent.services.replace_service(key, ())
    for key, policy in sorted(before.policies.items()):
        if policy.address:
            _put_address(agent, policy, ready[key], clashes)
    agent.redirects = replace(agent.redirects, clashes=tuple(clashes))
    redirected = {(each.namespace, each.service) for each in agent.services.frontends.values() if each.redirected_to}
    wanted = {target for policy in before.policies.values() if (target := policy.target) is not None}
    return tuple(sorted(redirected | wanted))


def _put_address(
    agent: Agent, policy: RedirectPolicy, backends: Sequence[LocalBackend] | None, clashes: list[tuple[str, Key]]
) -> None:
    frontends = []
    for port in policy.frontend_ports if backends is not None else ():
        present = agent.services.lookup(policy.address, port.number, port.protocol)
        if present is not None and (present.namespace, present.service) != policy.key:
            if present.type != REDIRECTED:
                address = f"{policy.address}:{port.number}/{port.protocol}"
                clashes.append((address, (present.namespace, present.service)))
            continue
        frontends.append(
            Frontend(
                id=0, ip=policy.address, port=port.number, protocol=port.protocol, type=REDIRECTED,
                namespace=policy.namespace, service=policy.key[1], port_name=port.name,
                backends=_chosen(policy, port.name, port.protocol, backends or ()),
            )
        )  # fmt: skip
    agent.services.replace_service(policy.key, frontends, agent.now_ns)


def redirect_frontends(agent: Agent, key: Key, frontends: list[Frontend]) -> list[Frontend]:
    """A service's frontends with those replaced that policies redirect; of several policies the last one decides."""
    for name, policy in sorted(agent.redirects.policies.items()):
        if policy.target == key:
            backends = agent.redirects.pods.get(name)
            if backends is not None:
                frontends = [_redirected(policy, each, backends) for each in frontends]
    return frontends


def _redirected(policy: RedirectPolicy, frontend: Frontend, backends: Sequence[LocalBackend]) -> Frontend:
    if frontend.type not in INTERNAL or not _is_matched(policy, frontend):
        return frontend
    chosen = _chosen(policy, frontend.port_name.lower(), frontend.protocol, backends)
    return replace(frontend, type=REDIRECTED, backends=chosen, redirected_to="/".join(policy.key))


def _is_matched(policy: RedirectPolicy, frontend: Frontend) -> bool:
    ports = policy.frontend_ports
    if ports and not any((each.number, each.protocol) == (frontend.port, frontend.protocol) for each in ports):
        return False
    names = {each.name for each in policy.backend_ports}
    return len(policy.backend_ports) <= 1 or frontend.port_name.lower() in names


def _chosen(
    policy: RedirectPolicy, port_name: str, protocol: str, backends: Iterable[LocalBackend]
) -> tuple[Backend, ...]:
    return tuple(
        Backend(each.ip, each.port, each.protocol, namespace=each.namespace, pod=each.pod)
        for each in backends
        if each.protocol == protocol and (not policy.has_named_ports or each.name == port_name)
    )


def _ready_pods(agent: Agent, policy: RedirectPolicy) -> list[Mapping[str, Any]]:
    return [
        pod
        for pod in agent.api.list("pods", policy.namespace)
        if dig(pod, "spec", "nodeName") == agent.node
        and dig(pod, "status", "podIP")
        and is_condition_true(pod, "Ready")
        and (not policy.backends or matches(policy.backends, labels_of(pod)))
    ]


def _backends(agent: Agent, policy: RedirectPolicy) -> Iterator[LocalBackend]:
    wanted = {(each.number, each.protocol) for each in policy.backend_ports}
    for pod in _ready_pods(agent, policy):
        for name, number, protocol in container_ports(pod):
            if (number, protocol) in wanted:
                ip = str(dig(pod, "status", "podIP"))
                yield LocalBackend(ip, number, protocol, name.lower(), namespace_of(pod), name_of(pod))


def is_skipped(agent: Agent, frontend: Frontend, source: str) -> bool:
    """Whether a pod is one that a redirected frontend leads to, and its policy leaves such pods alone.

    Source: bpf/bpf_sock.c, bpf/lib/lb.h lb4_skip_xlate_from_ctx_to_svc: the packet is then not translated at all.
    """
    if frontend.type != REDIRECTED:
        return False
    name = frontend.redirected_to.rpartition("/")[2] or frontend.service
    policy = agent.redirects.policies.get((frontend.namespace, name.removesuffix(SUFFIX)))
    return policy is not None and policy.skips_own and any(each.ip == source for each in frontend.backends)
