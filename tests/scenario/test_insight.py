"""``why`` and ``what-if`` in the free cluster."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import render
from quizgame.tools.shell.executor import Shell

MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: example/api, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: friend, labels: {role: friend}}
spec: {containers: [{name: c, image: example/client}]}
---
apiVersion: v1
kind: Pod
metadata: {name: stranger, labels: {role: stranger}}
spec: {containers: [{name: c, image: example/client}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
    - fromEndpoints: [{matchLabels: {role: friend}}]
      toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET, path: /items}]}}]
"""


@pytest.fixture(scope="module")
def world() -> Any:
    documents = list(yaml.safe_load_all(MANIFESTS))
    return free_world(manifests=[("manifests.yaml", documents)])


@pytest.fixture
def shell(world: Any) -> Shell:
    return free_shell(world.fork())


def answer(shell: Shell, line: str) -> tuple[str, str, int]:
    result = shell.run_line(line)
    return render(result.stdout), render(result.stderr), result.exit


class TestWhy:
    def test_a_drop_names_the_policy_and_the_clause(self, shell: Shell) -> None:
        told, _, status = answer(shell, "why stranger api 80")
        assert status == 0
        assert told.startswith("default/stranger -> service default/api:80/TCP: dropped at ingress (POLICY_DENIED)\n")
        assert "CiliumNetworkPolicy default/api spec: does not allow" in told
        assert "spec.ingress[0].toPorts[0]: it is about other peers" in told

    @pytest.mark.parametrize(
        ("request_", "outcome"),
        [("GET /items", "goes through"), ("POST /items", "connected, and the request is refused by the proxy (403)")],
    )
    def test_a_request_is_held_against_the_http_rules(self, shell: Shell, request_: str, outcome: str) -> None:
        told, _, _ = answer(shell, f"why default/friend default/api 80 {request_}")
        assert told.splitlines()[0].endswith(f": {outcome}")

    def test_icmp_is_asked_about_by_its_type(self, shell: Shell) -> None:
        told, _, _ = answer(shell, "why friend stranger 8/ICMP")
        assert told.startswith("default/friend -> default/stranger:8/ICMP: goes through\n")
        pod = answer(shell, "kubectl get pods -l app=api -o jsonpath='{.items[0].metadata.name}'")[0]
        told, _, _ = answer(shell, f"why friend {pod} 8/ICMP")
        assert told.splitlines()[0].endswith("8/ICMP: dropped at ingress (POLICY_DENIED)")
        assert "spec.ingress[0].toPorts[0]: it is about other ports" in told

    @pytest.mark.parametrize("output", ["compact", "jsonpb"])
    def test_a_flow_of_hubble_can_be_asked_about(self, shell: Shell, output: str) -> None:
        answer(shell, "kubectl exec stranger -- curl -s -m 2 api")
        told, _, status = answer(shell, f'why "$(hubble observe --verdict DROPPED --last 1 -o {output} | tail -1)"')
        assert (status, told.splitlines()[0].endswith("dropped at ingress (POLICY_DENIED)")) == (0, True)

    def test_a_flow_can_be_named_by_its_uuid(self, shell: Shell) -> None:
        answer(shell, "kubectl exec stranger -- curl -s -m 2 api")
        uuid = answer(shell, "hubble observe --verdict DROPPED --last 1 -o jsonpb | head -1 | jq -r .flow.uuid")[
            0
        ].strip()
        assert answer(shell, f"why {uuid}")[0].splitlines()[0].endswith("dropped at ingress (POLICY_DENIED)")

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("why", "usage: why FROM TO PORT[/PROTOCOL] [METHOD PATH]"),
            ("why friend api eighty", 'why: "eighty" is no port: write 80, 53/UDP, or the type as in 8/ICMP'),
            ("why friend api 300/ICMP", 'why: "300/ICMP" is no port: write 80, 53/UDP, or the type as in 8/ICMP'),
            ("why nobody api 80", 'why: no pod or workload "default/nobody" with an address in kind-kind'),
            ("why friend nowhere/x 80", 'why: no pod, workload or service "nowhere/x" with an address in kind-kind'),
            ("why mars:default/friend api 80", 'why: no cluster "mars": contexts are kind-kind'),
        ],
    )
    def test_wrong_use(self, shell: Shell, line: str, message: str) -> None:
        told, complaint, status = answer(shell, line)
        assert (told, complaint.splitlines()[0], status > 0) == ("", message, True)

    def test_asking_changes_nothing(self, shell: Shell) -> None:
        before = answer(shell, "hubble status")
        answer(shell, "why friend api 80 GET /items")
        answer(shell, "why friend api.default.svc.cluster.local 80")
        assert answer(shell, "hubble status")[0].splitlines()[1] == before[0].splitlines()[1]


class TestWhatIf:
    def test_it_lists_what_would_open_and_close(self, shell: Shell) -> None:
        change = MANIFESTS.rsplit("---\n", maxsplit=1)[-1].replace("role: friend", "role: stranger")
        answer(shell, f"cat > new.yaml <<'EOF'\n{change}EOF")
        told, _, status = answer(shell, "what-if -f new.yaml")
        assert (status, told.splitlines()) == (
            0,
            [
                "- default/friend -> default/api:8080/TCP",
                "+ default/stranger -> default/api:8080/TCP",
                "1 would open, 1 would close",
            ],
        )
        assert answer(shell, "why friend api 80")[0].splitlines()[0].endswith("goes through")

    def test_requests_count_where_the_connection_stays(self, shell: Shell) -> None:
        change = MANIFESTS.rsplit("---\n", maxsplit=1)[-1].replace("method: GET", "method: POST")
        told, _, _ = answer(shell, f"what-if -f - <<'EOF'\n{change}EOF")
        assert told.splitlines()[:2] == [
            "+ default/friend -> default/api:8080/TCP: POST /items",
            "- default/friend -> default/api:8080/TCP: GET /items",
        ]

    def test_nothing_changes_for_a_manifest_that_is_there(self, shell: Shell) -> None:
        change = MANIFESTS.rsplit("---\n", maxsplit=1)[-1]
        assert answer(shell, f"what-if -f - <<'EOF'\n{change}EOF")[0] == "no flow would change\n"

    def test_a_policy_that_agents_refuse_is_told_with_their_words(self, shell: Shell) -> None:
        change = MANIFESTS.rsplit("---\n", maxsplit=1)[-1].replace("path: /items", "path: '/(items'")
        told, complaint, status = answer(shell, f"what-if -f - <<'EOF'\n{change}EOF")
        # The version that agents took before stays in force.
        assert told == "no flow would change\n"
        assert complaint.startswith(
            "what-if: CiliumNetworkPolicy default/api would have no effect: "
            "Invalid CiliumNetworkPolicy spec: error parsing regexp: missing closing )"
        )
        assert status == 1

    def test_a_refused_manifest_is_told(self, shell: Shell) -> None:
        change = MANIFESTS.rsplit("---\n", maxsplit=1)[-1].replace("endpointSelector", "nodeSelecter")
        told, complaint, status = answer(shell, f"what-if -f - <<'EOF'\n{change}EOF")
        assert (told, status) == ("no flow would change\n", 1)
        assert complaint.startswith("what-if: STDIN")

    @pytest.mark.parametrize(
        ("line", "message", "status"),
        [
            ("what-if", "usage: what-if -f FILE [-f FILE]...   (- is standard input)", 2),
            ("what-if -f", "usage: what-if -f FILE [-f FILE]...   (- is standard input)", 2),
            ("what-if -f none.yaml", "what-if: No such file or directory", 1),
            ("echo 'a: [' | what-if -f -", "what-if: STDIN:", 1),
        ],
    )
    def test_wrong_use(self, shell: Shell, line: str, message: str, status: int) -> None:
        told, complaint, got = answer(shell, line)
        assert (told, got) == ("", status)
        assert complaint.startswith(message)


HOST_POLICY = """\
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: nodes}
spec:
  nodeSelector: {matchLabels: {access: guarded}}
  ingress: [{fromEntities: [remote-node]}]
"""


def test_a_host_policy_guards_the_nodes_that_it_selects(world: Any) -> None:
    shell = free_shell(world.fork())
    answer(shell, "kubectl label node kind-worker2 access=guarded")
    answer(shell, f"kubectl apply -f - <<'EOF'\n{HOST_POLICY}EOF")
    assert "POLICY_DENIED" not in answer(shell, "why 203.0.113.5 kind-worker2 4240")[0]
    answer(shell, "cilium config set enable-host-firewall true")
    answer(shell, "sleep 60")
    told = answer(shell, "why 203.0.113.5 kind-worker2 4240")[0]
    assert told.splitlines()[0].endswith("dropped at ingress (POLICY_DENIED)")
    assert "CiliumClusterwideNetworkPolicy nodes spec: does not allow" in told
    assert "POLICY_DENIED" not in answer(shell, "why 203.0.113.5 kind-worker 4240")[0]
    assert "POLICY_DENIED" not in answer(shell, "why kind-worker kind-worker2 4240")[0]
