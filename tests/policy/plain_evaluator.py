"""A slow and obvious reading of policies, to hold the engine against.

It shares no code with the engine: it works on manifests as they stand, one flow at a time, keeps no sets, numbers no
identities and remembers nothing. Every rule below states the sentence of the documentation, or of
reference/policy-semantics.md, that it follows. Manifests are taken to be valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

Labels = dict[tuple[str, str], str]
"""Value by source and key."""

NAMESPACE = "io.kubernetes.pod.namespace"
OF_NAMESPACE = "io.cilium.k8s.namespace.labels."
CLUSTER = "io.cilium.k8s.policy.cluster"
ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
ENTITIES = {
    "host": ["host"],
    "remote-node": ["remote-node"],
    "kube-apiserver": ["kube-apiserver", "remote-node"],
    "health": ["health"],
    "ingress": ["ingress"],
    "unmanaged": ["unmanaged"],
    "init": ["init"],
}
# Semantics 20, and the page on limiting identity-relevant labels: what never becomes part of an identity.
IGNORED = re.compile(
    r"io\.kubernetes|kubernetes\.io|k8s\.io|.*beta\.kubernetes\.io|topology\.kubernetes\.io"
    r"|statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index|batch\.kubernetes\.io/job-completion-index"
    r"|batch\.kubernetes\.io/controller-uid|controller-uid|controller-revision-hash|pod-template-|annotation|etcd_node"
)


@dataclass(frozen=True)
class End:
    """One end of a flow as the other end's policy sees it."""

    labels: tuple[tuple[tuple[str, str], str], ...]
    address: str = ""
    """Of something outside the cluster."""

    def values(self, source: str, key: str) -> list[str]:
        return [value for (has, name), value in self.labels if name == key and source in ("any", has)]

    def is_reserved(self, name: str) -> bool:
        return (("reserved", name), "") in self.labels


@dataclass
class World:
    """Manifests by kind, and what the agent was told beside them."""

    objects: Sequence[Mapping[str, Any]]
    mode: str = "default"
    cluster: str = "default"
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    starting: Sequence[str] = ()
    rejected: Sequence[str] = ()
    """``Kind namespace/name`` of policies that do not count."""

    def of_kind(self, *kinds: str) -> list[Mapping[str, Any]]:
        return [each for each in self.objects if each["kind"] in kinds]

    def pod(self, name: str) -> Mapping[str, Any]:
        return next(pod for pod in self.of_kind("Pod") if full_name(pod) == name)


@dataclass
class Saying:
    """What one rule item says of a flow that it fits."""

    denies: bool
    rules: Mapping[str, Any] | None
    """The ``toPorts`` item, where it looks at requests."""
    is_one_port: bool
    spares_host: bool


def full_name(obj: Mapping[str, Any]) -> str:
    return f"{namespace_of(obj)}/{obj['metadata']['name']}"


def namespace_of(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"].get("namespace") or "default")


def labels_of_pod(world: World, name: str) -> Labels:
    pod = world.pod(name)
    if name in world.starting:
        return {("reserved", "init"): ""}
    space = namespace_of(pod)
    labels = {("k8s", key): str(value or "") for key, value in (pod["metadata"].get("labels") or {}).items()}
    labels = {pair: value for pair, value in labels.items() if not IGNORED.match(pair[1])}
    of_space: dict[str, str] = {"kubernetes.io/metadata.name": space}
    for each in world.of_kind("Namespace"):
        if each["metadata"]["name"] == space:
            of_space |= each["metadata"].get("labels") or {}
    labels |= {("k8s", OF_NAMESPACE + key): value for key, value in of_space.items()}
    labels[("k8s", NAMESPACE)] = space
    labels[("k8s", CLUSTER)] = world.cluster
    spec = pod.get("spec") or {}
    labels[("k8s", ACCOUNT)] = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    return labels


def is_on_host(world: World, name: str) -> bool:
    return bool((world.pod(name).get("spec") or {}).get("hostNetwork"))


def end_of(world: World, peer: Mapping[str, str], other: Mapping[str, str]) -> End:
    if "ip" in peer:
        return End(((("reserved", "world"), ""),), peer["ip"])
    if "entity" in peer:
        return End(tuple((("reserved", name), "") for name in ENTITIES[peer["entity"]]))
    if is_on_host(world, peer["pod"]):
        node = world.pod(peer["pod"])["spec"].get("nodeName")
        is_same = "pod" in other and world.pod(other["pod"])["spec"].get("nodeName") == node
        return End(((("reserved", "host" if is_same else "remote-node"), ""),))
    return End(tuple(labels_of_pod(world, peer["pod"]).items()))


# Selectors.


def requirements(selector: Mapping[str, Any] | None, default: str) -> list[tuple[str, str, str, list[str]]]:
    """Each as source, key, operator, values."""

    def split(key: str) -> tuple[str, str]:
        source, colon, rest = key.partition(":")
        return (source, rest) if colon and source else (default, key.removeprefix(":"))

    found = []
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        found.append((*split(key), "In", [str(value or "")]))
    expressions = (selector or {}).get("matchExpressions") or ()
    found += [
        (*split(each["key"]), each["operator"], [str(value) for value in each.get("values") or ()])
        for each in expressions
    ]
    return found


def fits(end: End, wanted: Sequence[tuple[str, str, str, list[str]]]) -> bool:
    for source, key, operator, values in wanted:
        has = end.values(source, key)
        meets = {
            "In": any(value in values for value in has),
            "NotIn": not any(value in values for value in has),
            "Exists": bool(has),
            "DoesNotExist": not has,
        }[operator]
        if not meets:
            return False
    return True


def scoped(
    wanted: list[tuple[str, str, str, list[str]]], namespace: str, cluster: str, *, subject_asks_init: bool
) -> list[tuple[str, str, str, list[str]]]:
    """Semantics 11 and facts F-63: the policy's own namespace and the local cluster unless others are named."""
    if any(source == "reserved" for source, *_ in wanted):
        return wanted
    k8s_keys = [key for source, key, *_ in wanted if source in ("k8s", "any")]
    found = list(wanted)
    if NAMESPACE not in k8s_keys:
        if not namespace:
            if not subject_asks_init:
                found.append(("k8s", NAMESPACE, "Exists", []))
        elif not any(key.startswith(OF_NAMESPACE) for key in k8s_keys):
            found.append(("k8s", NAMESPACE, "In", [namespace]))
    if CLUSTER not in k8s_keys:
        found.append(("k8s", CLUSTER, "In", [cluster]))
    return found


def in_cidr(end: End, cidr: str, holes: Sequence[str] = ()) -> bool:
    """Semantics 9: CIDR rules never match what is in the cluster."""
    if not end.address:
        return False
    address = ip_address(end.address)

    def holds(text: str) -> bool:
        network = ip_network(text, strict=False)
        return network.version == address.version and address in network

    return holds(cidr) and not any(holds(hole) for hole in holes)


def is_entity(end: End, entity: str, cluster: str) -> bool:
    """Semantics 10."""
    if entity == "all":
        return True
    if entity == "none":
        return False
    if entity == "cluster":
        inside = ("host", "remote-node", "kube-apiserver", "health", "ingress", "unmanaged", "init")
        return any(map(end.is_reserved, inside)) or cluster in end.values("k8s", CLUSTER)
    return end.is_reserved(entity)


def learned(world: World, end: End, name: str, pattern: str) -> bool:
    return any(
        name_fits(known, name, pattern)
        for known, addresses in world.names.items()
        if end.address and ip_address(end.address) in map(ip_address, addresses)
    )


def name_fits(asked: str, name: str, pattern: str) -> bool:
    """Semantics 18."""
    asked = asked.lower().removesuffix(".")
    if name:
        return asked == name.lower().removesuffix(".")
    pattern = pattern.lower().removesuffix(".")
    if pattern == "*":
        return True
    labels = "[-a-z0-9_]+"
    head = ""
    if pattern.startswith("**."):
        head, pattern = rf"{labels}(\.{labels})*\.", pattern[3:]
    return re.fullmatch(head + re.sub(r"(\\\*)+", "[-a-z0-9_]*", re.escape(pattern)), asked) is not None


# Items of rules.


def services_of(world: World, reference: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for service in world.of_kind("Service"):
        by_name, by_label = reference.get("k8sService"), reference.get("k8sServiceSelector")
        end = End(tuple((("k8s", key), value) for key, value in (service["metadata"].get("labels") or {}).items()))
        if by_name and by_name.get("serviceName") == service["metadata"]["name"]:
            if by_name.get("namespace") in (None, "", namespace_of(service)):
                yield service
        elif (
            by_label
            and by_label.get("namespace") in (None, "", namespace_of(service))
            and fits(end, requirements(by_label.get("selector"), "any"))
        ):
            yield service


def is_behind(world: World, end: End, service: Mapping[str, Any]) -> bool:
    """Semantics 15."""
    selector = (service.get("spec") or {}).get("selector")
    if selector:
        wanted = [("k8s", key, "In", [str(value)]) for key, value in selector.items()]
        wanted += [("k8s", NAMESPACE, "In", [namespace_of(service)]), ("k8s", CLUSTER, "In", [world.cluster])]
        return fits(end, wanted)
    backends = [
        address
        for each in world.of_kind("EndpointSlice")
        if namespace_of(each) == namespace_of(service)
        and (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == service["metadata"]["name"]
        for endpoint in each.get("endpoints") or ()
        for address in endpoint.get("addresses") or ()
    ]
    return any(in_cidr(end, address) for address in backends)


def cilium_peers(
    world: World, item: Mapping[str, Any], end: End, namespace: str, *, denies: bool, asks_init: bool
) -> tuple[str, bool]:
    """``everybody`` (none given), ``all`` (a wildcard), ``some`` or ``nobody``; and whether the host is named."""
    way = "from" if any(key.startswith("from") for key in item) else "to"
    given = False
    hits: list[bool] = []
    names_host = False
    is_wildcard = False
    if denies and way == "to":
        item = {key: value for key, value in item.items() if key != "toServices"}
    for kind in ("Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes"):
        values = item.get(way + kind)
        if values is None:
            continue
        given = True  # Semantics 2: an empty list is nobody.
        for value in values:
            if kind == "Endpoints":
                wanted = requirements(value, "any")
                names_host |= wanted == [("reserved", "host", "In", [""])]
                hits.append(fits(end, scoped(wanted, namespace, world.cluster, subject_asks_init=asks_init)))
            elif kind == "Entities":
                names_host |= value in ("host", "cluster")
                is_wildcard |= value == "all"
                hits.append(is_entity(end, value, world.cluster))
            elif kind == "CIDR":
                hits.append(in_cidr(end, value))
            elif value.get("cidr"):
                hits.append(in_cidr(end, value["cidr"], value.get("except") or ()))
            else:
                for group in world.of_kind("CiliumCIDRGroup"):
                    metadata = group["metadata"]
                    own = End(tuple((("k8s", key), text) for key, text in (metadata.get("labels") or {}).items()))
                    is_chosen = (
                        metadata["name"] == value["cidrGroupRef"]
                        if value.get("cidrGroupRef")
                        else fits(own, requirements(value["cidrGroupSelector"], "any"))
                    )
                    if is_chosen:
                        holes = value.get("except") or ()
                        hits += [in_cidr(end, cidr, holes) for cidr in group["spec"]["externalCIDRs"]]
    if item.get("fromGroups") or item.get("toGroups"):
        given = True
    for value in item.get("toFQDNs") or ():
        given = True
        hits.append(learned(world, end, value.get("matchName", ""), value.get("matchPattern", "")))
    if item.get("toServices"):
        given = True
        chosen = [service for reference in item["toServices"] for service in services_of(world, reference)]
        is_empty = all(
            not (service.get("spec") or {}).get("selector") and not has_backends(world, service) for service in chosen
        )
        if is_empty:
            return "everybody", False
        hits.extend(is_behind(world, end, service) for service in chosen)
    if not given:
        return "everybody", False
    if is_wildcard:
        return "all", names_host
    return ("some" if any(hits) else "nobody"), names_host


def has_backends(world: World, service: Mapping[str, Any]) -> bool:
    return any(
        endpoint.get("addresses")
        for each in world.of_kind("EndpointSlice")
        if namespace_of(each) == namespace_of(service)
        and (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == service["metadata"]["name"]
        for endpoint in each.get("endpoints") or ()
    )


def port_fit(entry: Mapping[str, Any], port: int, protocol: str, names: Mapping[str, list[tuple[int, str]]]) -> str:
    """``no``, ``one`` (that very port) or ``many`` (a range, or every port)."""
    wanted = str(entry.get("protocol") or "ANY").upper()
    # Semantics 4: ANY means TCP, UDP and SCTP, not ICMP.
    if wanted == "ANY":
        if protocol not in ("TCP", "UDP", "SCTP"):
            return "no"
    elif wanted != protocol:
        return "no"
    text = str(entry["port"])
    if re.search("[a-zA-Z]", text):
        numbers = {number for number, proto in names.get(text.lower(), ()) if proto == protocol}
        return "one" if numbers == {port} else "no"
    first, last = int(text), int(entry.get("endPort") or 0)
    if first == 0 and last == 0:
        return "many"
    last = max(first, last)
    if not first <= port <= last:
        return "no"
    return "one" if first == last else "many"


def port_names(world: World, name: str, direction: str) -> dict[str, list[tuple[int, str]]]:
    """Semantics 14."""
    found: dict[str, list[tuple[int, str]]] = {}
    for pod in world.of_kind("Pod"):
        if (direction == "ingress" and full_name(pod) != name) or is_on_host(world, full_name(pod)):
            continue
        for container in (pod.get("spec") or {}).get("containers") or ():
            for port in container.get("ports") or ():
                if port.get("name"):
                    number = port["containerPort"], port.get("protocol") or "TCP"
                    found.setdefault(port["name"].lower(), []).append(number)
    return found


ICMP_NAMES = {"EchoRequest": 8, "EchoReply": 0, "TimeExceeded": 11, "DestinationUnreachable": 3}


def item_sayings(
    world: World,
    item: Mapping[str, Any],
    end: End,
    port: int,
    protocol: str,
    *,
    namespace: str,
    denies: bool,
    names: Mapping[str, list[tuple[int, str]]],
    asks_init: bool,
) -> Iterator[Saying]:
    who, names_host = cilium_peers(world, item, end, namespace, denies=denies, asks_init=asks_init)
    if who == "nobody":
        return
    spares = who in ("everybody", "all") or not names_host
    to_ports, icmps = item.get("toPorts") or (), item.get("icmps") or ()
    if not to_ports and not icmps:
        # Semantics 1 and 3: an item that names neither peer nor port opens and shuts nothing.
        if who != "everybody":
            yield Saying(denies, None, False, spares)
        return
    for entry in to_ports:
        fitting = {port_fit(each, port, protocol, names) for each in entry.get("ports") or ()} - {"no"}
        if fitting:
            looks = not denies and (has_rules(entry) or entry.get("serverNames"))
            yield Saying(denies, entry if looks else None, "one" in fitting, spares)
    for entry in icmps:
        for each in entry.get("fields") or ():
            family = "ICMPV6" if each.get("family") == "IPv6" else "ICMP"
            kind = ICMP_NAMES.get(each["type"], each["type"]) if isinstance(each["type"], str) else each["type"]
            if protocol == family and port == int(kind):
                yield Saying(denies, None, True, spares)


def has_rules(entry: Mapping[str, Any]) -> bool:
    return any((entry.get("rules") or {}).get(kind) for kind in ("http", "dns"))


def kubernetes_sayings(
    world: World,
    policy: Mapping[str, Any],
    end: End,
    port: int,
    protocol: str,
    direction: str,
    names: Mapping[str, list[tuple[int, str]]],
) -> Iterator[Saying]:
    """Semantics 19, and the Kubernetes API's own documentation of NetworkPolicy."""
    namespace = namespace_of(policy)
    for item in policy["spec"].get(direction) or ():
        item = item or {}
        peers = item.get("from" if direction == "ingress" else "to")
        if peers and not any(kubernetes_peer(world, peer or {}, end, namespace) for peer in peers):
            continue
        if not item.get("ports"):
            yield Saying(False, None, False, True)
            continue
        for each in item["ports"]:
            entry = {"protocol": each.get("protocol") or "TCP", "port": each.get("port") or "0"}
            fit = port_fit(entry | {"endPort": each.get("endPort")}, port, protocol, names)
            if fit != "no":
                yield Saying(False, None, fit == "one", True)


def kubernetes_peer(world: World, peer: Mapping[str, Any], end: End, namespace: str) -> bool:
    if peer.get("ipBlock"):
        return in_cidr(end, peer["ipBlock"]["cidr"], peer["ipBlock"].get("except") or ())
    if peer.get("podSelector") is None and peer.get("namespaceSelector") is None:
        return False
    wanted = requirements(peer.get("podSelector"), "k8s")
    if peer.get("namespaceSelector") is None:
        wanted.append(("k8s", NAMESPACE, "In", [namespace]))
    else:
        of_space = requirements(peer["namespaceSelector"], "k8s")
        wanted += [(source, OF_NAMESPACE + key, operator, values) for source, key, operator, values in of_space]
        wanted.append(("k8s", NAMESPACE, "Exists", []))
    wanted.append(("k8s", CLUSTER, "In", [world.cluster]))
    return fits(end, wanted)


# Decisions.


def decide_side(
    world: World, name: str, direction: str, end: End, port: int, protocol: str
) -> tuple[str, list[Saying], bool]:
    """The verdict of one end's own policy, what allows it, and whether the end is in default deny."""
    if world.mode == "never":
        return "allowed", [], False
    own = End(tuple(labels_of_pod(world, name).items()))
    is_starting = own.is_reserved("init")
    closed = world.mode == "always" or is_starting  # Semantics 12.
    sayings: list[Saying] = []
    names = port_names(world, name, direction)
    for policy in world.of_kind("NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"):
        kind = policy["kind"]
        space = "" if kind == "CiliumClusterwideNetworkPolicy" else namespace_of(policy)
        title = f"{kind} {space}/{policy['metadata']['name']}" if space else f"{kind} {policy['metadata']['name']}"
        if title in world.rejected:
            continue
        if kind == "NetworkPolicy":
            spec = policy["spec"]
            wanted = [*requirements(spec.get("podSelector"), "k8s"), ("k8s", NAMESPACE, "In", [space])]
            types = spec.get("policyTypes") or ["Ingress"]
            if fits(own, wanted) and (spec.get(direction) or direction.capitalize() in types):
                closed = True
                sayings.extend(kubernetes_sayings(world, policy, end, port, protocol, direction, names))
            continue
        for spec in [*([policy["spec"]] if policy.get("spec") else []), *(policy.get("specs") or ())]:
            if spec.get("nodeSelector") is not None:
                continue
            wanted = requirements(spec.get("endpointSelector"), "any")
            asks_init = any(source in ("reserved",) and key == "init" for source, key, *_ in wanted)
            if space:
                # Semantics 13.
                wanted = [each for each in wanted if not is_match_of_namespace(each, spec)]
                wanted.append(("k8s", NAMESPACE, "In", [space]))
            allows, denials = spec.get(direction) or (), spec.get(f"{direction}Deny") or ()
            if not fits(own, wanted) or not (allows or denials):
                continue
            # Semantics 5 and 6.
            closed |= (spec.get("enableDefaultDeny") or {}).get(direction) is not False
            for items, denies in ((allows, False), (denials, True)):
                for item in items:
                    sayings.extend(
                        item_sayings(
                            world, item or {}, end, port, protocol,
                            namespace=space, denies=denies, names=names, asks_init=asks_init,
                        )
                    )  # fmt: skip
    if any(saying.denies for saying in sayings):
        return "denied", [], closed
    if any(saying.rules for saying in sayings):
        return "redirected", sayings, closed
    enters = direction == "ingress" and end.is_reserved("host")  # Semantics 7.
    return ("allowed" if sayings or not closed or enters else "denied"), sayings, closed


def is_match_of_namespace(wanted: tuple[str, str, str, list[str]], spec: Mapping[str, Any]) -> bool:
    """Whether it comes from a match label of the namespace, which the policy's own namespace takes the place of."""
    source, key, operator, _ = wanted
    labels = (spec.get("endpointSelector") or {}).get("matchLabels") or {}
    return key == NAMESPACE and source == "k8s" and operator == "In" and f"k8s:{NAMESPACE}" in labels


def request_answer(
    probe: Mapping[str, Any], sayings: Sequence[Saying], end: End, *, closed: bool, is_entering: bool
) -> bool | None:
    """Semantics 8, 16, 17; ``None`` where the proxy does not look at this kind of request."""
    looking = [saying for saying in sayings if saying.rules]
    first = looking[0].rules or {}
    kind = "http" if (first.get("rules") or {}).get("http") else "dns" if has_rules(first) else "tls"
    request = probe.get(kind) if kind != "tls" else probe.get("tls") or probe.get("http")
    if request is None:
        return None
    plain = [saying for saying in sayings if not saying.rules]
    if kind == "dns":
        plain = [saying for saying in plain if saying.is_one_port]
    elif is_entering and end.is_reserved("host"):
        plain += [saying for saying in looking if saying.spares_host]
    if plain or not closed:
        return True
    return any(entry_answer(kind, saying.rules or {}, request) for saying in looking)


def entry_answer(kind: str, entry: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    if kind == "tls":
        sni = request.get("sni", "").lower().removesuffix(".")
        return any(
            name_fits(sni, "", wanted) if "*" in wanted else wanted.lower() == sni for wanted in entry["serverNames"]
        )
    if kind == "dns":
        return any(
            name_fits(request["query"], rule.get("matchName", ""), rule.get("matchPattern", ""))
            for rule in entry["rules"]["dns"]
        )
    return any(http_answer(rule or {}, request) for rule in entry["rules"]["http"])


def http_answer(rule: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    headers = {key.lower(): value for key, value in (request.get("headers") or {}).items()}
    defaults = {"method": "GET", "path": "/", "host": ""}
    for part, default in defaults.items():
        if rule.get(part) and re.fullmatch(rule[part], request.get(part) or default) is None:
            return False
    for header in rule.get("headers") or ():
        name, blank, value = header.partition(" ")
        found = headers.get(name.removesuffix(":").lower())
        if found is None or (blank and found != value):
            return False
    for match in rule.get("headerMatches") or ():
        found = headers.get(match["name"].lower())
        if not match.get("mismatch") and (found is None or (match.get("value") and found != match["value"])):
            return False
    return True


def answer(world: World, probe: Mapping[str, Any]) -> dict[str, str | None]:
    """What policy does to a probe, in the words of ``quizgame verdict``."""
    sides: list[tuple[str, str, bool | None]] = []
    for direction, own, other in (("egress", "from", "to"), ("ingress", "to", "from")):
        me, peer = probe[own], probe[other]
        if "pod" not in me or is_on_host(world, me["pod"]):
            sides.append((direction, "allowed", None))
            continue
        end = end_of(world, peer, me)
        verdict, sayings, closed = decide_side(world, me["pod"], direction, end, probe["port"], probe["protocol"])
        reply = (
            request_answer(probe, sayings, end, closed=closed, is_entering=direction == "ingress")
            if verdict == "redirected"
            else None
        )
        sides.append((direction, verdict, reply))
    words: dict[str, str | None] = {
        direction: "denied" if verdict == "denied" else "allowed" for direction, verdict, _ in sides
    }
    verdicts = {verdict for _, verdict, _ in sides}
    if "denied" in verdicts:
        return words | {"l7": None, "verdict": "DROPPED"}
    replies = [reply for _, _, reply in sides if reply is not None]
    l7 = ("allowed" if all(replies) else "denied") if replies else None
    return words | {"l7": l7, "verdict": "REDIRECTED" if "redirected" in verdicts else "FORWARDED"}
