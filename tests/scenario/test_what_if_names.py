"""``what-if`` where a policy opens addresses by DNS name: time alone closes nothing in its answer."""

from __future__ import annotations

import pytest
import yaml

from quizgame.cluster.build import default_specs
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.game.worlds import Surroundings, assemble, free_shell
from quizgame.tools.output import render
from quizgame.tools.shell.executor import Shell

MANIFESTS = """\
apiVersion: v1
kind: Pod
metadata: {name: job, labels: {app: job}}
spec: {containers: [{name: c, image: example/job}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: job}
spec:
  endpointSelector: {matchLabels: {app: job}}
  egress:
    - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}]
      toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
    - toFQDNs: [{matchName: partner.example}]
      toPorts: [{ports: [{port: "443", protocol: TCP}]}]
"""


@pytest.fixture
def shell() -> Shell:
    """The job has just looked the name up; answers live shorter than `what-if` lets a manifest take effect."""
    address = "203.0.113.20"
    outside = Outside({"partner.example": (address,)}, {address: OutsideHost(address)})
    manifests = [("manifests.yaml", list(yaml.safe_load_all(MANIFESTS)))]
    world = assemble(default_specs(1, 1), seed=0, manifests=manifests, surroundings=Surroundings(outside))
    shell = free_shell(world)
    assert shell.run_line("kubectl exec job -- nc -zv -w 3 partner.example 443").exit == 0
    assert shell.run_line("kubectl get cnp job -o yaml > job.yaml").exit == 0
    return shell


def test_the_policy_that_is_there_changes_nothing(shell: Shell) -> None:
    assert render(shell.run_line("what-if -f job.yaml").stdout) == "no flow would change\n"


def test_another_port_for_the_name_opens_and_closes(shell: Shell) -> None:
    told = render(shell.run_line("sed 's/443/80/' job.yaml | what-if -f -").stdout)
    assert "- default/job -> 203.0.113.20:443/TCP" in told
    assert "+ default/job -> 203.0.113.20:80/TCP" in told
