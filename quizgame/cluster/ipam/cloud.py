"""The cloud that a cluster's nodes are instances of: what it lends them, and what its API answers.

Source: cilium/cilium v1.19 pkg/aws/eni, pkg/azure, pkg/alibabacloud; facts F-26, F-123.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from quizgame.cluster.keyed import keyed_hex


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud, and the network in it that the nodes are in."""

    provider: str
    """``aws``, ``azure`` or ``alibabacloud``."""
    network: str = "172.18.0.0/16"
    """Range of the VPC, virtual network or vSwitch's VPC."""
    subnet: str = "172.18.64.0/20"
    """Range of the network from which interfaces get their addresses."""
    interfaces: int = 3
    """How many interfaces an instance may have."""
    addresses: int = 10
    """How many addresses an interface may have, its own one included."""
    instance_type: str = "m5.large"
    zone: str = "eu-central-1a"
    refusal: str = ""
    """What its API answers to the operator instead of doing what it is asked; empty where it lets it."""

    def holds(self, ip: str) -> bool:
        """Whether the cloud itself routes an address to whoever has it."""
        return IPv4Network(f"{ip}/32").subnet_of(IPv4Network(self.network))


@dataclass(frozen=True, slots=True)
class Instance:
    """What a cloud knows of one node."""

    id: str
    network_id: str
    subnet_id: str
    group_id: str
    interface_prefix: str


def instance_of(cloud: Cloud, seed: int, context: str, node: str) -> Instance:
    """The identifiers of a node's instance and of what it is attached to, as its provider forms them."""

    def part(purpose: str, *more: str, digits: int = 16) -> str:
        return keyed_hex(seed, f"cloud-{purpose}", context, *more, digits=digits)

    match cloud.provider:
        case "aws":
            return Instance(f"i-0{part('instance', node)}", f"vpc-0{part('network')}", f"subnet-0{part('subnet')}",
                            f"sg-0{part('group')}", "eni-0")  # fmt: skip
        case "alibabacloud":
            return Instance(f"i-{part('instance', node, digits=20)}", f"vpc-{part('network', digits=21)}",
                            f"vsw-{part('subnet', digits=21)}", f"sg-{part('group', digits=20)}", "eni-")  # fmt: skip
        case _:
            group = f"/subscriptions/{part('account', digits=8)}-0000-4000-8000-000000000000/resourceGroups/{context}"
            virtual = f"{group}/providers/Microsoft.Network/virtualNetworks/vnet"
            machine = f"{group}/providers/Microsoft.Compute/virtualMachineScaleSets/nodes/virtualMachines/{node}"
            return Instance(machine, virtual, f"{virtual}/subnets/pods",
                            f"{group}/providers/Microsoft.Network/networkSecurityGroups/nodes",
                            f"{machine}/networkInterfaces/")  # fmt: skip
