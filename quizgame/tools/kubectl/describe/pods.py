"""Describing a pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.objects import controller_of, dig, is_terminating
from quizgame.tools.kubectl.ages import age, long_date
from quizgame.tools.kubectl.describe.containers import write_containers, write_tolerations, write_volumes
from quizgame.tools.kubectl.describe.events import write_events
from quizgame.tools.kubectl.describe.writer import NONE, Page
from quizgame.tools.kubectl.shown import readiness_fact


def describe_pod(page: Page) -> None:
    """Write a pod's page."""
    # Source: kubectl pkg/describe describePod.
    pod = page.node
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    page.head()
    _placement(page, spec, status)
    page.marks()
    _phase(page, pod, status)
    page.field(0, "IP", str(status.get("podIP", "")), ("status", "podIP"))
    addresses = status.get("podIPs") or ()
    page.write(0, "IPs:" if addresses else f"IPs:\t{NONE}")
    for each in addresses:
        page.write(1, f"IP:\t{each['ip']}")
    owner = controller_of(pod)
    if owner is not None:
        page.write(0, f"Controlled By:\t{owner['kind']}/{owner['name']}")
    if spec.get("initContainers"):
        statuses = status.get("initContainerStatuses") or ()
        write_containers(page, "Init Containers", spec["initContainers"], statuses, ("spec", "initContainers"))
    write_containers(
        page, "Containers", spec.get("containers") or (), status.get("containerStatuses") or (), ("spec", "containers")
    )
    if spec.get("ephemeralContainers"):
        statuses, place = status.get("ephemeralContainerStatuses") or (), ("spec", "ephemeralContainers")
        write_containers(page, "Ephemeral Containers", spec["ephemeralContainers"], statuses, place)
    _conditions(page, status)
    write_volumes(page, spec.get("volumes") or ())
    page.write(0, f"QoS Class:\t{status.get('qosClass') or qos_class(spec)}")
    page.labels("Node-Selectors", spec.get("nodeSelector"))
    write_tolerations(page, "Tolerations", spec.get("tolerations") or ())
    write_events(page)


def _placement(page: Page, spec: Mapping[str, Any], status: Mapping[str, Any]) -> None:
    if spec.get("priority") is not None:
        page.write(0, f"Priority:\t{spec['priority']}")
    if spec.get("priorityClassName"):
        page.write(0, f"Priority Class Name:\t{spec['priorityClassName']}")
    if spec.get("serviceAccountName"):
        page.field(0, "Service Account", spec["serviceAccountName"], ("spec", "serviceAccountName"))
    node = spec.get("nodeName")
    shown = f"{node}/{status.get('hostIP', '')}" if node else NONE
    page.field(0, "Node", shown, ("spec", "nodeName") if node else (), node)
    if status.get("startTime"):
        page.write(0, f"Start Time:\t{long_date(status['startTime'])}")


def _phase(page: Page, pod: Mapping[str, Any], status: Mapping[str, Any]) -> None:
    phase = str(status.get("phase", ""))
    if is_terminating(pod) and phase not in ("Failed", "Succeeded"):
        page.write(0, f"Status:\tTerminating (lasts {age(pod['metadata']['deletionTimestamp'], page.now_ns)})")
        page.write(0, f"Termination Grace Period:\t{pod['metadata'].get('deletionGracePeriodSeconds', 0)}s")
    else:
        page.field(0, "Status", phase, ("status", "phase"))
    for key, title in (("reason", "Reason"), ("message", "Message")):
        if status.get(key):
            page.field(0, title, str(status[key]), ("status", key))
    profile = dig(pod, "spec", "securityContext", "seccompProfile", "type")
    if profile:
        page.write(0, f"SeccompProfile:\t{profile}")


def _conditions(page: Page, status: Mapping[str, Any]) -> None:
    conditions = status.get("conditions") or ()
    if conditions:
        page.write(0, "Conditions:\n  Type\tStatus")
    for condition in conditions:
        kind, value = condition["type"], condition["status"]
        facts = [readiness_fact(page.view, page.node, (kind, value))] if kind == "Ready" else []
        page.write(1, f"{kind} \t{value} ", facts)


def qos_class(spec: Mapping[str, Any]) -> str:
    """How a pod ranks when memory runs out: ``Guaranteed``, ``Burstable`` or ``BestEffort``."""
    # Source: kubernetes pkg/apis/core/v1/helper/qos.
    resources = [
        each.get("resources") or {} for each in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
    ]
    if not any(each.get("limits") or each.get("requests") for each in resources):
        return "BestEffort"
    is_guaranteed = all(
        {"cpu", "memory"} <= set(each.get("limits") or ()) and each.get("requests", each["limits"]) == each["limits"]
        for each in resources
    )
    return "Guaranteed" if is_guaranteed else "Burstable"
