"""Which columns each kind has, in one table; custom kinds bring theirs along."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from quizgame.cluster.objects import dig
from quizgame.cluster.resources import Column, Resource
from quizgame.tools.kubectl.ages import age
from quizgame.tools.kubectl.formats.jsonpath import JsonPath, value_text
from quizgame.tools.kubectl.tables.column import AGE, TableColumn
from quizgame.tools.kubectl.tables.events import EVENT_COLUMNS
from quizgame.tools.kubectl.tables.network import (
    ENDPOINTS_COLUMNS,
    ENDPOINTSLICE_COLUMNS,
    INGRESS_COLUMNS,
    INGRESSCLASS_COLUMNS,
    NETWORKPOLICY_COLUMNS,
    SERVICE_COLUMNS,
    text,
)
from quizgame.tools.kubectl.tables.nodes import NODE_COLUMNS
from quizgame.tools.kubectl.tables.pods import POD_COLUMNS
from quizgame.tools.kubectl.tables.workloads import (
    DAEMONSET_COLUMNS,
    DEPLOYMENT_COLUMNS,
    JOB_COLUMNS,
    REPLICASET_COLUMNS,
    REVISION_COLUMNS,
    STATEFULSET_COLUMNS,
)


def _data_count(node: Mapping[str, Any], _now_ns: int) -> str:
    return str(len(node.get("data") or ()) + len(node.get("binaryData") or ()))


_DATA = TableColumn("DATA", _data_count)
_CREATED_AT = TableColumn("CREATED AT", text("metadata", "creationTimestamp"))
_ROLE = TableColumn("ROLE", lambda node, _now: f"{dig(node, 'roleRef', 'kind')}/{dig(node, 'roleRef', 'name')}")

# Source: kubernetes 1.35 pkg/printers/internalversion/printers.go; kinds that are not listed show NAME and AGE.
_BUILT_IN: dict[str, tuple[TableColumn, ...]] = {
    "Pod": POD_COLUMNS,
    "Node": NODE_COLUMNS,
    "Service": SERVICE_COLUMNS,
    "EndpointSlice": ENDPOINTSLICE_COLUMNS,
    "Endpoints": ENDPOINTS_COLUMNS,
    "Deployment": DEPLOYMENT_COLUMNS,
    "DaemonSet": DAEMONSET_COLUMNS,
    "ReplicaSet": REPLICASET_COLUMNS,
    "StatefulSet": STATEFULSET_COLUMNS,
    "Job": JOB_COLUMNS,
    "ControllerRevision": REVISION_COLUMNS,
    "Namespace": (TableColumn("STATUS", text("status", "phase"), "status.phase"), AGE),
    "NetworkPolicy": NETWORKPOLICY_COLUMNS,
    "ConfigMap": (_DATA, AGE),
    "Secret": (TableColumn("TYPE", text("type"), "type"), _DATA, AGE),
    "Ingress": INGRESS_COLUMNS,
    "IngressClass": INGRESSCLASS_COLUMNS,
    "Event": EVENT_COLUMNS,
    "Lease": (TableColumn("HOLDER", text("spec", "holderIdentity"), "spec.holderIdentity"), AGE),
    "CustomResourceDefinition": (_CREATED_AT,),
    "Role": (_CREATED_AT,),
    "ClusterRole": (_CREATED_AT,),
    "RoleBinding": (_ROLE, AGE),
    "ClusterRoleBinding": (_ROLE, AGE),
}
NAMELESS = frozenset(("Event",))
"""Kinds whose table has no NAME column in front."""


def columns_of(resource: Resource) -> tuple[TableColumn, ...]:
    """The columns after NAME (for events: all of them)."""
    if resource.is_custom:
        return tuple(_custom(column) for column in resource.columns)
    return _BUILT_IN.get(resource.kind, (AGE,))


@lru_cache(maxsize=512)
def _custom(column: Column) -> TableColumn:
    path = JsonPath("{" + column.path + "}")

    def cell(node: Mapping[str, Any], now_ns: int) -> str:
        # Source: kubernetes apiextensions-apiserver tableconvertor: the first value found; an absent one is an empty
        # cell.
        values = path.values(node)
        if not values or values[0] is None:
            return ""
        return age(str(values[0]), now_ns) if column.type == "date" else value_text(values[0])

    field = "" if column.type == "date" else column.path.removeprefix(".").replace("\\", "")
    return TableColumn(column.name.upper(), cell, field, column.wide)
