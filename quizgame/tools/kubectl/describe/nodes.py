"""Describing a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizgame.cluster.objects import KubeObject, dig
from quizgame.tools.facts import fact
from quizgame.tools.kubectl.ages import age, long_date
from quizgame.tools.kubectl.describe.events import write_events
from quizgame.tools.kubectl.describe.quantities import ZERO, Quantity, parse_quantity, percent, total
from quizgame.tools.kubectl.describe.writer import UNSET, Page
from quizgame.tools.kubectl.shown import value_facts
from quizgame.tools.kubectl.tables.nodes import node_roles, node_status

_SYSTEM_INFO = (
    ("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"), ("Operating System", "operatingSystem"), ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"), ("Kubelet Version", "kubeletVersion"),
    ("Kube-Proxy Version", "kubeProxyVersion"),
)  # fmt: skip
_COUNTED = ("cpu", "memory", "ephemeral-storage")


def describe_node(page: Page) -> None:
    """Write a node's page."""
    # Source: kubectl pkg/describe describeNode.
    node = page.node
    spec, status = node.get("spec") or {}, node.get("status") or {}
    page.field(0, "Name", node["metadata"]["name"])
    page.write(0, f"Roles:\t{node_roles(node)}")
    page.marks()
    page.write(0, f"CreationTimestamp:\t{long_date(node['metadata'].get('creationTimestamp'))}")
    page.rows("Taints", [_taint(each) for each in sorted(spec.get("taints") or (), key=_taint_order)])
    page.field(0, "Unschedulable", str(bool(spec.get("unschedulable"))).lower(), ("spec", "unschedulable"))
    _lease(page)
    _conditions(page, status)
    page.write(0, "Addresses:")
    for each in status.get("addresses") or ():
        page.write(1, f"{each['type']}: \t{each['address']}")
    for key, title in (("capacity", "Capacity"), ("allocatable", "Allocatable")):
        page.write(0, f"{title}:")
        for name in sorted(status.get(key) or ()):
            page.write(1, f"{name}:\t{status[key][name]}")
    page.write(0, "System Info:")
    for title, key in _SYSTEM_INFO:
        page.write(1, f"{title}:\t{dig(status, 'nodeInfo', key, default='')}")
    if spec.get("podCIDR"):
        page.field(0, "PodCIDR", spec["podCIDR"], ("spec", "podCIDR"))
    if spec.get("podCIDRs"):
        facts = [
            each
            for place, text in enumerate(spec["podCIDRs"])
            for each in value_facts(page.view, node, ("spec", "podCIDRs", place), text)
        ]
        page.write(0, f"PodCIDRs:\t{','.join(spec['podCIDRs'])}", facts)
    if spec.get("providerID"):
        page.write(0, f"ProviderID:\t{spec['providerID']}")
    _pods(page)
    write_events(page)


def _taint(each: Mapping[str, Any]) -> str:
    value = f"={each['value']}" if each.get("value") else ""
    return f"{each['key']}{value}:{each['effect']}"


def _taint_order(each: Mapping[str, Any]) -> tuple[str, str]:
    return str(each["effect"]), str(each["key"])


def _lease(page: Page) -> None:
    name = page.node["metadata"]["name"]
    lease = page.view.api.find("leases", name, "kube-node-lease")
    if lease is None:
        page.write(0, f'Lease:\tFailed to get lease: leases.coordination.k8s.io "{name}" not found')
        return
    page.write(0, "Lease:")
    page.write(1, f"HolderIdentity:\t{dig(lease, 'spec', 'holderIdentity', default=UNSET)}")
    for key, title in (("acquireTime", "AcquireTime"), ("renewTime", "RenewTime")):
        page.write(1, f"{title}:\t{long_date(dig(lease, 'spec', key))}")


def _conditions(page: Page, status: Mapping[str, Any]) -> None:
    heads = ("Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message")
    page.write(0, "Conditions:")
    page.write(1, "\t".join(heads))
    page.write(1, "\t".join("-" * len(head) for head in heads))
    for each in status.get("conditions") or ():
        cells = (
            each["type"],
            each["status"],
            long_date(each.get("lastHeartbeatTime")),
            long_date(each.get("lastTransitionTime")),
            each.get("reason", ""),
            each.get("message", ""),
        )
        facts = []
        if each["type"] == "Ready":
            name = page.node["metadata"]["name"]
            seen = ("Ready", each["status"])
            facts = [fact("node", witnesses=seen, cluster=page.view.context, node=name, status=node_status(page.node))]
        page.write(1, " \t".join(cells), facts)


def _pods(page: Page) -> None:
    name = page.node["metadata"]["name"]
    pods = [
        pod
        for pod in page.view.api.list("pods", field_selector=f"spec.nodeName={name}")
        if dig(pod, "status", "phase") not in ("Succeeded", "Failed")
    ]
    allocatable = {
        key: parse_quantity(value) for key, value in dig(page.node, "status", "allocatable", default={}).items()
    }
    page.write(0, f"Non-terminated Pods:\t({len(pods)} in total)")
    heads = ("Namespace", "Name", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age")
    page.write(1, f"{heads[0]}\t{heads[1]}\t\t" + "\t".join(heads[2:]))
    page.write(
        1, f"{'-' * len(heads[0])}\t{'-' * len(heads[1])}\t\t" + "\t".join("-" * len(head) for head in heads[2:])
    )
    for pod in pods:
        amounts = [
            _share(_needed(pod, kind, resource), allocatable.get(resource, ZERO))
            for resource in ("cpu", "memory")
            for kind in ("requests", "limits")
        ]
        metadata = pod["metadata"]
        row = (
            metadata["namespace"],
            metadata["name"],
            "",
            *amounts,
            age(metadata.get("creationTimestamp"), page.now_ns),
        )
        page.write(1, "\t".join(row))
    _allocated(page, pods, allocatable)


def _needed(pod: Mapping[str, Any], kind: str, resource: str) -> Quantity:
    """What a pod asks for: its containers together, or its hungriest init container if that is more."""
    spec = pod.get("spec") or {}
    amounts = [
        [parse_quantity(dig(each, "resources", kind, resource, default=0)) for each in spec.get(key) or ()]
        for key in ("containers", "initContainers")
    ]
    together = total(amounts[0])
    return max([together, *amounts[1]], key=lambda each: each.amount)


def _share(part: Quantity, whole: Quantity) -> str:
    return f"{part} ({percent(part, whole)}%)"


def _allocated(page: Page, pods: Sequence[KubeObject], allocatable: Mapping[str, Quantity]) -> None:
    page.write(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)")
    page.write(1, "Resource\tRequests\tLimits")
    page.write(1, "--------\t--------\t------")
    names = [*_COUNTED, *sorted(name for name in allocatable if name.startswith("hugepages-"))]
    for name in names:
        whole = allocatable.get(name, ZERO)
        amounts = [total(_needed(pod, kind, name) for pod in pods) for kind in ("requests", "limits")]
        page.write(1, "\t".join((name, *(_share(each, whole) for each in amounts))))
