"""The controllers of a cluster, in the order in which they take their turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.controllers.daemonsets import DaemonSetController
from quizgame.cluster.controllers.deployments import DeploymentController
from quizgame.cluster.controllers.endpointmirror import EndpointMirrorController
from quizgame.cluster.controllers.endpointslices import EndpointSliceController
from quizgame.cluster.controllers.eventexpiry import EventExpiry
from quizgame.cluster.controllers.garbage import GarbageCollector
from quizgame.cluster.controllers.kubelet import Kubelet
from quizgame.cluster.controllers.manager import Controller, ControllerManager
from quizgame.cluster.controllers.namespaces import NamespaceController
from quizgame.cluster.controllers.nodes import NodeController
from quizgame.cluster.controllers.replicasets import ReplicaSetController
from quizgame.cluster.controllers.scheduler import Scheduler
from quizgame.cluster.controllers.statefulsets import StatefulSetController
from quizgame.cluster.controllers.staticpods import StaticPodController

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster


def controllers_for(cluster: Cluster) -> ControllerManager:
    """A fresh set of controllers."""
    controllers: tuple[Controller, ...] = (
        NamespaceController(cluster),
        GarbageCollector(cluster),
        NodeController(cluster),
        DeploymentController(cluster),
        ReplicaSetController(cluster),
        DaemonSetController(cluster),
        StatefulSetController(cluster),
        Scheduler(cluster),
        StaticPodController(cluster),
        Kubelet(cluster),
        EndpointSliceController(cluster),
        EndpointMirrorController(cluster),
        EventExpiry(cluster),
    )
    return ControllerManager(cluster, controllers)
