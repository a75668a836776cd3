"""One world in which every component of an installation has something to do, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from quizgame.cluster.build import join_node
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.links import Block, Links
from tests.ipam.conftest import Lab

VALUES = {
    "ipam": {"mode": "cluster-pool", "operator": {"clusterPoolIPv4PodCIDRList": ["10.0.0.0/8"]}},
    "hubble": {"relay": {"enabled": True}, "ui": {"enabled": True}},
}
"""Relay is there anyway; the UI is what nobody else needs."""
OBJECTS = """
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {nodeName: kind-worker, containers: [{name: c, image: nicolaka/netshoot}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: kind-worker2, containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, labels: {app: api}}
spec: {nodeName: kind-worker2, containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: pool}
spec: {blocks: [{cidr: 192.0.2.0/24}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - toPorts:
    - ports: [{port: "80", protocol: TCP}]
      rules: {http: [{method: GET, path: /}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: names}
spec:
  endpointSelector: {matchLabels: {app: asks}}
  egress:
  - toEndpoints: [{matchLabels: {k8s-app: kube-dns, io.kubernetes.pod.namespace: kube-system}}]
    toPorts:
    - ports: [{port: "53", protocol: ANY}]
      rules: {dns: [{matchPattern: "*"}]}
  - toEndpoints: [{matchLabels: {app: web}}]
---
apiVersion: v1
kind: Pod
metadata: {name: asks, labels: {app: asks}}
spec: {nodeName: kind-worker, containers: [{name: c, image: nicolaka/netshoot}]}
"""
CLOSED = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: closed}
spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{}]}
"""
LATE = """
apiVersion: v1
kind: Pod
metadata: {name: late, labels: {app: late}}
spec: {nodeName: %s, containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: late}
spec: {type: LoadBalancer, selector: {app: late}, ports: [{port: 80}]}
"""


def status(lab: Lab, pod: str, url: str) -> str:
    """The HTTP status that a pod gets; ``000`` where it gets none."""
    return lab.run(f"kubectl exec {pod} -- curl -s -o /dev/null -w '%{{http_code}}' -m 4 {url}")[:3]


Probe = Callable[[Lab], bool]
"""Whether something works; each asks a world of its own."""


def by_address(lab: Lab) -> bool:
    """A pod reaches a pod of another node."""
    return status(lab, "client", lab.ip("web")) == "200"


def by_service(lab: Lab) -> bool:
    """A pod reaches a Service's address."""
    address = lab.out("kubectl get service web -o jsonpath='{.spec.clusterIP}'")
    return status(lab, "client", address) == "200"


def by_name(lab: Lab) -> bool:
    """A pod reaches a Service by its name."""
    return status(lab, "client", "web") == "200"


def by_guarded_name(lab: Lab) -> bool:
    """A pod whose questions the agent's DNS proxy reads reaches a Service by its name."""
    return status(lab, "asks", "web") == "200"


def l7(lab: Lab) -> bool:
    """A policy for HTTP lets through what it allows and refuses the rest."""
    address = lab.ip("api")
    return (status(lab, "client", address), status(lab, "client", f"{address}/admin")) == ("200", "403")


def l4(lab: Lab) -> bool:
    """A policy that is in force stays in force."""
    return status(lab, "asks", lab.ip("api")) == "000"


def new_pod(lab: Lab) -> bool:
    """A new pod of kind-worker becomes ready and is reached by others."""
    lab.apply(LATE % "kind-worker")
    lab.wait(40)
    return lab.pod("late")["status"]["phase"] == "Running" and status(lab, "web", lab.ip("late")) == "200"


def new_pod_elsewhere(lab: Lab) -> bool:
    """The same on kind-worker2."""
    lab.apply(LATE % "kind-worker2")
    lab.wait(40)
    return lab.pod("late")["status"]["phase"] == "Running" and status(lab, "api", lab.ip("late")) == "200"


def new_service(lab: Lab) -> bool:
    """A pod of kind-worker reaches the address of a Service that is made now."""
    lab.run("kubectl expose pod web --name another --port 80")
    lab.wait(5)
    address = lab.out("kubectl get service another -o jsonpath='{.spec.clusterIP}'")
    return status(lab, "client", address) == "200"


def new_policy(lab: Lab) -> bool:
    """A policy that is made now comes into force on kind-worker2."""
    lab.apply(CLOSED)
    lab.wait(5)
    return status(lab, "client", lab.ip("web")) == "000"


def new_policy_at_client(lab: Lab) -> bool:
    """A policy that is made now comes into force on kind-worker."""
    lab.apply(CLOSED.replace("app: web", "app: client").replace("ingress", "egress"))
    lab.wait(5)
    return status(lab, "client", lab.ip("web")) == "000"


def new_node(lab: Lab) -> bool:
    """A node that joins gets a range for its pods."""
    join_node(lab.world, lab.world.cluster, "kind-worker3")
    lab.wait(30)
    return bool(lab.out("kubectl get ciliumnode kind-worker3 -o jsonpath='{.spec.ipam.podCIDRs}'"))


def external_address(lab: Lab) -> bool:
    """A Service of type LoadBalancer gets an address."""
    lab.apply(LATE % "kind-worker2")
    lab.wait(5)
    return bool(lab.out("kubectl get service late -o jsonpath='{.status.loadBalancer.ingress[0].ip}'"))


def collection(lab: Lab) -> bool:
    """Identities that nobody uses any more go."""
    numbers = {each["metadata"]["name"] for each in lab.world.cluster.api.list("ciliumidentities")}
    lab.run("kubectl delete pod api --force")
    lab.wait(2400)
    return {each["metadata"]["name"] for each in lab.world.cluster.api.list("ciliumidentities")} < numbers


def all_flows(lab: Lab) -> bool:
    """Relay tells the flows of all nodes."""
    by_address(lab)
    return "client" in lab.out("hubble observe --last 20")


def own_flows(lab: Lab) -> bool:
    """An agent tells the flows of its own node."""
    by_address(lab)
    pod = lab.agent("kind-worker").pod_name
    if not pod:
        return False
    return "client" in lab.out(f"kubectl -n kube-system exec {pod} -c cilium-agent -- hubble observe --last 20")


def ui(lab: Lab) -> bool:
    """The UI has a pod that is ready."""
    return "2/2" in lab.out("kubectl -n kube-system get pods -l k8s-app=hubble-ui")


def agent_answers(lab: Lab) -> bool:
    """The agent of kind-worker answers ``cilium-dbg``."""
    return bool(lab.agent("kind-worker").pod_name) and "Cilium:" in lab.dbg("kind-worker", "status")


class Site(Lab):
    """The world, with the ways of breaking it."""

    def fork(self) -> Site:
        return Site(self.world.fork())

    def scale(self, name: str, replicas: int) -> None:
        """Change the number of pods of a Deployment of kube-system."""
        self.run(f"kubectl -n kube-system scale deployment {name} --replicas {replicas}")
        self.wait(10)

    def restart(self, selector: str) -> None:
        """Delete pods of kube-system and wait until the next ones are there."""
        self.run(f"kubectl -n kube-system delete pods -l {selector}")
        self.wait(40)

    def agent_down(self, node: str) -> None:
        """Let a node's agent not come back: a CiliumNodeConfig gives it a configuration that it cannot run with."""
        self.apply(
            f"""
apiVersion: cilium.io/v2
kind: CiliumNodeConfig
metadata: {{name: broken, namespace: kube-system}}
spec: {{nodeSelector: {{matchLabels: {{kubernetes.io/hostname: {node}}}}}, defaults: {{ipam: nonsense}}}}
"""
        )
        self.run(f"kubectl -n kube-system delete pod {self.agent(node).pod_name}")
        self.wait(30)

    def envoy_down(self) -> None:
        """Keep Envoy from all nodes, by a selector that none has."""
        nowhere = '{"spec":{"template":{"spec":{"nodeSelector":{"nowhere":"true"}}}}}'
        self.run(f"kubectl -n kube-system patch daemonset cilium-envoy --type merge -p '{nowhere}'")
        self.wait(30)

    def cut_off(self, node: str) -> None:
        """Let a firewall stand between a node and the API server."""
        blocked = Block(f"kind-kind/{node}", "kind-kind/kind-control-plane", "TCP", 6443)
        fabric = fabric_of(self.world)
        fabric.links = replace(fabric.links, blocks=(*fabric.links.blocks, blocked))
        self.world.settle()
        self.wait(30)

    def block_between(self, first: str, second: str) -> None:
        """Let a firewall stand between two nodes, both ways."""
        blocks = (
            Block(f"kind-kind/{first}", f"kind-kind/{second}"),
            Block(f"kind-kind/{second}", f"kind-kind/{first}"),
        )
        fabric_of(self.world).links = Links(blocks)
        self.world.settle()
        self.wait(120)

    def heal(self) -> None:
        """Take all firewalls away."""
        fabric_of(self.world).links = Links()
        self.world.settle()
        self.wait(30)
