"""Worlds with Gateway API: a shop, a namespace of shared services, a client, and how tests look at them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.build import ClusterSpec, apply_manifest
from quizgame.cluster.world import World
from quizgame.datapath.exchange import Exchange, tcp
from quizgame.datapath.packet import Origin
from quizgame.datapath.topology import outside_origin, pod_origin
from quizgame.game.worlds import assemble
from quizgame.policy.l7 import HttpRequest
from tests.lab import BareLab, manifests_in

VIP = "172.18.255.0"
OUTSIDE = "172.18.0.100"
"""A client on the nodes' own network, outside the cluster."""
ON: dict[str, Any] = {"gatewayAPI": {"enabled": True}, "kubeProxyReplacement": True}
_WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {space}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: app, image: nginx, ports: [{{containerPort: 8080}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {space}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}
---
"""
SHOP = (
    """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: infra, labels: {team: infra}}
---
"""
    + "".join(
        _WORKLOAD.format(name=name, space=space, replicas=replicas)
        for name, space, replicas in (("web", "shop", 2), ("api", "shop", 1), ("shared", "infra", 1))
    )
    + """
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: shop, labels: {app: client}}
spec: {containers: [{name: app, image: curlimages/curl}]}
---
"""
)
POOL = """
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: pool}
spec: {blocks: [{cidr: 172.18.255.0/28}]}
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: shop}
spec:
  gatewayClassName: cilium
  listeners: [{name: http, port: 80, protocol: HTTP}]
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: gw}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""


class Lab(BareLab):
    """A world with a Gateway."""

    def given(self, *texts: str) -> Lab:
        """Apply manifests, as no command would."""
        apply_manifest(self.world.cluster, "test", [each for text in texts for each in manifests_in(text) if each])
        self.world.settle()
        return self

    def typed(self, text: str) -> str:
        """What ``kubectl apply -f -`` says of a manifest."""
        return self.both(f"kubectl apply -f - <<END\n{text}\nEND")

    def get(self, resource: str, name: str, namespace: str = "shop") -> dict[str, Any]:
        """An object."""
        return self.world.cluster.api.get(resource, name, namespace)

    def condition(self, resource: str, name: str, kind: str, namespace: str = "shop") -> tuple[str, str, str]:
        """Status, reason and message of an object's condition."""
        return _told(self.get(resource, name, namespace)["status"]["conditions"], kind)

    def listener(self, name: str, kind: str, gateway: str = "gw") -> tuple[str, str, str]:
        """Status, reason and message of a condition of a listener."""
        return _told(self.listener_status(name, gateway)["conditions"], kind)

    def listener_status(self, name: str, gateway: str = "gw") -> dict[str, Any]:
        """What a Gateway's status says of a listener."""
        listeners = self.get("gateways", gateway)["status"]["listeners"]
        return next(dict(each) for each in listeners if each["name"] == name)

    def parent(
        self, name: str, kind: str, *, resource: str = "httproutes", namespace: str = "shop", position: int = 0
    ) -> tuple[str, str, str]:
        """Status, reason and message of a condition that a route has of a parent."""
        status = self.get(resource, name, namespace).get("status") or {}
        return _told(status["parents"][position]["conditions"], kind)

    def ask(
        self,
        path: str = "/",
        *,
        host: str = VIP,
        to: str = VIP,
        port: int = 80,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        sni: str | None = None,
        client: str = "shop/client",
    ) -> Exchange:
        """Ask as a client outside, or as a pod (``namespace/name``)."""
        origin = self.origin(client)
        request = HttpRequest(method, path, host, dict(headers or {}))
        exchange = tcp(self.world, origin, to, port, request=request, sni=sni, timeout_ns=3_000_000_000)
        self.world.advance(exchange.elapsed_ns / 1e9)
        return exchange

    def origin(self, client: str) -> Origin:
        """Who a client is."""
        namespace, has_pod, name = client.partition("/")
        if not has_pod:
            return outside_origin(client)
        found = pod_origin(self.world, next(iter(self.world.clusters)), namespace, name)
        assert found is not None
        return found

    def status(self, path: str = "/", **details: Any) -> int:
        """The status of the answer; 0 where there is none."""
        answer = self.ask(path, **details).answer
        return 0 if answer is None else answer.status

    def seen(self, path: str = "/", **details: Any) -> dict[str, Any]:
        """What the pod that answered told of itself and of the request."""
        answer = self.ask(path, **details).answer
        assert answer is not None, "no answer"
        assert answer.status == 200, f"{answer.status} {answer.body}"
        return dict(json.loads(answer.body))

    def served_by(self, path: str = "/", **details: Any) -> str:
        """The workload that answered."""
        return str(self.seen(path, **details)["pod"]).split("-")[0]

    def agent(self, node: str = "kind-worker") -> Agent:
        """The agent of a node; that of the first worker where none is said."""
        return super().agent(node)

    def node_port(self, service: str = "cilium-gateway-gw", position: int = 0) -> int:
        """The node port of a service."""
        return int(self.get("services", service)["spec"]["ports"][position]["nodePort"])

    def from_outside(self, path: str = "/", **details: Any) -> Exchange:
        """Ask the first worker's node port as a client outside."""
        return self.ask(path, to=self.agent().node_ip, port=self.node_port(), client=OUTSIDE, **details)

    def flows(self, flags: str = "") -> list[dict[str, Any]]:
        """The flows of the last commands."""
        records = [
            json.loads(line)
            for line in self.both(f"hubble observe --last 500 -o json {flags}").splitlines()
            if line.startswith("{")
        ]
        return [each["flow"] for each in records if "flow" in each]

    def keep_to_nodes(self, daemon_set: str, label: str, value: str) -> None:
        """Let a DaemonSet of Cilium run only where a node has this label."""
        patch = json.dumps({"spec": {"template": {"spec": {"nodeSelector": {label: value}}}}})
        self.both(f"kubectl -n kube-system patch daemonset {daemon_set} --type merge -p '{patch}'")
        self.world.advance(60)

    def restart_operator(self) -> None:
        """Restart the operator and wait for it."""
        self.both("kubectl -n kube-system rollout restart deployment cilium-operator")
        self.both("kubectl -n kube-system rollout status deployment cilium-operator")
        self.world.advance(5)


def _told(conditions: list[dict[str, Any]], kind: str) -> tuple[str, str, str]:
    found = next(each for each in conditions if each["type"] == kind)
    return found["status"], found["reason"], found["message"]


@functools.cache
def base_world(values: str, text: str, *, has_gateway_api: bool) -> World:
    """A world that others are forked from."""
    spec = ClusterSpec(workers=2, values=json.loads(values), gateway_api=has_gateway_api)
    return assemble([spec], seed=7, manifests=[("test", [each for each in manifests_in(text) if each])])
