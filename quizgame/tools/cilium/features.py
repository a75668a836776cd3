"""``cilium features status``. Source: reference cilium-cli, section 11; golden ``features-status`` (names)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.objects import dig
from quizgame.goflags.durations import MINUTE
from quizgame.goflags.flagset import Flag, boolean, duration, string
from quizgame.goflags.tabwriter import align
from quizgame.tools.cilium.agents import agent_pods
from quizgame.tools.cilium.call import BareFailure, Call, NotSimulated, Sub
from quizgame.tools.cilium.output import check_output, json_lines
from quizgame.tools.cilium.release import has_kube_proxy
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line

_LOAD_BALANCING = "cilium_feature_adv_connect_and_lb_"
_SWITCHES = {
    # Metric → the key of the agent's configuration that turns the feature on.
    f"{_LOAD_BALANCING}bandwidth_manager_enabled": "enable-bandwidth-manager",
    f"{_LOAD_BALANCING}bgp_enabled": "enable-bgp-control-plane",
    f"{_LOAD_BALANCING}cilium_envoy_config_enabled": "enable-envoy-config",
    f"{_LOAD_BALANCING}cilium_node_config_enabled": "enable-node-config",
    f"{_LOAD_BALANCING}egress_gateway_enabled": "enable-egress-gateway",
    f"{_LOAD_BALANCING}kube_proxy_replacement_enabled": "kube-proxy-replacement",
    f"{_LOAD_BALANCING}l2_lb_enabled": "enable-l2-announcements",
    f"{_LOAD_BALANCING}l2_pod_announcement_enabled": "enable-l2-pod-announcements",
    f"{_LOAD_BALANCING}sctp_enabled": "enable-sctp",
    f"{_LOAD_BALANCING}vtep_enabled": "enable-vtep",
    "cilium_feature_controlplane_cilium_endpoint_slices_enabled": "enable-cilium-endpoint-slice",
    "cilium_feature_network_policies_host_firewall_enabled": "enable-host-firewall",
    "cilium_feature_network_policies_local_redirect_policy_enabled": "enable-local-redirect-policy",
    "cilium_feature_network_policies_mutual_auth_enabled": "mesh-auth-enabled",
    "cilium_feature_network_policies_non_defaultdeny_policies_enabled": "enable-non-default-deny-policies",
}
_OPERATOR = {
    "gateway_api_enabled": "enable-gateway-api",
    "ingress_controller_enabled": "enable-ingress-controller",
    "l7_aware_traffic_management_enabled": "loadbalancer-l7",
    "lb_ipam_enabled": "enable-lb-ipam",
    "node_ipam_enabled": "enable-node-ipam",
}
_HEADINGS = ("Cluster-wide Component Detection", "Cilium Operators", "Cilium Agents")


@dataclass(frozen=True, slots=True)
class Metric:
    """One feature and its value on each node."""

    name: str
    labels: str
    values: Mapping[str, str]
    """Node → value."""

    @property
    def is_uniform(self) -> bool:
        """Whether it is the same everywhere."""
        return len(set(self.values.values())) <= 1


def _agent_metrics(agents: Sequence[Agent]) -> list[Metric]:
    by_key: dict[tuple[str, str], dict[str, str]] = {}
    for agent in agents:
        config = agent.config
        network = f"overlay-{config.tunnel_protocol}" if config.is_tunnel else "direct-routing"
        modes = {
            ("cilium_feature_controlplane_identity_allocation",
             f"mode={config.get('identity-allocation-mode', 'crd')}"): "1",
            ("cilium_feature_controlplane_ipam", f"mode={config.ipam}"): "1",
            ("cilium_feature_datapath_config", f"mode={config.get('datapath-mode', 'veth')}"): "1",
            ("cilium_feature_datapath_internet_protocol", "address_family=ipv4-only"): "1",
            ("cilium_feature_datapath_network", f"mode={network}"): "1",
        }  # fmt: skip
        values = {(name, ""): "1" if config.is_on(key) else "0" for name, key in _SWITCHES.items()}
        for metric, value in {**values, **modes}.items():
            by_key.setdefault(metric, {})[agent.node] = value
    nodes = [agent.node for agent in agents]
    return [
        Metric(name, labels, {node: values.get(node, "0") for node in nodes})
        for (name, labels), values in sorted(by_key.items())
    ]


def _tables(call: Call) -> list[tuple[str, list[str], list[Metric]]]:
    wide = [
        Metric("kube_proxy_enabled", "", {"cluster-wide": str(int(has_kube_proxy(call)))}),
        Metric("node_local_dns", "", {"cluster-wide": "0"}),
        Metric("openshift_enabled", "", {"cluster-wide": "0"}),
    ]
    operators = [
        str(dig(pod, "spec", "nodeName", default=""))
        for pod in call.api.list("pods", call.namespace, label_selector=call.flags.text("operator-pod-selector"))
        if dig(pod, "status", "phase") == "Running"
        and call.flags.text("operator-node") in ("", pod["spec"]["nodeName"])
    ]
    config = call.cluster.config
    operator = [
        Metric(f"cilium_operator_feature_adv_connect_and_lb_{name}", "",
               dict.fromkeys(operators, str(int(config.get(key, "false") == "true"))))
        for name, key in _OPERATOR.items()
    ] if operators else []  # fmt: skip
    agents = [agent for _, agent in agent_pods(call) if agent.is_serving]
    own = _agent_metrics(agents) if agents else []
    shown = (["cluster-wide"], operators, [agent.node for agent in agents])
    return list(zip(_HEADINGS, shown, (wide, operator, own), strict=True))


_FORMATS = ("tab", "markdown", "json")


def _facts(call: Call, metric: Metric) -> tuple[Fact, ...]:
    return tuple(
        fact("config", cluster=call.context, node=None if node == "cluster-wide" else node, key=metric.name,
             value=metric.labels.partition("=")[2] or value)
        for node, value in metric.values.items()
    )  # fmt: skip


def _status(call: Call) -> None:
    form = check_output(call, _FORMATS)
    tables = _tables(call)
    if form == "json":
        shown = {
            heading: [{"name": each.name, "labels": each.labels, "values": dict(each.values)} for each in metrics]
            for heading, _, metrics in tables
        }
        call.show(
            json_lines(shown, 1, tuple(known for _, _, ms in tables for each in ms for known in _facts(call, each)))
        )
        return
    for number, (heading, nodes, metrics) in enumerate(tables):
        if number:
            call.say()
        rows = [["Uniform", "Name", "Labels", *nodes]]
        rows += [
            ["Yes" if each.is_uniform else "No", each.name, each.labels, *(each.values[node] for node in nodes)]
            for each in metrics
        ]
        known: list[tuple[Fact, ...]] = [(), *(_facts(call, each) for each in metrics)]
        if form == "markdown":
            call.say(f"## {heading}\n")
            lines = ["| " + " | ".join(row) + " |" for row in rows]
            lines.insert(1, "|" + "-|" * len(rows[0]))
            known.insert(1, ())
        else:
            call.say(heading)
            lines = align([[*row, ""] for row in rows], min_width=0, tab_width=0, padding=2).rstrip("\n").split("\n")
        call.show([Line(text, told) for text, told in zip(lines, known, strict=True)])


def _status_flags() -> list[Flag]:
    return [
        string("agent-pod-selector", "Label of the agents' pods", default="k8s-app=cilium"),
        string("node", "Ask this node's agent alone"),
        string("operator-container-command", "Name of the operator's program"),
        string("operator-node", "Ask the operator on this node alone"),
        string("operator-pod-selector", "Label of the operator's pods", default="io.cilium/app=operator"),
        string("output", "Output format. One of: tab, markdown, json", short="o", default="tab", choices=_FORMATS),
        string("output-file", "File to write to", default="-"),
        duration("wait-duration", "How long to wait at most, default 1 minute", default=MINUTE),
    ]


def _summary(call: Call) -> None:
    if not call.flags.text("commit"):
        raise BareFailure("commit flag is not set")
    raise NotSimulated("cilium features summary")


COMMANDS = (
    Sub("features status", "status", "Show which features are on", _status, _status_flags,
        long="Shows the features that are on, node by node.",
        refused_flags=frozenset(("operator-container-command", "output-file"))),
    Sub("features summary", "summary", "Sum up the features of a CI run", _summary, lambda: [
        boolean("anchor", "Add an anchor to the Markdown", short="a"),
        string("commit", "Commit of the CI run", short="c"),
        string("metrics-directory", "Folder of the metrics", default="ci-features-metrics"),
        string("output", "Output format. One of: markdown", short="o", default="markdown"),
        string("output-file", "File to write to", default="-"),
        string("repo", "Repository of the CI run", short="r", default="cilium/cilium"),
    ], long="Fetches the metrics of a CI run and sums them up.", is_refused=True),
)  # fmt: skip
