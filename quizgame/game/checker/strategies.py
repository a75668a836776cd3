"""Naive strategies: what somebody types who does not understand. None of them may come near to passing.

Each strategy is a row of a table: a function from a stage to attempts, each a list of lines. They are written against
the world of the stage, so that they hit what is really there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from quizgame.cluster.objects import name_of, namespace_of
from quizgame.cluster.world import Cluster
from quizgame.content.scenario.parts import Probe, WorkloadName
from quizgame.content.scenario.steps import DiagnosisStep
from quizgame.game.scenario.stage import Stage

Lines = list[str]
Strategy = Callable[[Stage], Iterable[Lines]]

READ_KINDS = (
    "nodes", "namespaces", "pods", "deployments", "daemonsets", "replicasets", "services", "endpointslices",
    "configmaps", "secrets", "serviceaccounts", "networkpolicies", "ciliumnetworkpolicies",
    "ciliumclusterwidenetworkpolicies", "ciliumendpoints", "ciliumidentities", "ciliumnodes", "events",
)  # fmt: skip
HUBBLE_READS = (
    "hubble status",
    "hubble list nodes",
    "hubble observe --last 1000",
    "hubble observe --verdict DROPPED --last 1000",
    "hubble observe --protocol http --last 1000",
    "hubble observe --type l7 --last 1000",
    "hubble observe --type policy-verdict --last 1000",
    "hubble observe --last 1000 -o jsonpb",
)
AGENT_READS = (
    "status --verbose", "endpoint list", "identity list", "policy get", "policy selectors", "bpf policy get --all",
    "bpf ct list global", "bpf ipcache list", "bpf lb list", "service list", "node list",
)  # fmt: skip
CLI_READS = ("cilium status", "cilium config view", "cilium version", "cilium clustermesh status")

ALLOW_ALL = """\
kubectl --context {context} apply -f - <<EOF
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata:
  name: allow-all
spec:
  endpointSelector: {{}}
  ingress:
    - fromEntities: [all]
  egress:
    - toEntities: [all]
EOF"""
WAITING = "sleep 60"


def _nothing(stage: Stage) -> Iterator[Lines]:
    yield []


def _survey(stage: Stage) -> Iterator[Lines]:
    lines: Lines = []
    for context, cluster in stage.broken.clusters.items():
        lines.append(f"kubectl config use-context {context}")
        for kind in READ_KINDS:
            lines += [f"kubectl get {kind} -A -o wide", f"kubectl get {kind} -A -o yaml"]
        lines += HUBBLE_READS
        lines += CLI_READS
        for node in cluster.agents:
            pod = _agent_pod(cluster, node)
            if pod:
                lines += [f"kubectl -n kube-system exec {pod} -- cilium-dbg {read}" for read in AGENT_READS]
    yield lines


def _agent_pod(cluster: Cluster, node: str) -> str:
    pods = cluster.api.list(
        "pods", "kube-system", label_selector="k8s-app=cilium", field_selector=f"spec.nodeName={node}"
    )
    return name_of(pods[0]) if pods else ""


def _restart(stage: Stage) -> Iterator[Lines]:
    lines = [
        f"kubectl --context {context} -n {namespace_of(each)} rollout restart {kind}/{name_of(each)}"
        for context, cluster in stage.broken.clusters.items()
        for kind, plural in (("deployment", "deployments.apps"), ("daemonset", "daemonsets.apps"))
        for each in cluster.api.list(plural)
    ]
    yield [*lines, WAITING, *_proofs(stage)]


def _delete_policies(stage: Stage) -> Iterator[Lines]:
    lines: Lines = []
    for context, cluster in stage.broken.clusters.items():
        for plural in ("ciliumnetworkpolicies", "networkpolicies"):
            for each in cluster.api.list(plural):
                lines.append(f"kubectl --context {context} -n {namespace_of(each)} delete {plural} {name_of(each)}")
        for each in cluster.api.list("ciliumclusterwidenetworkpolicies"):
            lines.append(f"kubectl --context {context} delete ciliumclusterwidenetworkpolicies {name_of(each)}")
    yield [*lines, WAITING, *_proofs(stage)]


def _allow_all(stage: Stage) -> Iterator[Lines]:
    contexts = list(stage.broken.clusters)
    yield [*(ALLOW_ALL.format(context=context) for context in contexts), WAITING, *_proofs(stage)]
    # The same with the modes of enforcement taken away.
    modes = [
        f"cilium config set enable-policy {mode} --context {context}" for context in contexts for mode in ("never",)
    ]
    yield [*modes, WAITING, *_proofs(stage)]


def _decoy(stage: Stage) -> Iterator[Lines]:
    scenario = stage.drawn.scenario
    for name, decoy in scenario.decoys.items():
        answers = [_blame(stage, step, name) for step in scenario.diagnoses]
        yield [*answers, *decoy.repair, WAITING, *_proofs(stage)]


def _blame(stage: Stage, step: DiagnosisStep, decoy: str) -> str:
    """The answer of somebody who believes in the decoy; where none is about it, the right one, to be fair."""
    believed = [position for position, option in enumerate(step.options) if option.decoy == decoy]
    right = [position for position, option in enumerate(step.options) if option.correct]
    return _answer(stage, step, believed or right)


def _guess(stage: Stage) -> Iterator[Lines]:
    diagnoses = stage.drawn.scenario.diagnoses
    for position in range(max(len(step.options) for step in diagnoses)):
        yield [_answer(stage, step, [position % len(step.options)]) for step in diagnoses]
    # The luckiest of all guessers.
    right = [[at for at, option in enumerate(step.options) if option.correct] for step in diagnoses]
    yield [_answer(stage, step, positions) for step, positions in zip(diagnoses, right, strict=True)]


def _answer(stage: Stage, step: DiagnosisStep, positions: list[int]) -> str:
    from quizgame.game.scenario.steps import shuffled_options

    shown = shuffled_options(step, stage.drawn.seed, stage.drawn.scenario.id)
    numbers = [str(number) for number, choice in enumerate(shown, 1) if choice.position in positions]
    return f"answer {step.id} {' '.join(numbers)}"


def _proofs(stage: Stage) -> Lines:
    """Lines that would prove the restored flows."""
    repair = stage.drawn.scenario.repair
    if repair is None:
        return []
    return [probe_line(stage, probe, who) for probe in repair.restored if (who := probe.client.workload) is not None]


def probe_line(stage: Stage, probe: Probe, source: WorkloadName) -> str:
    """The command by which a learner tries a probe of a workload; clients outside are in nobody's hands."""
    target = probe.target
    host = target.host if target.workload is None else f"{target.workload.name}.{target.workload.namespace}"
    where = f"kubectl --context {stage.contexts[source.cluster]} -n {source.namespace} exec deploy/{source.name}"
    if probe.http is None:
        return f"{where} -- nc -zv -w 3 {host} {target.port}"
    method = probe.http.method
    return f"{where} -- curl -s -m 5 -o /dev/null -w '%{{http_code}}' -X {method} http://{host}:{target.port}{probe.http.path}"


STRATEGIES: Mapping[str, Strategy] = {
    "nothing": _nothing,
    "survey": _survey,
    "restart": _restart,
    "delete-policies": _delete_policies,
    "allow-all": _allow_all,
    "decoy": _decoy,
    "guess": _guess,
}
"""Name → attempts; the best of them counts."""
