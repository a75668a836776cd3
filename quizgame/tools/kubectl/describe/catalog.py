"""Which page each kind gets, in one table; every other kind is described by its structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quizgame.cluster.resources import Resource
from quizgame.tools.kubectl.describe.config import (
    describe_configmap,
    describe_namespace,
    describe_secret,
    describe_serviceaccount,
)
from quizgame.tools.kubectl.describe.generic import describe_generic
from quizgame.tools.kubectl.describe.network import (
    describe_endpoints,
    describe_endpointslice,
    describe_ingress,
    describe_ingressclass,
    describe_networkpolicy,
    describe_service,
)
from quizgame.tools.kubectl.describe.nodes import describe_node
from quizgame.tools.kubectl.describe.pods import describe_pod
from quizgame.tools.kubectl.describe.workloads import (
    describe_daemonset,
    describe_deployment,
    describe_replicaset,
    describe_statefulset,
)
from quizgame.tools.kubectl.describe.writer import Page
from quizgame.tools.kubectl.shown import View
from quizgame.tools.output import Line

_PAGES: dict[str, Callable[[Page], None]] = {
    "configmaps": describe_configmap,
    "daemonsets.apps": describe_daemonset,
    "deployments.apps": describe_deployment,
    "endpoints": describe_endpoints,
    "endpointslices.discovery.k8s.io": describe_endpointslice,
    "ingresses.networking.k8s.io": describe_ingress,
    "ingressclasses.networking.k8s.io": describe_ingressclass,
    "namespaces": describe_namespace,
    "networkpolicies.networking.k8s.io": describe_networkpolicy,
    "nodes": describe_node,
    "pods": describe_pod,
    "replicasets.apps": describe_replicaset,
    "secrets": describe_secret,
    "serviceaccounts": describe_serviceaccount,
    "services": describe_service,
    "statefulsets.apps": describe_statefulset,
}


def describe(view: View, resource: Resource, node: Mapping[str, Any], now_ns: int) -> list[Line]:
    """The description of one object.

    Args:
        view: What facts are about.
        resource: The object's kind.
        node: The object.
        now_ns: The present.
    """
    page = Page(view, node, now_ns)
    _PAGES.get(resource.qualified, describe_generic)(page)
    return page.lines()
