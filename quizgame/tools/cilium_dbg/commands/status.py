"""``cilium-dbg status``: one agent's health, line by line. Source: reference cilium-dbg, section 3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from quizgame.goflags.flagset import boolean, duration, string
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium_dbg.call import SOCKET_PROBLEM, Call, Sub, as_json
from quizgame.tools.cilium_dbg.health_text import health_entries, is_node_reached
from quizgame.tools.cilium_dbg.model.answers import api_json
from quizgame.tools.cilium_dbg.model.health import health_model
from quizgame.tools.cilium_dbg.model.modules import module_tree, modules_of
from quizgame.tools.cilium_dbg.model.status import status_model
from quizgame.tools.cilium_dbg.status_text import (
    Details,
    Entry,
    aligned,
    brief,
    is_ok,
    modules_summary,
    status_entries,
)
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, lines

UNREACHABLE = f'Get "http://localhost/v1/healthz": {SOCKET_PROBLEM}'


def _status(call: Call) -> Result:
    agent = call.agent
    if not agent.is_serving:
        down = (fact("component", cluster=call.cluster, node=agent.node, name="cilium", status="unreachable"),)
        if call.flags.is_on("brief"):
            return Result(stderr=lines("cilium: daemon unreachable\n", down), exit=1)
        return Result(stderr=lines(f"{UNREACHABLE}\nIs the agent running?\n", down), exit=1)
    model = status_model(agent)
    if not call.flags.is_on("require-k8s-connectivity") and model["kubernetes"]["state"] != "Ok":
        model["cilium"] = {**model["cilium"], "state": "Ok", "msg": model["cilium"]["msg"].partition("    ")[0]}
    health = health_model(call.context.session.world, agent)
    topics = StatusFacts(call.cluster, agent.node, model, health)
    if call.flags.is_on("brief"):
        text, is_failure = brief(model)
        shown = lines(f"{text}\n", topics.of("cilium"))
        return Result(stdout=shown, exit=1 if is_failure else 0)
    if call.flags.text("output"):
        call.only_json()
        return Result(stdout=as_json(api_json(model), topics.everything()))
    entries = status_entries(model, _details(call), agent.now_ns)
    if is_ok(model):
        everything = call.flags.is_on("verbose")
        entries += health_entries(
            health, shows_all=call.flags.is_on("all-nodes"), is_verbose=everything, marks_local=everything
        )
        entries += _modules(call, is_tree=everything or call.flags.is_on("all-health"))
    shown = [Line(entry.text, topics.of(entry.topic)) for entry in aligned(entries)]
    return Result(stdout=shown, exit=0 if is_ok(model) else 1)


def _details(call: Call) -> Details:
    def on(name: str) -> bool:
        return call.flags.is_on(name) or call.flags.is_on("verbose")

    return Details(
        on("all-addresses"), on("all-clusters"), on("all-controllers"), on("all-redirects"), call.flags.is_on("verbose")
    )


def _modules(call: Call, *, is_tree: bool) -> list[Entry]:
    modules = modules_of(call.agent)
    if not is_tree:
        return modules_summary(Counter(module.level for module in modules))
    tree = module_tree(modules)
    return [Entry(f"Modules Health:\t\t{tree[0]}"), *(Entry(f"\t\t{line}") for line in tree[1:]), Entry("\t\t")]


class StatusFacts:
    """What the lines of a status tell, by topic."""

    def __init__(self, cluster: str, node: str, model: Mapping[str, Any], health: Mapping[str, Any]) -> None:
        self._cluster, self._node = cluster, node
        self._known = {**self._subsystems(model), **self._meshed(model), **self._reached(health)}

    def of(self, topic: str) -> tuple[Fact, ...]:
        """The facts of one topic."""
        return self._known.get(topic, ())

    def everything(self) -> tuple[Fact, ...]:
        """All facts, each once."""
        return tuple(dict.fromkeys(known for each in self._known.values() for known in each))

    def _component(self, name: str, status: str, message: str = "") -> Fact:
        return fact(
            "component", cluster=self._cluster, node=self._node, name=name, status=status.lower(),
            message=message or None,
        )  # fmt: skip

    def _config(self, key: str, value: object) -> Fact:
        return fact("config", cluster=self._cluster, node=self._node, key=key, value=str(value).lower())

    def _subsystems(self, model: Mapping[str, Any]) -> dict[str, tuple[Fact, ...]]:
        cilium, kubernetes, hubble = model["cilium"], model["kubernetes"], model["hubble"]
        replacement = model["kube-proxy-replacement"]["mode"]
        routing, ipam = model["routing"], model["ipam"]["status"]
        failed = kubernetes["msg"] if kubernetes["state"] == "Failure" else ""
        failing = [
            (each["name"], self._component(
                f"controller {each['name'].partition(' (')[0]}", "failing", each["status"]["last-failure-msg"]
            ))
            for each in model["controllers"] if each["status"].get("consecutive-failure-count")
        ]  # fmt: skip
        return {
            "cilium": (self._component("cilium", cilium["state"], failed),),
            "kubernetes": (self._component("kubernetes", kubernetes["state"], failed),),
            "kube-proxy-replacement": (self._config("kube-proxy-replacement", replacement),),
            "routing": (self._config("routing-mode", routing["inter-host-routing-mode"]),),
            "masquerading": (self._config("masquerading", model["masquerading"].get("mode", "disabled")),),
            "encryption": (self._config("encryption", model["encryption"]["mode"]),),
            "hubble": (self._component("hubble", hubble["state"], hubble.get("msg", "")),),
            "cilium-health": (self._component("cilium-health", model["cluster"]["ciliumHealth"]["state"]),),
            "ipam": (
                fact("node", cluster=self._cluster, node=self._node, pod_cidr=ipam.partition(" from ")[2].strip(", "),
                     status=ipam.partition(" ")[2].partition(" ")[0]),
            ),
            "controllers": tuple(known for _, known in failing),
            **{f"controller:{name}": (known,) for name, known in failing},
        }  # fmt: skip

    def _meshed(self, model: Mapping[str, Any]) -> dict[str, tuple[Fact, ...]]:
        found = {}
        for each in model["cluster-mesh"]["clusters"]:
            status = "ready" if each["ready"] else "not-ready"
            message = None if each["ready"] else each["status"]
            found[f"mesh:{each['name']}"] = (
                fact("mesh", cluster=self._cluster, remote=each["name"], status=status, message=message),
            )
        return {**found, "cluster-mesh": tuple(known for each in found.values() for known in each)}

    def _reached(self, health: Mapping[str, Any]) -> dict[str, tuple[Fact, ...]]:
        lost = {
            f"health:{node['name']}": (self._component(f"health {node['name'].rpartition('/')[2]}", "unreachable"),)
            for node in health["nodes"] if not is_node_reached(node)
        }  # fmt: skip
        return {**lost, "health": tuple(known for each in lost.values() for known in each)}


COMMANDS = (
    Sub(
        "status", "status", "Show how the agent is", _status,
        lambda: [
            boolean("all-addresses", "List the allocated addresses"),
            boolean("all-clusters", "List every remote cluster"),
            boolean("all-controllers", "List every controller, failing or not"),
            boolean("all-health", "Show the health of every module"),
            boolean("all-nodes", "Show every node, reached or not"),
            boolean("all-redirects", "List the proxy redirects"),
            boolean("brief", "Print one line only"),
            string("output", "json| yaml| jsonpath='{}'", short="o"),
            boolean("require-k8s-connectivity", "Count a lost Kubernetes API server as a failure", default=True),
            duration("timeout", "How long to wait for the agent's answer", default=30 * SECOND),
            boolean("verbose", "Same as --all-addresses --all-controllers --all-nodes --all-redirects --all-health"),
        ],
    ),
)  # fmt: skip
