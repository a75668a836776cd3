"""Templates that read the state of a simulated cluster: ipcache, policy map, configuration, health, pod ranges."""

from __future__ import annotations

import json
from ipaddress import ip_network

from quizgame.cluster.appfaults import AppFault, AppState
from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.lab import NODES, WORKERS, namespace, nodes_of, plain_lab, pod, pool_lab
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, PORTS, SERVERS
from quizgame.game.quiz.templates.situation import Object, cnp, to_ports
from quizgame.policy.decision import Decision, MatchType
from quizgame.policy.model import Direction, Protocol

_COLUMNS = 72


def ipcache(dice: Dice) -> Draft | None:
    """Which pod's packets a node sends into a tunnel, by its ipcache."""
    home = dice.pick("namespace", NAMESPACES)
    names = dice.sample("names", SERVERS, 4)
    at = dice.pick("agent", WORKERS)
    peer = dice.pick("peer", [node for node in NODES if node != at])
    third = next(node for node in NODES if node not in (at, peer))
    wants_peer = dice.flip("asked")
    key_node, other_nodes = (peer, (at, third, at)) if wants_peer else (at, (peer, third, peer))
    placed = dict(zip(names, (key_node, *other_nodes), strict=True))
    lab = plain_lab()
    lab.apply([namespace(home), *(pod(home, f"{name}-0", {"app": name}, node=node) for name, node in placed.items())])
    agent_pod = lab.must(
        f"kubectl -n kube-system get pods -l k8s-app=cilium --field-selector spec.nodeName={at} "
        "-o jsonpath='{.items[0].metadata.name}'"
    ).text
    table = lab.must(f"kubectl -n kube-system exec {agent_pod} -- cilium-dbg bpf ipcache list").lines
    addresses = {name: lab.address(home, f"{name}-0") for name in names}
    nodes = {
        line.split()[0].removesuffix("/32"): line.split("tunnelendpoint=")[1].split()[0]
        for line in table
        if "tunnelendpoint=" in line
    }
    peer_ip = str(lab.world.cluster.api.get("nodes", peer)["status"]["addresses"][0]["address"])
    wanted = peer_ip if wants_peer else "0.0.0.0"
    rows = [line.rstrip() for line in table if line.split()[0].removesuffix("/32") in addresses.values()]

    def reason(endpoint: str) -> str:
        if endpoint == "0.0.0.0":
            return "Its row has no tunnel endpoint: the pod is on the agent's own node, and nothing is wrapped."
        return f"Its row names the tunnel endpoint {endpoint}: packets to it are wrapped and sent to that node."

    answers = tuple(
        Answer(f"`{address}`", nodes[address] == wanted, reason(nodes[address])) for address in addresses.values()
    )
    ask = (
        f"Packets to which address does this node wrap and send to the node {peer_ip}?"
        if wants_peer
        else "Which address belongs to a pod on this agent's own node?"
    )
    return Draft(
        stem=f"The cluster uses VXLAN. These rows are from `cilium-dbg bpf ipcache list` in an agent pod (cut). {ask}",
        truth=True,
        answers=answers,
        explanation="The ipcache maps each address to an identity and to the node behind which it is. A "
        "tunnel endpoint of 0.0.0.0 means that no tunnel is needed.",
        exhibit="\n".join(row.split(" flags=")[0] for row in rows),
    )


def policy_map(dice: Dice) -> Draft | None:
    """Which connection the rows of a policy map let in."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    first, second, third = dice.sample("clients", CLIENTS, 3)
    port, other = dice.sample("ports", PORTS, 2)

    def peer(name: str) -> Object:
        return {"fromEndpoints": [{"matchLabels": {"app": name}}]}

    sections: Object = dice.pick(
        "sections",
        [
            {"ingress": [{**peer(first), "toPorts": [to_ports(port)]}, {**peer(second), "toPorts": [to_ports(other)]}]},
            {"ingress": [peer(first), {"toPorts": [to_ports(port)]}], "ingressDeny": [peer(second)]},
            {"ingress": [{"toPorts": [to_ports(port)]}], "ingressDeny": [{**peer(third), "toPorts": [to_ports(port)]}]},
            {"ingress": [peer(first)], "ingressDeny": [{**peer(first), "toPorts": [to_ports(port)]}]},
        ],
    )
    lab = plain_lab()
    lab.apply(
        [
            namespace(home), pod(home, f"{server}-0", {"app": server}, node=WORKERS[0]),
            *(pod(home, f"{name}-0", {"app": name}, node=WORKERS[1]) for name in (first, second, third)),
            cnp(f"{server}-in", home, {"app": server}, **sections),
        ]
    )  # fmt: skip
    agent = lab.agent(WORKERS[0])
    endpoints = {
        name: int(lab.must(f"kubectl -n {home} get cep {name}-0 -o jsonpath='{{.status.{field}}}'").text)
        for name, field in ((server, "id"), (first, "identity.id"), (second, "identity.id"), (third, "identity.id"))
    }
    agent_pod = lab.must(
        f"kubectl -n kube-system get pods -l k8s-app=cilium --field-selector spec.nodeName={WORKERS[0]} "
        "-o jsonpath='{.items[0].metadata.name}'"
    ).text
    table = lab.must(
        f"kubectl -n kube-system exec {agent_pod} -- cilium-dbg bpf policy get {endpoints[server]} -n"
    ).lines
    rows = [line[:_COLUMNS].rstrip() for line in table if line[:6].strip() in ("POLICY", "Allow", "Deny")]
    own = int(lab.must(f"kubectl -n {home} get cep {server}-0 -o jsonpath='{{.status.identity.id}}'").text)
    policy = agent.repository.endpoint_policy(own)
    flows = [(endpoints[name], number) for name in (first, second, third) for number in (port, other)]
    found = {flow: policy.lookup(Direction.INGRESS, flow[0], flow[1], Protocol.TCP) for flow in flows}
    fates = {flow: decision.allowed for flow, decision in found.items()}
    truths = [
        truth for truth in (True, False) if truth in fates.values() and list(fates.values()).count(not truth) >= 3
    ]
    if not truths:
        return None
    truth = dice.pick("asked", truths)
    key = dice.pick("key", [flow for flow in flows if fates[flow] is truth])
    answers = tuple(
        Answer(f"From identity {identity} to TCP port {number}", is_allowed, _row_reason(found[identity, number]))
        for (identity, number), is_allowed in fates.items()
        if is_allowed is not truth or (identity, number) == key
    )
    ask = f"Which connection into the endpoint do they {'allow' if truth else '**not** allow'}?"
    return Draft(
        stem=f"These rows are from `cilium-dbg bpf policy get {endpoints[server]} -n` (cut on the right). {ask}",
        truth=truth,
        answers=answers,
        explanation="A row matches by direction, identity and port, where 0 or ANY stands for all. A deny "
        "that matches wins, and where no row matches the packet is dropped.",
        exhibit="\n".join(rows),
    )


def _row_reason(decision: Decision) -> str:
    if decision.allowed:
        return "An Allow row matches its direction, identity and port, and no Deny row does."
    if decision.match is MatchType.NONE:
        return "No row matches its identity and port together, and what no row matches is dropped."
    return "A Deny row matches it, whatever the Allow rows say."


_SETTINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("enable-policy", ("always", "never")),
    ("debug", ("true",)),
    ("policy-audit-mode", ("true",)),
    ("monitor-aggregation", ("none", "low", "maximum")),
    ("bpf-lb-algorithm", ("maglev",)),
    ("hubble-event-buffer-capacity", ("1023", "8191", "16383", "32767")),
    ("mtu", ("1400", "1420", "1450", "8900")),
    ("tunnel-protocol", ("geneve",)),
)
"""Keys of the ConfigMap with values that differ from those of a fresh cluster."""


def config_change(dice: Dice) -> Draft | None:
    """On which nodes a changed key of the ConfigMap is in force."""
    key, values = dice.pick("setting", _SETTINGS)
    value = dice.pick("value", values)
    nodes = nodes_of(dice.between("workers", 2, 4))
    restarted = frozenset(dice.sample("restarted", nodes, dice.between("how many", 0, len(nodes))))
    operator_too = dice.flip("operator")
    lab = plain_lab(len(nodes) - 1)
    lab.must(f"cilium config set {key} {value} --restart=false")
    for node in sorted(restarted):
        lab.must(f"kubectl -n kube-system delete pod -l k8s-app=cilium --field-selector spec.nodeName={node}")
    if operator_too:
        lab.must("kubectl -n kube-system rollout restart deployment/cilium-operator")
    lab.wait(90)
    truth = frozenset(node for node in nodes if lab.agent(node).config.get(key) == value)
    guesses = [frozenset[str](), frozenset(nodes), frozenset(nodes) - truth]
    guesses += [truth ^ {node} for node in nodes]
    done = [f"$ cilium config set {key} {value} --restart=false"]
    done += [
        f"$ kubectl -n kube-system delete pod -l k8s-app=cilium \\\n    --field-selector spec.nodeName={node}"
        for node in sorted(restarted)
    ]
    done += ["$ kubectl -n kube-system rollout restart deployment/cilium-operator"] if operator_too else []

    def reason(said: frozenset[str]) -> str:
        if said == truth:
            return "Those are the nodes whose agent started after the change."
        late = sorted(said - truth)
        if late:
            return f"The agent of `{late[0]}` has not been restarted and goes on with the old value."
        return f"The agent of `{min(truth - said)}` started after the change and has read the new value."

    answers = tuple(
        Answer(_nodes_text(said, len(nodes)), said, reason(said)) for said in dict.fromkeys([truth, *guesses])
    )
    return Draft(
        stem=f"The cluster has nodes {', '.join(f'`{node}`' for node in nodes)}. These commands are run, and the pods "
        f"they concern are ready again. On which nodes is `{key}: {value}` in force in the agent?",
        truth=truth,
        answers=answers,
        explanation="Agents read `cilium-config` when they start. Changing the ConfigMap alone changes no agent that "
        "runs, and restarting the operator restarts no agent.",
        exhibit="\n".join(done),
    )


def _nodes_text(nodes: frozenset[str], of: int) -> str:
    if not nodes:
        return "On none of the nodes so far"
    if len(nodes) == of:
        return "On each of the nodes"
    shown = [f"`{node}`" for node in sorted(nodes)]
    return f"On {', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else f"On {shown[0]} alone"


_PARTS = (
    ("cilium-operator", "io.cilium/app", "operator", "the operator"),
    ("hubble-relay", "k8s-app", "hubble-relay", "Hubble Relay"),
    ("cilium-envoy", "k8s-app", "cilium-envoy", "the Envoy of each node"),
    ("cilium", "k8s-app", "cilium", "the agent of each node"),
)
_LOST = {
    "cilium-operator": "New identities are collected no more and new nodes get no pod range",
    "hubble-relay": "`hubble observe` through Relay shows no flows of the cluster",
    "cilium-envoy": "Requests that an HTTP rule sends to the proxy get no answer",
    "cilium": "New pods cannot be set up, and policy changes wait on all nodes",
}


def status_reading(dice: Dice) -> Draft | None:
    """What an output of ``cilium status`` tells."""
    broken = dice.pick("broken", _PARTS)
    state = dice.pick("state", (AppState.NOT_READY, AppState.CRASHES, AppState.NO_IMAGE))
    second = dice.pick("second", [None, *(part for part in _PARTS if part is not broken)])
    lab = plain_lab(dice.between("workers", 1, 6))
    home, name = dice.pick("namespace", NAMESPACES), dice.pick("name", SERVERS)
    lab.apply([namespace(home), *(pod(home, f"{name}-{n}", {"app": name}) for n in range(dice.between("pods", 0, 40)))])
    down = [broken] if second is None else [broken, second]
    lab.break_apps([AppFault("kube-system", state, labels=((part[1], part[2]),)) for part in down])
    shown = [line[:_COLUMNS].rstrip() for line in lab.run("cilium status").lines]
    rows = [line for line in shown if line.startswith(("DaemonSet", "Deployment")) or "Cluster Pods" in line]
    head = shown[: next((index for index, line in enumerate(shown) if not line.strip()), 6)]
    truth = frozenset(
        part[0]
        for part in _PARTS
        if _is_down(lab.run(f"kubectl -n kube-system get {_kind(part[0])} -o json").text, part[0])
    )
    if truth != frozenset(part[0] for part in down):
        return None
    groups = [frozenset([part[0]]) for part in _PARTS]
    groups += [frozenset([one[0], two[0]]) for one in _PARTS for two in _PARTS if one[0] < two[0]]
    groups.append(frozenset())
    sized = [group for group in groups if len(group) == len(truth)]
    chosen = sized if len(sized) >= 4 else groups
    answers = tuple(
        Answer(
            _down_text(group), group,
            "The rows of the workloads say so: ready counts below the desired ones." if group == truth
            else f"By the rows of the workloads {_uncapital(_down_text(truth))}.",
        )
        for group in chosen
    )  # fmt: skip
    consequence = ". ".join(_LOST[name] for name in sorted(truth))
    return Draft(
        stem="This is the beginning of an output of `cilium status`. What does it tell?",
        truth=truth,
        answers=answers,
        explanation="The head sums the components up, the rows below count desired, ready and unavailable "
        f"pods of each workload. What is missed meanwhile: {consequence}.",
        exhibit="\n".join([*head, "", *rows]),
    )


def _kind(name: str) -> str:
    return "daemonset" if name in ("cilium", "cilium-envoy") else "deployment"


def _is_down(listed: str, name: str) -> bool:
    for item in json.loads(listed)["items"]:
        if item["metadata"]["name"] == name:
            status = item.get("status") or {}
            wanted = status.get("desiredNumberScheduled", (item.get("spec") or {}).get("replicas", 1))
            return int(status.get("numberReady", status.get("readyReplicas", 0)) or 0) < int(wanted)
    return True


def _down_text(group: frozenset[str]) -> str:
    titles = [title for name, _, _, title in _PARTS if name in group]
    if not titles:
        return "All components are ready"
    text = " and ".join(titles)
    return f"{text[0].upper()}{text[1:]} {'is' if len(titles) == 1 else 'are'} not ready"


def _uncapital(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def pod_ranges(dice: Dice) -> Draft | None:
    """How many nodes get a pod range from a pool."""
    workers = dice.between("workers", 2, 5)
    bits = dice.pick("pool", (22, 23, 24, 25, 26))
    mask = bits + dice.pick("more bits", (1, 2, 3))
    pool = f"10.{dice.between('second', 1, 200)}.{dice.between('third', 0, 60) * 4}.0/{bits}"
    lab = pool_lab(pool, mask, workers)
    lab.wait()
    nodes = workers + 1
    listed = lab.must("kubectl get ciliumnodes -o jsonpath='{range .items[*]}{.spec.ipam.podCIDRs}{\"\\n\"}{end}'").text
    truth = sum(1 for line in listed.split("\n") if "/" in line)
    blocks = 1 << (mask - bits)
    size = ip_network(f"10.0.0.0/{mask}").num_addresses
    guesses = {
        nodes: "Every node wants a range, but the pool holds no more blocks than its size allows.",
        blocks - 1: "No block of the pool is set aside; each can go to a node.",
        blocks * 2: "One bit too many: each further bit of the mask halves the block.",
        blocks + 1: "The pool has one block less than that.",
        blocks: "That is how many blocks the pool holds; each node takes one, and there may be fewer nodes.",
        max(nodes - 1, 1): "The control plane gets a range too.",
        nodes + 1: "There are fewer nodes than that.",
        1: "The pool is divided: each node gets a block of the mask size, not the whole pool.",
    }
    why = f"A /{bits} holds {blocks} blocks of /{mask} with {size} addresses each, and {nodes} nodes ask for one."
    answers = tuple(
        Answer(f"{count} node{'' if count == 1 else 's'}", count, why if count == truth else reason)
        for count, reason in guesses.items()
        if count > 0
    )
    return Draft(
        stem=f"A cluster in IPAM mode `cluster-pool` has one control-plane node and {workers} workers. How "
        "many of its nodes get a pod range with these settings?",
        truth=truth,
        answers=answers,
        explanation=f"{why} The operator hands blocks out until the pool is empty; nodes without one start no "
        "pods until the pool grows.",
        exhibit=f"ipam: cluster-pool\ncluster-pool-ipv4-cidr: {pool}\ncluster-pool-ipv4-mask-size: {mask}",
    )
