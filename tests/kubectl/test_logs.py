"""Logs come out of the state of the cluster."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.tools.output import Result, render
from quizgame.tools.session import Session

Kubectl = Callable[..., Result]

NOWHERE = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {nodeSelector: {a: b}, containers: [{name: c, image: nginx}]}
"""


def agent_log(kubectl: Kubectl, *words: str) -> list[str]:
    return render(kubectl("-n", "kube-system", "logs", "ds/cilium", "-c", "cilium-agent", *words).stdout).splitlines()


def test_an_agent_tells_its_version_and_configuration(kubectl: Kubectl) -> None:
    lines = agent_log(kubectl)
    assert 'msg="Cilium 1.19.5 ' in lines[0]
    assert any("--enable-policy='default'" in line for line in lines)


def test_an_edited_configuration_shows_after_the_restart(kubectl: Kubectl) -> None:
    kubectl("-n", "kube-system", "patch", "cm", "cilium-config", "-p", '{"data":{"enable-policy":"always"}}')
    assert not any("--enable-policy='always'" in line for line in agent_log(kubectl))
    kubectl("-n kube-system rollout restart ds/cilium")
    kubectl("-n kube-system rollout status ds/cilium")
    assert any("--enable-policy='always'" in line for line in agent_log(kubectl))


def test_an_invalid_policy_is_in_the_operators_log(kubectl: Kubectl) -> None:
    manifest = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: bad, namespace: default}
spec:
  endpointSelector: {}
  ingress: [{toPorts: [{ports: [{port: "80", protocol: UDP}], rules: {http: [{method: GET}]}}]}]
"""
    kubectl("apply -f -", stdin=manifest)
    last = kubectl("-n kube-system logs deploy/cilium-operator --tail=1").stdout[0]
    assert "level=error" in last.text
    assert "name=bad namespace=default" in last.text
    assert [fact.kind for fact in last.facts] == ["log"]


def test_tail_and_since_choose_lines(kubectl: Kubectl) -> None:
    everything = agent_log(kubectl)
    assert agent_log(kubectl, "--tail=3") == everything[-3:]
    assert agent_log(kubectl, "--tail=0") == []
    assert agent_log(kubectl, "--since=1s") == []


def test_a_pod_that_waits_for_a_node_has_no_log(kubectl: Kubectl) -> None:
    kubectl("apply -f -", stdin=NOWHERE)
    result = kubectl("logs p")
    assert (render(result.stdout), render(result.stderr), result.exit) == ("", "", 0)


def test_following_ends_by_itself(kubectl: Kubectl, session: Session) -> None:
    before = session.world.clock.now_ns
    assert kubectl("-n kube-system logs -f ds/cilium").exit == 0
    assert session.world.clock.now_ns - before == 11_000_000_000


def test_there_is_no_log_of_a_run_before_the_first(kubectl: Kubectl) -> None:
    result = kubectl("logs xwing --previous")
    assert render(result.stderr) == (
        'Error from server (BadRequest): previous terminated container "spaceship" in pod "xwing" not found\n'
    )
