"""Network interfaces that a cloud attaches to nodes, and the addresses on them: the operator's part of cloud modes.

What a node has stands in its CiliumNode: interfaces in the status, addresses that pods may have in ``spec.ipam.pool``.
Source: cilium/cilium v1.19 pkg/ipam/node.go (calculateNeededIPs, AllocationAction), pkg/aws/eni/node.go,
pkg/azure/ipam/node.go, pkg/alibabacloud/eni/node.go; Documentation/network/concepts/ipam/{eni,azure,alibabacloud}.rst.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from quizgame.cluster.ipam.cloud import Cloud, Instance, instance_of
from quizgame.cluster.ipam.status import EMPTY_STATUS, NODES
from quizgame.cluster.keyed import keyed_hex, keyed_slot
from quizgame.cluster.objects import KubeObject, dig, evolve, name_of
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.operator import Operator

PRE_ALLOCATE = 8
"""Addresses to keep free on a node, where its CiliumNode does not say otherwise."""
_FIRST_HOSTS = 4
"""Addresses at the start of a subnet that clouds keep for themselves."""


@dataclass(slots=True)
class Interface:
    """One interface of a node."""

    id: str
    number: int
    ip: str
    mac: str
    addresses: list[str] = field(default_factory=list)
    """Those beside its own, which pods may have."""


def satisfy_nodes(operator: Operator, cloud: Cloud) -> dict[str, str]:
    """Attach interfaces and addresses until each node has as many free addresses as it wants, as far as that goes.

    Returns:
        Node → why it does not get what it needs, in the operator's words.

    Simplified: what is in excess is never released, as with the default ``aws-release-excess-ips: false``.
    """
    nodes = [node for node in operator.api.store.of(NODES) if dig(node, "spec", "instance-id")]
    taken = {ip for node in nodes for ip in dig(node, "spec", "ipam", "pool", default=())}
    taken |= {each.ip for node in nodes for each in interfaces_of(cloud, node)}
    short = {}
    for node in nodes:
        reason = _satisfy(operator, cloud, node, taken)
        if reason:
            short[name_of(node)] = reason
    return short


def _satisfy(operator: Operator, cloud: Cloud, node: KubeObject, taken: set[str]) -> str:
    seed, context, name = operator.api.seed, operator.cluster.context, name_of(node)
    ipam = dig(node, "spec", "ipam", default={})
    pool: dict[str, Any] = dict(ipam.get("pool") or {})
    used = len(dig(node, "status", "ipam", "used", default=()))
    store = int(ipam.get("pre-allocate") or PRE_ALLOCATE)
    missing = max(used + store, int(ipam.get("min-allocate") or 0)) - len(pool)
    instance = instance_of(cloud, seed, context, name)
    interfaces = interfaces_of(cloud, node) or [_attach(cloud, instance, seed, context, node, 0, taken)]
    first = int(dig(node, "spec", "eni", "first-interface-index", default=0))
    reason = cloud.refusal if missing > 0 else ""
    while missing > 0 and not reason:
        room = next((each for each in interfaces if each.number >= first and len(each.addresses) < cloud.addresses - 1),
                    None)  # fmt: skip
        if room is None and len(interfaces) >= cloud.interfaces:
            reason = "Instance is out of interfaces"
            break
        if room is None:
            room = _attach(cloud, instance, seed, context, node, len(interfaces), taken)
            interfaces.append(room)
        ip = free_address(cloud, seed, taken, context, name, str(room.number), str(len(room.addresses)))
        if not ip:
            reason = "No available IP addresses in the subnet"
            break
        room.addresses.append(ip)
        pool[ip] = {"resource": room.id}
        missing -= 1
    _write(operator, cloud, node, instance, interfaces, pool)
    return reason


def _attach(
    cloud: Cloud, instance: Instance, seed: int, context: str, node: KubeObject, number: int, taken: set[str]
) -> Interface:
    """A further interface; the first one is the node's own."""
    name = name_of(node)
    ip = next((each["ip"] for each in dig(node, "spec", "addresses", default=()) if each["type"] == "InternalIP"), "")
    if number:
        ip = free_address(cloud, seed, taken, context, name, "interface", str(number))
    digits = keyed_hex(seed, "cloud-mac", context, name, str(number), digits=10)
    mac = ":".join(("02", *(digits[start : start + 2] for start in range(0, 10, 2))))
    suffix = f"eth{number}" if cloud.provider == "azure" else keyed_hex(
        seed, "cloud-interface", context, name, str(number), digits=16
    )  # fmt: skip
    return Interface(f"{instance.interface_prefix}{suffix}", number, ip, mac)


def free_address(cloud: Cloud, seed: int, taken: set[str], *key: str) -> str:
    """An address of a cloud's subnet that is not taken, and now is; empty where there is none."""
    network = IPv4Network(cloud.subnet)
    base = int(network.network_address)
    slot = keyed_slot(
        _FIRST_HOSTS,
        network.num_addresses - 2,
        lambda offset: str(IPv4Address(base + offset)) in taken,
        seed,
        "cloud-address",
        *key,
    )
    if slot is None:
        return ""
    ip = str(IPv4Address(base + slot))
    taken.add(ip)
    return ip


def _write(
    operator: Operator,
    cloud: Cloud,
    node: KubeObject,
    instance: Instance,
    interfaces: list[Interface],
    pool: dict[str, Any],
) -> None:
    api = operator.api
    section, shape = _SHAPES[cloud.provider]
    if pool and pool != dig(node, "spec", "ipam", "pool"):
        node = api.update(NODES, evolve(node, ("spec", "ipam", "pool"), pool), validate=FieldValidation.TRUSTED)
    present = {**EMPTY_STATUS, "ipam": {"operator-status": {}}, **(node.get("status") or {})}
    status = {**present, section: shape(cloud, instance, interfaces)}
    if status != node.get("status"):
        api.update_status(NODES, node, status)


# ---------------------------------------------------------------- how each provider's interfaces stand in a CiliumNode


def interfaces_of(cloud: Cloud, node: KubeObject) -> list[Interface]:
    """The interfaces that a CiliumNode's status lists, by number."""
    section, _ = _SHAPES[cloud.provider]
    return _READERS[section](dig(node, "status", section, default={}))


def _eni(cloud: Cloud, instance: Instance, interfaces: list[Interface]) -> dict[str, Any]:
    return {
        "enis": {
            each.id: {
                **({"addresses": list(each.addresses)} if each.addresses else {}),
                "availability-zone": cloud.zone,
                **({"description": f"Cilium-CNI ({instance.id})"} if each.number else {}),
                "id": each.id,
                "ip": each.ip,
                "mac": each.mac,
                **({"number": each.number} if each.number else {}),
                "security-groups": [instance.group_id],
                "subnet": {"cidr": cloud.subnet, "id": instance.subnet_id},
                "vpc": {"id": instance.network_id, "primary-cidr": cloud.network},
            }
            for each in interfaces
        }
    }


def _read_eni(status: dict[str, Any]) -> list[Interface]:
    found = [
        Interface(key, int(each.get("number", 0)), each["ip"], each["mac"], list(each.get("addresses") or ()))
        for key, each in (status.get("enis") or {}).items()
    ]
    return sorted(found, key=lambda each: each.number)


def _azure(cloud: Cloud, instance: Instance, interfaces: list[Interface]) -> dict[str, Any]:
    return {
        "interfaces": [
            {
                "addresses": [{"ip": ip, "state": "succeeded", "subnet": instance.subnet_id} for ip in each.addresses],
                "cidr": cloud.subnet,
                "gateway": str(IPv4Network(cloud.subnet)[1]),
                "id": each.id,
                "ip": each.ip,
                "mac": each.mac,
                "name": f"eth{each.number}",
                "security-group": instance.group_id,
                "state": "succeeded",
            }
            for each in interfaces
        ]
    }


def _read_azure(status: dict[str, Any]) -> list[Interface]:
    return [
        Interface(each["id"], number, each["ip"], each["mac"], [entry["ip"] for entry in each.get("addresses") or ()])
        for number, each in enumerate(status.get("interfaces") or ())
    ]


def _alibaba(cloud: Cloud, instance: Instance, interfaces: list[Interface]) -> dict[str, Any]:
    return {
        "enis": {
            each.id: {
                "instance-id": instance.id,
                "mac-address": each.mac,
                "network-interface-id": each.id,
                "primary-ip-address": each.ip,
                "private-ipsets": [
                    {"primary": True, "private-ip-address": each.ip},
                    *({"private-ip-address": ip} for ip in each.addresses),
                ],
                "security-groupids": [instance.group_id],
                "tags": {"cilium-eni-index": str(each.number)},
                "type": "Secondary" if each.number else "Primary",
                "vpc": {"cidr": cloud.network, "vpc-id": instance.network_id},
                "vswitch": {"cidr": cloud.subnet, "vswitch-id": instance.subnet_id},
                "zone-id": cloud.zone,
            }
            for each in interfaces
        }
    }


def _read_alibaba(status: dict[str, Any]) -> list[Interface]:
    found = [
        Interface(
            key, int(each["tags"]["cilium-eni-index"]), each["primary-ip-address"], each["mac-address"],
            [entry["private-ip-address"] for entry in each["private-ipsets"] if not entry.get("primary")],
        )
        for key, each in (status.get("enis") or {}).items()
    ]  # fmt: skip
    return sorted(found, key=lambda each: each.number)


_SHAPES: dict[str, tuple[str, Callable[[Cloud, Instance, list[Interface]], dict[str, Any]]]] = {
    "aws": ("eni", _eni),
    "azure": ("azure", _azure),
    "alibabacloud": ("alibaba-cloud", _alibaba),
}
_READERS: dict[str, Callable[[dict[str, Any]], list[Interface]]] = {
    "eni": _read_eni,
    "azure": _read_azure,
    "alibaba-cloud": _read_alibaba,
}


def instance_spec(cloud: Cloud, instance: Instance) -> dict[str, Any]:
    """What it writes of its instance into its CiliumNode's spec. Source: cilium/cilium v1.19 pkg/nodediscovery."""
    shown: dict[str, Any] = {"instance-id": instance.id}
    match cloud.provider:
        case "aws":
            shown["eni"] = {
                "availability-zone": cloud.zone,
                "disable-prefix-delegation": False,
                "first-interface-index": 0,
                "instance-type": cloud.instance_type,
                "node-subnet-id": instance.subnet_id,
                "use-primary-address": False,
                "vpc-id": instance.network_id,
            }
        case "azure":
            shown["instance-id"] = f"azure://{instance.id}"
            shown["azure"] = {"interface-name": "eth0"}
        case _:
            shown["alibaba-cloud"] = {
                "availability-zone": cloud.zone,
                "cidr-block": cloud.network,
                "instance-type": cloud.instance_type,
                "vpc-id": instance.network_id,
            }
    return shown
