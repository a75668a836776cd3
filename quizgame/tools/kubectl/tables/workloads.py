"""What the tables say of deployments, daemon sets, replica sets and their like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.labelselect import format_selector
from quizgame.cluster.objects import controller_of, dig
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.ages import human_duration, instant_ns
from quizgame.tools.kubectl.tables.column import AGE, NONE, Cell, TableColumn, comma_map, containers_of, wide


def number(*path: str, missing: int = 0) -> Cell:
    """A cell with a count."""
    return lambda node, _now: str(dig(node, *path, default=missing))


def _joined(key: str) -> Cell:
    return lambda node, _now: ",".join(
        str(each.get(key, "")) for each in containers_of(dig(node, "spec", "template", default={}))
    )


def ready_of(node: Mapping[str, Any]) -> str:
    """``2/3``: ready pods and wanted ones."""
    return f"{dig(node, 'status', 'readyReplicas', default=0)}/{dig(node, 'spec', 'replicas', default=1)}"


_TEMPLATE = (
    wide("CONTAINERS", _joined("name")),
    wide("IMAGES", _joined("image"), "spec.template.spec.containers.image"),
)
_SELECTOR = wide("SELECTOR", lambda node, _now: format_selector(dig(node, "spec", "selector")), "spec.selector")

DEPLOYMENT_COLUMNS = (
    TableColumn("READY", lambda node, _now: ready_of(node), "ready"),
    TableColumn("UP-TO-DATE", number("status", "updatedReplicas")),
    TableColumn("AVAILABLE", number("status", "availableReplicas")),
    AGE,
    *_TEMPLATE,
    _SELECTOR,
)
DAEMONSET_COLUMNS = (
    TableColumn("DESIRED", number("status", "desiredNumberScheduled")),
    TableColumn("CURRENT", number("status", "currentNumberScheduled")),
    TableColumn("READY", number("status", "numberReady"), "status.numberReady"),
    TableColumn("UP-TO-DATE", number("status", "updatedNumberScheduled")),
    TableColumn("AVAILABLE", number("status", "numberAvailable")),
    TableColumn("NODE SELECTOR", lambda node, _now: comma_map(dig(node, "spec", "template", "spec", "nodeSelector"))),
    AGE,
    *_TEMPLATE,
    _SELECTOR,
)
REPLICASET_COLUMNS = (
    TableColumn("DESIRED", number("spec", "replicas")),
    TableColumn("CURRENT", number("status", "replicas")),
    TableColumn("READY", number("status", "readyReplicas"), "status.readyReplicas"),
    AGE,
    *_TEMPLATE,
    _SELECTOR,
)
STATEFULSET_COLUMNS = (TableColumn("READY", lambda node, _now: ready_of(node), "ready"), AGE, *_TEMPLATE)


def _job_status(job: Mapping[str, Any], _now_ns: int) -> str:
    for kind, word in (("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended")):
        for condition in dig(job, "status", "conditions", default=[]):
            if condition["type"] == kind and condition["status"] == "True":
                return word
    return "Running"


def _job_duration(job: Mapping[str, Any], now_ns: int) -> str:
    start, end = dig(job, "status", "startTime"), dig(job, "status", "completionTime")
    if not start:
        return ""
    return human_duration(((instant_ns(end) if end else now_ns) - instant_ns(start)) // SECOND)


JOB_COLUMNS = (
    TableColumn("STATUS", _job_status, "status"),
    TableColumn(
        "COMPLETIONS",
        lambda job, _now: f"{dig(job, 'status', 'succeeded', default=0)}/{dig(job, 'spec', 'completions', default=1)}",
    ),
    TableColumn("DURATION", _job_duration),
    AGE,
    *_TEMPLATE,
    _SELECTOR,
)


def _revision_owner(node: Mapping[str, Any], _now_ns: int) -> str:
    owner = controller_of(node)
    if owner is None:
        return NONE
    group = str(owner.get("apiVersion", "")).rpartition("/")[0]
    return (
        f"{str(owner['kind']).lower()}.{group}/{owner['name']}"
        if group
        else f"{str(owner['kind']).lower()}/{owner['name']}"
    )


REVISION_COLUMNS = (
    TableColumn("CONTROLLER", _revision_owner),
    TableColumn("REVISION", number("revision")),
    AGE,
)
