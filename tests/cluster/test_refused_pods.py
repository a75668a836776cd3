"""A workload whose pods are refused reports it and comes to rest. Source: kubernetes pkg/controller/replicaset."""

from __future__ import annotations

from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import render

MANIFEST = """kubectl apply -f - <<'EOF'
apiVersion: apps/v1
kind: Deployment
metadata: {name: refused}
spec:
  selector: {matchLabels: {app: refused}}
  template:
    metadata: {labels: {app: refused}}
    spec: {serviceAccountName: later, containers: [{name: c, image: x}]}
EOF"""


def test_a_missing_service_account_holds_pods_back_until_it_is_there() -> None:
    world = free_world()
    run = free_shell(world).run_line
    assert render(run(MANIFEST).stdout) == "deployment.apps/refused created\n"
    (owner,) = (each for each in world.cluster.api.list("replicasets", "default"))
    (condition,) = owner["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("ReplicaFailure", "FailedCreate")
    assert 'error looking up service account default/later: serviceaccount "later" not found' in condition["message"]
    run("kubectl apply -f - <<'EOF'\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: later}\nEOF")
    run("sleep 5")
    assert "1/1" in render(run("kubectl get deployment refused").stdout)
