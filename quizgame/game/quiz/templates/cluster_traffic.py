"""Templates whose traffic flows in a simulated cluster: what clients see, what Hubble prints, which backends answer."""

from __future__ import annotations

from collections.abc import Mapping

from quizgame.game.quiz.templates.compact import manifests_text
from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.lab import MESH, NODES, WORKERS, mesh_lab, namespace, plain_lab, pod, service
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, PORTS, RESOURCES, SERVERS, TIERS
from quizgame.game.quiz.templates.situation import Object, cnp, to_ports

_EXITS: Mapping[int, str] = {
    0: "It ends at once with exit status 0 and an answer",
    6: "It ends with exit status 6: the name is not resolved",
    7: "It ends at once with exit status 7: it is refused",
    22: "It ends at once with exit status 22: an HTTP error",
    28: "It ends with exit status 28 after the time limit",
}
_EXIT_MEANS: Mapping[int, str] = {
    0: "Status 0 needs a connection that policy allows, a listener, and a request that no proxy refuses.",
    6: "Status 6 is a failed look-up of the name, before any connection to the server.",
    7: "Status 7 is an active refusal, as by a reset from a pod in which nothing listens on the port.",
    22: "Status 22 comes from `-f` and an HTTP status of 400 or more, as the proxy's 403.",
    28: "Status 28 is a timeout: packets vanish, as policy drops do by default.",
}


def client_sees(dice: Dice) -> Draft | None:
    """How a request of curl ends."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    client, other = dice.sample("clients", CLIENTS, 2)
    port, wrong = dice.sample("ports", PORTS, 2)
    resource, second = dice.sample("resources", RESOURCES, 2)
    peer: Object = {"fromEndpoints": [{"matchLabels": {"app": dice.pick("peer", (client, client, other))}}]}
    rules = {"http": [{"method": "GET", "path": f"/{resource}"}]} if dice.flip("http") else None
    ports = [to_ports(port, rules=rules)] if rules or dice.flip("ports") else None
    policy = cnp(f"{server}-in", home, {"app": server}, ingress=[{**peer, **({"toPorts": ports} if ports else {})}])
    lab = plain_lab()
    lab.apply(
        [
            namespace(home), pod(home, f"{server}-0", {"app": server}, node=WORKERS[0], ports=[port]),
            pod(home, f"{client}-0", {"app": client}, node=dice.pick("node", WORKERS)),
            service(home, server, {"app": server}, port, port), policy,
        ]
    )  # fmt: skip
    address = lab.address(home, f"{server}-0")
    asked = dice.pick(
        "asked",
        [
            f"http://{server}:{port}/{resource}", f"http://{server}:{port}/{second}", f"http://{address}:{wrong}/",
            f"http://{server}.{other}:{port}/{resource}", f"http://{address}:{port}/{resource}",
        ],
    )  # fmt: skip
    command = f"curl -sS -f -o /dev/null --max-time 3 {asked}"
    status = lab.run(f"kubectl -n {home} exec {client}-0 -- {command}").exit
    if status not in _EXITS:
        return None
    answers = tuple(
        Answer(text, code, _EXIT_MEANS[code] if code == status else f"Not here. {_EXIT_MEANS[code]}")
        for code, text in _EXITS.items()
    )
    about = (
        f"# pod {home}/{server}-0  app={server}  {address}  serves HTTP on port {port}\n"
        f"# pod {home}/{client}-0  app={client}\n"
        f"# service {home}/{server}  port {port}, selects app={server}"
    )
    return Draft(
        stem=f"This is the only policy. In pod `{client}-0` somebody runs `{command}`. How does it end?",
        truth=status,
        answers=answers,
        explanation=f"{_EXIT_MEANS[status]} The end of a connection tells where to look: a name, a policy, a "
        "listener or an L7 rule.",
        exhibit=f"{about}\n{manifests_text([policy])}",
    )


def hubble_filter(dice: Dice) -> Draft | None:
    """Which line of Hubble's flows a filter lets through."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    first, second = dice.sample("clients", CLIENTS, 2)
    port = dice.pick("port", PORTS)
    rule: Object = {"fromEndpoints": [{"matchLabels": {"app": first}}], "toPorts": [to_ports(port)]}
    lab = plain_lab()
    lab.apply(
        [
            namespace(home), pod(home, f"{server}-0", {"app": server}, node=WORKERS[0], ports=[port]),
            *(pod(home, f"{name}-0", {"app": name}, node=WORKERS[1]) for name in (first, second)),
            service(home, server, {"app": server}, port, port),
            cnp(f"{server}-in", home, {"app": server}, ingress=[rule]),
        ]
    )  # fmt: skip
    for name in (first, second):
        lab.run(f"kubectl -n {home} exec {name}-0 -- curl -sS --max-time 2 http://{server}:{port}/")
    flags, asks_for = dice.pick(
        "flags",
        [
            ("--verdict DROPPED", "flows that were dropped"),
            ("--verdict FORWARDED", "flows that were forwarded"),
            (f"--from-pod {home}/{first}-0", f"flows whose packets {first}-0 sent"),
            (f"--to-pod {home}/{server}-0", f"flows whose packets go to {server}-0"),
            (f"--pod {home}/{second}-0", f"flows from or to {second}-0"),
            (f"--to-port {port}", f"packets to port {port}, so no replies"),
            ("--protocol udp", "flows over UDP"),
            ("--type policy-verdict", "verdicts of policy"),
            (f"--from-pod {home}/{second}-0 --protocol tcp", f"TCP packets that {second}-0 sent"),
            (f"--not --to-pod {home}/{server}-0", f"flows whose packets do not go to {server}-0"),
            (f"--from-label app={first}", f"flows whose packets were sent by pods with app={first}"),
            (f"--to-label app={server} --verdict DROPPED", f"dropped flows to pods with app={server}"),
        ],
    )
    every = [_without_time(line) for line in lab.must("hubble observe --last 800").lines if f" {home}/" in line]
    kept = {_without_time(line) for line in lab.must(f"hubble observe --last 800 {flags}").lines}
    lines = [line for line in dict.fromkeys(every) if "TRACED" not in line and "TRANSLATED" not in line]
    truths = [
        truth
        for truth in (True, False)
        if any((line in kept) is truth for line in lines) and sum((line in kept) is not truth for line in lines) >= 3
    ]
    if not truths:
        return None
    truth = dice.pick("asked", truths)
    key = dice.pick("key", [line for line in lines if (line in kept) is truth])
    answers = tuple(
        Answer(
            f"`{line}`",
            line in kept,
            f"The filter asks for {asks_for}, and this {'is' if line in kept else 'is not'} one.",
        )
        for line in lines
        if (line in kept) is not truth or line == key
    )
    ask = "prints" if truth else "leaves out"
    return Draft(
        stem="These lines are from `hubble observe` (times cut). Which of them is one that "
        f"`hubble observe {flags}` {ask}?",
        truth=truth,
        answers=answers,
        explanation="Different filters must all match, values of one filter are alternatives, and what stands after "
        "`--not` is excluded. `->` and `<-` show the direction of the connection; a reply's source is the server.",
    )


def _without_time(line: str) -> str:
    """A compact line without its time stamp."""
    return line.split(": ", 1)[-1]


def service_backends(dice: Dice) -> Draft | None:
    """Which backends the agent lists for a service."""
    home, other = dice.sample("namespaces", NAMESPACES, 2)
    name, stranger = dice.sample("names", SERVERS, 2)
    tier, second = dice.sample("tiers", TIERS, 2)
    port, target = dice.sample("ports", PORTS, 2)
    selector = dice.pick("selector", [{"app": name}, {"app": name, "tier": tier}, {"tier": tier}])
    pods = [
        pod(where, f"pod-{letter}", labels, node=dice.pick(letter, NODES), ports=[target])
        for letter, where, labels in (
            ("a", home, {"app": name, "tier": tier}), ("b", home, {"app": name, "tier": second}),
            ("c", home, {"app": stranger, "tier": tier}), ("d", other, {"app": name, "tier": tier}),
            ("e", home, {"app": name, "tier": tier}),
        )
    ]  # fmt: skip
    lab = plain_lab()
    lab.apply([namespace(home), namespace(other), *pods, service(home, name, selector, port, target)])
    cluster_ip = lab.must(f"kubectl -n {home} get service {name} -o jsonpath='{{.spec.clusterIP}}'").text
    listed = lab.must(f"kubectl -n kube-system exec ds/cilium -- cilium-dbg service list | grep -A4 '{cluster_ip}:'")
    where = {
        (each["metadata"]["namespace"], each["metadata"]["name"]): lab.address(
            each["metadata"]["namespace"], each["metadata"]["name"]
        )
        for each in pods
    }
    letters = {letter for (_, full), address in where.items() if f"{address}:" in listed.text for letter in full[-1:]}
    truth = frozenset(letters)
    sets = [
        (frozenset("abe"), "That is every pod of the namespace with this `app`, whatever else the selector asks for."),
        (frozenset("abde"), "Services select pods of their own namespace alone."),
        (frozenset("ae"), "These are the pods that have both labels."),
        (frozenset("ade"), "Services select pods of their own namespace alone."),
        (frozenset("ace"), "These are the pods of the namespace with this `tier`."),
        (frozenset("abce"), "Labels of a selector are not alternatives: all of them must match."),
        (frozenset("acde"), "Services select pods of their own namespace alone."),
    ]
    answers = tuple(
        Answer(
            ", ".join(f"`pod-{letter}`" for letter in sorted(members)), members,
            "The agent lists exactly these addresses behind the service." if members == truth else reason,
        )
        for members, reason in sets
    )  # fmt: skip
    labels = {each["metadata"]["name"]: each["metadata"]["labels"] for each in pods}
    shown = [
        f"{space:9} {full}  app={labels[full]['app']},tier={labels[full]['tier']}" for space, full in sorted(where)
    ]
    return Draft(
        stem="All pods are ready. Which pods are backends of the service in `cilium-dbg service list`?",
        truth=truth,
        answers=answers,
        explanation="The endpoints controller puts ready pods of the service's namespace that carry all of "
        f"the selector's labels into EndpointSlices; agents load those. Clients use port {port}, backends are "
        f"listed with port {target}.",
        exhibit="\n".join([*shown, "---", manifests_text([service(home, name, selector, port, target)])]),
    )


def global_service(dice: Dice) -> Draft | None:
    """Which clusters' pods stand behind a service of a mesh, seen from one cluster."""
    home, name, port = dice.pick("namespace", NAMESPACES), dice.pick("name", SERVERS), dice.pick("port", PORTS)
    lab = mesh_lab()
    prefix = "service.cilium.io"
    settings: dict[str, dict[str, str]] = {}
    pods: dict[str, int] = {}
    for context in MESH:
        settings[context] = dict(
            dice.pick(
                f"annotations of {context}",
                [
                    {f"{prefix}/global": "true"}, {f"{prefix}/global": "true", f"{prefix}/shared": "false"},
                    {f"{prefix}/global": "true", f"{prefix}/affinity": "remote"}, {},
                    {f"{prefix}/global": "true", f"{prefix}/affinity": "local"},
                ],
            )
        )  # fmt: skip
        pods[context] = dice.pick(f"pods of {context}", (0, 1, 2, 2))
        objects = [namespace(home), service(home, name, {"app": name}, port, port, settings[context])]
        objects += [pod(home, f"{name}-{number}", {"app": name}, ports=[port]) for number in range(pods[context])]
        lab.apply(objects, context)
    if not any(pods.values()):
        return None
    lab.wait(30)
    cluster_ip = lab.must(f"kubectl -n {home} get service {name} -o jsonpath='{{.spec.clusterIP}}'").text
    listed = lab.must(
        f"kubectl -n kube-system exec ds/cilium -- cilium-dbg service list | grep -A6 '{cluster_ip}:'"
    ).text
    behind = _backends(listed, cluster_ip)
    truth = any(each.startswith("10.10.") for each in behind), any(each.startswith("10.11.") for each in behind)
    texts = {
        (True, False): "Pods of `cluster-a` alone",
        (False, True): "Pods of `cluster-b` alone",
        (True, True): "Pods of both clusters",
        (False, False): "No pods of either cluster",
    }
    facts = "; ".join(
        f"in `{context.removeprefix('kind-')}` {pods[context]} ready pods and "
        f"{_annotations_text(settings[context])}" for context in MESH
    )  # fmt: skip
    reason = f"Agents of `cluster-a` list {len(behind)} backend{'' if len(behind) == 1 else 's'} for it."
    answers = tuple(
        Answer(text, value, reason if value == truth else _mesh_misreading(value, truth))
        for value, text in texts.items()
    )
    shown = [
        line
        for context in MESH
        for line in (
            f"# {context.removeprefix('kind-')}: {pods[context]} ready pods with app={name}; service {home}/{name}:",
            *(f"#   {key}: {value!r}" for key, value in settings[context].items()),
            *(("#   no annotations",) if not settings[context] else ()),
        )
    ]
    return Draft(
        stem=f"`cluster-a` and `cluster-b` form a mesh. Both have the service `{name}` in namespace `{home}`. "
        "Which pods are in the list of backends that agents of `cluster-a` hold for it?",
        truth=truth,
        answers=answers,
        explanation="Backends of another cluster are added where the local service is global and the remote "
        f"one is global and shared. Affinity only says which of them are preferred. Here {facts}.",
        exhibit="\n".join(shown),
    )


def _annotations_text(annotations: Mapping[str, str]) -> str:
    return ", ".join(f"`{key.rpartition('/')[2]}: {value}`" for key, value in annotations.items()) or "no annotation"


def _mesh_misreading(said: tuple[bool, bool], truth: tuple[bool, bool]) -> str:
    wrong = [
        f"pods of `cluster-{letter}` {'are' if is_there else 'are not'} in the list"
        for letter, claimed, is_there in zip("ab", said, truth, strict=True)
        if claimed != is_there
    ]
    return f"In fact {' and '.join(wrong)}."


def _backends(listed: str, cluster_ip: str) -> list[str]:
    """The addresses behind the first front end with this address."""
    found: list[str] = []
    for number, line in enumerate(listed.split("\n")):
        if number and line[:1].isdigit():
            break
        _, arrow, rest = line.partition("=> ")
        if arrow:
            found.append(rest.split()[0])
    return found if cluster_ip in listed else []
