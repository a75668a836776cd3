"""Finds the two ends of a question in a world: pods, workloads, services, names, addresses."""

from __future__ import annotations

from quizgame.addresses import is_ipv4
from quizgame.cluster.agent.pods import workload_of
from quizgame.cluster.objects import dig, name_of
from quizgame.cluster.world import Cluster, World
from quizgame.datapath.names import NameOutcome, resolve
from quizgame.datapath.packet import Origin
from quizgame.datapath.topology import agents, node_origin, outside_origin, pod_origin
from quizgame.game.insight.question import BadQuestion


def find_source(world: World, text: str) -> tuple[Origin, str]:
    """Who sends, and how to call it.

    Raises:
        BadQuestion: nothing of this name is there.
    """
    if is_ipv4(text):
        return _origin_at(world, text), text
    node = next((agent for agent in agents(world) if text in (agent.node, f"{agent.context}/{agent.node}")), None)
    if node is not None:
        return node_origin(node), f"node {node.node}"
    if text == "world":
        raise BadQuestion("name an address in place of world: 203.0.113.7 is as good as any")
    cluster, namespace, name = _split(world, text)
    pod = _pod_of(cluster, namespace, name)
    origin = pod_origin(world, cluster.context, namespace, pod) if pod is not None else None
    if origin is None:
        raise BadQuestion(f'no pod or workload "{namespace}/{name}" with an address in {cluster.context}')
    return origin, f"{namespace}/{pod}"


def find_destination(world: World, origin: Origin, text: str) -> tuple[str, str]:
    """The address that is meant, and how to call it. ``world`` must be a fork: names are really looked up.

    Raises:
        BadQuestion: nothing of this name is there.
    """
    if is_ipv4(text):
        return text, text
    node = next((agent for agent in agents(world) if text == agent.node), None)
    if node is not None:
        return node.node_ip, f"node {node.node}"
    if "/" in text or _is_local(world, text):
        cluster, namespace, name = _split(world, text)
        service = cluster.api.find("services", name, namespace)
        ip = dig(service, "spec", "clusterIP", default="") if service is not None else ""
        if ip and ip != "None":
            return str(ip), f"service {namespace}/{name}"
        pod = _pod_of(cluster, namespace, name)
        found = cluster.api.find("pods", pod, namespace) if pod is not None else None
        address = dig(found, "status", "podIP", default="")
        if not address:
            raise BadQuestion(f'no pod, workload or service "{namespace}/{name}" with an address in {cluster.context}')
        return str(address), f"{namespace}/{pod}"
    resolution = resolve(world, origin, text, start_ns=world.clock.now_ns)
    if resolution.outcome is not NameOutcome.OK:
        raise BadQuestion(
            f"the client cannot resolve {text}: {resolution.outcome.value}; ask about its name server first"
        )
    return resolution.ips[0], text


def _is_local(world: World, text: str) -> bool:
    cluster = world.cluster
    return "." not in text and (
        cluster.api.find("services", text, "default") is not None or _pod_of(cluster, "default", text) is not None
    )


def _origin_at(world: World, ip: str) -> Origin:
    for agent in agents(world):
        if ip in (agent.node_ip, agent.router_ip):
            return node_origin(agent)
        endpoint = agent.endpoint_at(ip)
        if endpoint is not None and endpoint.is_pod:
            return Origin(agent.context, agent.node, endpoint.namespace, endpoint.pod, ip)
    return outside_origin(ip)


def _split(world: World, text: str) -> tuple[Cluster, str, str]:
    place, colon, rest = text.partition(":")
    cluster = world.cluster
    if colon:
        named = [each for each in world.clusters.values() if place in (each.context, each.cluster_name)]
        if not named:
            raise BadQuestion(f'no cluster "{place}": contexts are {", ".join(world.clusters)}')
        cluster, text = named[0], rest
    namespace, slash, name = text.partition("/")
    return (cluster, namespace, name) if slash else (cluster, "default", text)


def _pod_of(cluster: Cluster, namespace: str, name: str) -> str | None:
    """A pod of this name, else the first of a workload of this name that has an address."""
    if cluster.api.find("pods", name, namespace) is not None:
        return name
    for pod in cluster.api.list("pods", namespace):
        if workload_of(pod)[0] == name and dig(pod, "status", "podIP"):
            return name_of(pod)
    return None
