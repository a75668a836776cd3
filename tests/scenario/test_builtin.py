"""The scenarios that ship: each proves itself, and teaches what it says it teaches."""

from __future__ import annotations

import pytest

from quizgame.content.scenarios import ScenarioSource
from quizgame.game.checker.proof import NAIVE_LIMIT, prove_seed
from quizgame.game.scenario.attempt import Attempt
from quizgame.game.scenario.reference import Reference, play
from quizgame.game.scenario.score import Report
from quizgame.game.scenario.stage import Stage

IDS = ("always-without-baseline", "l7-method-denied", "mesh-policy-drop")
Builtin = dict[str, ScenarioSource]


def played(source: ScenarioSource, lines: list[str], seed: int = 0) -> Report:
    stage = Stage(source.draw(seed))
    reference = Reference(stage)
    return play(Attempt(stage, reference=lambda: reference), lines).submit()


def test_these_ship(builtin: Builtin) -> None:
    assert set(IDS) <= set(builtin)


@pytest.mark.parametrize("name", IDS)
def test_experts_reach_everything_and_the_naive_next_to_nothing(builtin: Builtin, name: str) -> None:
    # Another member than those that `quizgame check` plays.
    proof = prove_seed(builtin[name], 1009)
    assert [str(problem) for problem in proof.problems] == []
    assert proof.expert == 100
    assert {strategy: score for strategy, score in proof.naive.items() if score > NAIVE_LIMIT} == {}


@pytest.mark.parametrize("name", IDS)
def test_members_of_a_family_differ(builtin: Builtin, name: str) -> None:
    drawn = [builtin[name].draw(seed) for seed in range(12)]
    assert len({str(sorted(each.values.items(), key=str)) for each in drawn}) >= 8


class TestMeshPolicyDrop:
    def fixed(self, source: ScenarioSource, selector: str) -> Report:
        values = source.draw(0).values
        policy = f"""\
kubectl --context kind-old apply -f - <<EOF
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata:
  name: {values["policy"]}
spec:
  endpointSelector:
    matchLabels: {{"k8s:io.kubernetes.pod.namespace": {values["ns"]}, app: postgres}}
  ingress:
    - fromEndpoints:
        - matchLabels: {{"k8s:io.kubernetes.pod.namespace": {values["ns"]}, app: {values["client"]}}}
{selector}
      toPorts: [{{ports: [{{port: "{values["port"]}", protocol: TCP}}]}}]
EOF"""
        return played(source, [policy])

    def test_dropping_the_cluster_label_is_not_enough(self, builtin: Builtin) -> None:
        # Source: facts F-63: since 1.19 a selector without a cluster label means the local cluster.
        report = self.fixed(builtin["mesh-policy-drop"], "")
        assert [(check.kind.value, check.seen) for check in report.checks if not check.is_met] == [
            ("restored", "timeout")
        ]

    @pytest.mark.parametrize("expression", ["operator: In, values: [old, new]", "operator: Exists"])
    def test_naming_clusters_is(self, builtin: Builtin, expression: str) -> None:
        selector = f"          matchExpressions: [{{key: io.cilium.k8s.policy.cluster, {expression}}}]"
        assert self.fixed(builtin["mesh-policy-drop"], selector).solved

    def test_the_drop_is_recorded_in_the_cluster_of_the_server_alone(self, builtin: Builtin) -> None:
        stage = Stage(builtin["mesh-policy-drop"].draw(0))
        attempt = Attempt(stage)
        drops = "hubble observe --verdict DROPPED --port {} --last 50".format(stage.drawn.values["port"])
        attempt.run_line("kubectl config use-context kind-new")
        assert str(stage.drawn.values["client"]) not in attempt.run_line(drops).stdout_text
        attempt.run_line("kubectl config use-context kind-old")
        assert attempt.run_line(drops).earned == ("drop-seen",)


class TestL7MethodDenied:
    def test_an_entry_without_a_method_opens_too_much(self, builtin: Builtin) -> None:
        app = builtin["l7-method-denied"].draw(0).values["app"]
        assert isinstance(app, dict)
        value = f'{{"path":"/api/v1/{app["things"]}"}}'
        patch = f'[{{"op":"add","path":"/spec/ingress/0/toPorts/0/rules/http/-","value":{value}}}]'
        report = played(
            builtin["l7-method-denied"],
            [f"kubectl -n {app['ns']} patch cnp {app['api']}-access --type json -p '{patch}'"],
        )
        assert [check.subject.split()[-2:] for check in report.checks if not check.is_met] == [
            ["DELETE", f"/api/v1/{app['things']}"]
        ]


class TestAlwaysWithoutBaseline:
    @pytest.mark.parametrize(
        "line",
        [
            "cilium config set enable-policy default",
            "for p in $(kubectl -n kube-system get pods -l k8s-app=cilium -o name); do "
            "kubectl -n kube-system exec $p -- cilium-dbg config PolicyEnforcement=default; done",
        ],
    )
    def test_going_back_to_default_is_no_repair(self, builtin: Builtin, line: str) -> None:
        report = played(builtin["always-without-baseline"], [line, "sleep 60"])
        failed = {check.kind.value for check in report.checks if not check.is_met}
        assert (report.solved, "closed" in failed, "restored" in failed) == (False, True, False)

    def test_dns_alone_is_not_enough(self, builtin: Builtin) -> None:
        app = builtin["always-without-baseline"].draw(0).values["app"]
        assert isinstance(app, dict)
        policy = f"""\
kubectl -n {app["ns"]} apply -f - <<EOF
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: dns}}
spec:
  endpointSelector: {{}}
  egress:
    - toEndpoints: [{{matchLabels: {{"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}}}]
      toPorts: [{{ports: [{{port: "53", protocol: ANY}}], rules: {{dns: [{{matchPattern: "*"}}]}}}}]
EOF"""
        report = played(builtin["always-without-baseline"], [policy])
        assert {check.seen for check in report.checks if not check.is_met} == {"timeout"}
