"""``cilium clustermesh status``. Source: reference cilium-cli, section 7."""

from __future__ import annotations

import base64

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.install.mesh_config import API_SERVER, MIRROR_SECRET
from quizgame.cluster.mesh.config import has_mirror, remote_names
from quizgame.cluster.objects import dig, name_of
from quizgame.goflags.durations import MINUTE
from quizgame.goflags.flagset import Flag, boolean, duration, string
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium.call import AGENT_SELECTOR, MESH_API, Call, CommandFailed, Sub
from quizgame.tools.cilium.clustermesh.access import Access, AccessProblem, access_of, missing_service, need_config
from quizgame.tools.cilium.clustermesh.report import Connectivity, Member, connection_rows
from quizgame.tools.cilium.output import FORMATS, check_output, json_lines
from quizgame.tools.cilium_dbg.model.remotes import remote_model
from quizgame.tools.facts import Fact, fact

RETRY_S = 10
NOT_CONFIGURED = (
    "⚠️  Cluster not configured for clustermesh, use '--set cluster.id' and '--set cluster.name' with 'cilium install'."
)


def _flags() -> list[Flag]:
    return [
        string("output", "Output format. One of: json, summary", short="o", default="summary", choices=FORMATS),
        boolean("wait", "Wait until everything is connected"),
        duration("wait-duration", "How long to wait at most", default=15 * MINUTE),
    ]


class _Status:
    """One run; the progress goes to stdout, or to stderr where stdout is JSON."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.is_json = check_output(call, FORMATS) == "json"
        self.started_ns = call.world.clock.now_ns

    def say(self, text: str, facts: tuple[Fact, ...] = ()) -> None:
        """Print a line of progress."""
        (self.call.complain if self.is_json else self.call.say)(text, facts)

    def _waits(self) -> bool:
        spent = self.call.world.clock.now_ns - self.started_ns
        return self.call.flags.is_on("wait") and spent < self.call.flags.number("wait-duration")

    def wait(self, what: str, reason: str) -> bool:
        """Say what is waited for and let time pass; ``False``: there is no time left, or no waiting."""
        if not self._waits():
            return False
        spent = (self.call.world.clock.now_ns - self.started_ns) // SECOND
        self.say(f"⌛ Waiting ({spent}s) for {what}: {reason}")
        self.call.world.advance(RETRY_S)
        return True

    def failed(self, reason: str) -> CommandFailed:
        """The error that ends the command."""
        if self.call.flags.is_on("wait"):
            reason = f"timeout while waiting for condition, last error: {reason}"
        return CommandFailed(f"Unable to determine status:  {reason}")

    def access(self) -> Access:
        """The access information, waited for if need be."""
        while True:
            try:
                need_config(self.call.cluster, self.call.namespace)
                if self.call.api.find("services", API_SERVER, self.call.namespace) is None:
                    raise AccessProblem(missing_service())
                return access_of(self.call.cluster, self.call.namespace, self.say)
            except AccessProblem as problem:
                if not self.wait("access information", str(problem)):
                    raise self.failed(str(problem)) from None

    def deployment(self) -> None:
        """The clustermesh-apiserver itself."""
        while True:
            found = self.call.api.find("deployments.apps", MESH_API, self.call.namespace)
            if found is None:
                problem = f'deployments.apps "{MESH_API}" not found'
            else:
                wanted = dig(found, "spec", "replicas", default=1)
                available = dig(found, "status", "availableReplicas", default=0)
                if available >= wanted > 0:
                    return
                problem = f"only {available} of {wanted} replicas are available"
            if not self.wait(f"deployment {MESH_API} to become ready", problem):
                raise self.failed(f"deployment {MESH_API} is not ready: {problem}")

    def connectivity(self) -> tuple[Connectivity, Connectivity | None]:
        """The connections, waited for if need be."""
        while True:
            agents, mesh = agent_connectivity(self.call), mesh_connectivity(self.call)
            problem = ""
            if mesh is not None and mesh.not_ready():
                problem = f"{mesh.not_ready()} KVStoreMesh replicas are not ready"
            elif agents.not_ready():
                problem = f"{agents.not_ready()} nodes are not ready"
            if not problem or not self.call.flags.is_on("wait"):
                return agents, mesh
            if not self.wait("clusters to be connected", problem):
                raise self.failed(problem)


def agent_connectivity(call: Call) -> Connectivity:
    """What each agent says of its remote clusters."""
    members = []
    for pod in call.api.list("pods", call.namespace, label_selector=AGENT_SELECTOR):
        agent = call.cluster.agents.get(dig(pod, "spec", "nodeName", default=""))
        remotes = {}
        if isinstance(agent, Agent) and agent.is_serving:
            remotes = {name: remote_model(each, agent.seed) for name, each in agent.remotes.items()}
        members.append(Member(name_of(pod), remotes))
    return Connectivity(members, tuple(remote_names(call.api)))


def mesh_connectivity(call: Call) -> Connectivity | None:
    """What each replica of KVStoreMesh says; ``None`` where it is off."""
    if not has_mirror(call.cluster):
        return None
    mesh, context = fabric_of(call.world).mesh, call.cluster.context
    members = [
        Member(pod, {name: remote_model(each, call.world.seed) for name, each in mirror.items()}, is_agent=False)
        for (owner, pod), mirror in mesh.mirrors.items()
        if owner == context
    ]
    return Connectivity(members, tuple(remote_names(call.api, MIRROR_SECRET)))


def mesh_facts(call: Call, agents: Connectivity) -> dict[str, tuple[Fact, ...]]:
    """What a line about a remote cluster tells, by the cluster's name; ``*`` for lines about all of them."""
    reasons = {problem.remote: problem.reason for problem in agents.problems()}
    known = {
        name: (
            fact("mesh", cluster=call.context, remote=name,
                 status="not-connected" if name in reasons else "connected", message=reasons.get(name)),
        )
        for name in agents.names
    }  # fmt: skip
    everything = tuple(each for facts in known.values() for each in facts)
    return {**known, "*": everything}


def _run(call: Call) -> None:
    status = _Status(call)
    if call.cluster.config and (call.cluster.cluster_name == "default" or not call.cluster.cluster_id):
        status.say(NOT_CONFIGURED, (fact("config", cluster=call.context, key="cluster-id", value="0"),))
    access = status.access()
    status.say(f'✅ Service "{API_SERVER}" of type "{access.service_type}" found')
    addresses = "".join(f"\n  - {ip}:{access.port}" for ip in access.ips)
    status.say(f"✅ Cluster access information is available:{addresses}")
    status.deployment()
    status.say(f"✅ Deployment {MESH_API} is ready",
               (fact("component", cluster=call.context, name=MESH_API, status="ok"),))  # fmt: skip
    has_mesh = has_mirror(call.cluster)
    status.say(f"ℹ️  KVStoreMesh is {'enabled' if has_mesh else 'disabled'}")
    agents, mesh = status.connectivity()
    facts = mesh_facts(call, agents)
    if status.is_json:
        call.show(json_lines(_as_json(access, agents, mesh), 1, facts["*"]))
        return
    for text, topic in connection_rows(agents, mesh, call.namespace):
        call.say(text, facts.get(topic, ()))


def _as_json(access: Access, agents: Connectivity, mesh: Connectivity | None) -> dict[str, object]:
    shown: dict[str, object] = {
        "access_information": {
            "service_type": access.service_type,
            "service_ips": list(access.ips),
            "service_port": access.port,
            "cluster_id": str(access.cluster_id),
            "cluster_name": access.cluster_name,
            "ca": base64.b64decode(access.ca).decode() if access.ca else "",
            "tunnel": access.tunnel,
            "max_connected_clusters": access.max_connected,
        },
        "connectivity": agents.as_json(),
        "kvstoremesh": {"enabled": mesh is not None},
    }
    if mesh is not None:
        shown["kvstoremesh"] = {"enabled": True, "status": mesh.as_json()}
    return shown


COMMANDS = (Sub("clustermesh status", "status", "Show how the mesh is connected", _run, _flags),)
