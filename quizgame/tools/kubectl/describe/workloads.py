"""Describing deployments, daemon sets, replica sets and stateful sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizgame.cluster.labelselect import format_selector, matches, selector_of
from quizgame.cluster.objects import KubeObject, annotations_of, controller_of, dig, labels_of, uid_of
from quizgame.tools.facts import fact
from quizgame.tools.kubectl.ages import long_date
from quizgame.tools.kubectl.describe.containers import write_template
from quizgame.tools.kubectl.describe.events import write_events
from quizgame.tools.kubectl.describe.writer import NONE, Page
from quizgame.tools.kubectl.tables.column import comma_map

REVISION = "deployment.kubernetes.io/revision"


def _count(node: Mapping[str, Any], *path: str, default: int = 0) -> int:
    return int(dig(node, *path, default=default))


def describe_deployment(page: Page) -> None:
    """Write a deployment's page."""
    node = page.node
    page.head()
    page.write(0, f"CreationTimestamp:\t{long_date(node['metadata'].get('creationTimestamp'))}")
    page.marks()
    page.write(0, f"Selector:\t{format_selector(dig(node, 'spec', 'selector'))}")
    available = _count(node, "status", "availableReplicas")
    wanted = _count(node, "spec", "replicas", default=1)
    text = (
        f"{wanted} desired | {_count(node, 'status', 'updatedReplicas')} updated | "
        f"{_count(node, 'status', 'replicas')} total | "
        f"{available} available | {_count(node, 'status', 'unavailableReplicas')} unavailable"
    )
    status = f"{_count(node, 'status', 'readyReplicas')}/{wanted}"
    ready = fact(
        "component",
        witnesses=(f"{wanted} desired", f"{available} available"),
        cluster=page.view.context,
        name=node["metadata"]["name"],
        status=status,
    )
    page.write(0, f"Replicas:\t{text}", [ready])
    page.write(0, f"StrategyType:\t{dig(node, 'spec', 'strategy', 'type', default='')}")
    page.write(0, f"MinReadySeconds:\t{_count(node, 'spec', 'minReadySeconds')}")
    rolling = dig(node, "spec", "strategy", "rollingUpdate")
    if rolling:
        page.write(
            0,
            f"RollingUpdateStrategy:\t{rolling.get('maxUnavailable')} max unavailable, "
            f"{rolling.get('maxSurge')} max surge",
        )
    write_template(page, dig(node, "spec", "template", default={}))
    conditions = dig(node, "status", "conditions", default=[])
    if conditions:
        page.write(0, "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------")
    for condition in conditions:
        page.write(1, f"{condition['type']} \t{condition['status']}\t{condition.get('reason', '')}")
    old, new = _replica_sets(page)
    page.write(0, f"OldReplicaSets:\t{', '.join(map(_created, old)) or NONE}")
    page.write(0, f"NewReplicaSet:\t{', '.join(map(_created, new)) or NONE}")
    write_events(page)


def _created(replica_set: Mapping[str, Any]) -> str:
    name = replica_set["metadata"]["name"]
    return (
        f"{name} ({_count(replica_set, 'status', 'replicas')}/{_count(replica_set, 'spec', 'replicas')} "
        "replicas created)"
    )


def _replica_sets(page: Page) -> tuple[list[KubeObject], list[KubeObject]]:
    node = page.node
    owned = [
        each
        for each in page.view.api.list("replicasets", node["metadata"]["namespace"])
        if (owner := controller_of(each)) is not None and owner["uid"] == uid_of(node)
    ]
    current = annotations_of(node).get(REVISION)
    new = [each for each in owned if annotations_of(each).get(REVISION) == current]
    old = [each for each in owned if each not in new and _count(each, "spec", "replicas")]
    return old, new


def _pods_status(page: Page) -> str:
    node = page.node
    selector = selector_of(dig(node, "spec", "selector"))
    counts = dict.fromkeys(("Running", "Pending", "Succeeded", "Failed"), 0)
    for pod in page.view.api.list("pods", node["metadata"]["namespace"]):
        owner = controller_of(pod)
        if owner is not None and owner["uid"] == uid_of(node) and matches(selector, labels_of(pod)):
            phase = str(dig(pod, "status", "phase", default="Pending"))
            counts[phase] = counts.get(phase, 0) + 1
    return (
        f"{counts['Running']} Running / {counts['Pending']} Waiting / {counts['Succeeded']} Succeeded / "
        f"{counts['Failed']} Failed"
    )


_DAEMONSET_COUNTS = (
    ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
    ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
    ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
    ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
    ("Number of Nodes Misscheduled", "numberMisscheduled"),
)


def describe_daemonset(page: Page) -> None:
    """Write a daemon set's page."""
    node = page.node
    page.head()
    page.write(0, f"Selector:\t{format_selector(dig(node, 'spec', 'selector'))}")
    page.write(0, f"Node-Selector:\t{comma_map(dig(node, 'spec', 'template', 'spec', 'nodeSelector'))}")
    page.marks()
    for title, key in _DAEMONSET_COUNTS:
        page.write(0, f"{title}: {_count(node, 'status', key)}")
    page.write(0, f"Pods Status:\t{_pods_status(page)}")
    write_template(page, dig(node, "spec", "template", default={}))
    write_events(page)


def describe_replicaset(page: Page) -> None:
    """Write a replica set's page."""
    node = page.node
    page.head()
    page.write(0, f"Selector:\t{format_selector(dig(node, 'spec', 'selector'))}")
    page.marks()
    owner = controller_of(node)
    if owner is not None:
        page.write(0, f"Controlled By:\t{owner['kind']}/{owner['name']}")
    page.write(
        0, f"Replicas:\t{_count(node, 'status', 'replicas')} current / {_count(node, 'spec', 'replicas')} desired"
    )
    page.write(0, f"Pods Status:\t{_pods_status(page)}")
    write_template(page, dig(node, "spec", "template", default={}))
    write_events(page)


def describe_statefulset(page: Page) -> None:
    """Write a stateful set's page."""
    node = page.node
    page.head()
    page.write(0, f"CreationTimestamp:\t{long_date(node['metadata'].get('creationTimestamp'))}")
    page.write(0, f"Selector:\t{format_selector(dig(node, 'spec', 'selector'))}")
    page.marks()
    wanted, total = _count(node, "spec", "replicas", default=1), _count(node, "status", "replicas")
    page.write(0, f"Replicas:\t{wanted} desired | {total} total")
    page.write(0, f"Update Strategy:\t{dig(node, 'spec', 'updateStrategy', 'type', default='')}")
    page.write(0, f"Pods Status:\t{_pods_status(page)}")
    write_template(page, dig(node, "spec", "template", default={}))
    _write_claims(page, node["spec"].get("volumeClaimTemplates") or ())
    write_events(page)


def _write_claims(page: Page, claims: Sequence[Mapping[str, Any]]) -> None:
    # Source: kubernetes/kubectl pkg/describe/describe.go describeVolumeClaimTemplates.
    if not claims:
        page.write(0, f"Volume Claims:\t{NONE}")
        return
    page.write(0, "Volume Claims:")
    for claim in claims:
        spec = claim.get("spec") or {}
        page.write(1, f"Name:\t{dig(claim, 'metadata', 'name', default='')}")
        page.write(1, f"StorageClass:\t{spec.get('storageClassName') or ''}")
        for title in ("Labels", "Annotations"):
            pairs = dig(claim, "metadata", title.lower(), default={}) or {}
            shown = [f"{key}={value}" for key, value in sorted(pairs.items())] or [NONE]
            page.write(0, f"  {title}:\t{shown[0]}")
            for each in shown[1:]:
                page.write(0, f"  \t{each}")
        page.write(1, f"Capacity:\t{dig(spec, 'resources', 'requests', 'storage', default='<default>')}")
        page.write(1, f"Access Modes:\t[{' '.join(spec.get('accessModes') or ())}]")
