"""What commands do to a cluster, and what they say about it; wording from the recorded outputs of kubectl 1.35."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.tools.output import Result, lines, render
from quizgame.tools.session import Session

Kubectl = Callable[..., Result]

POLICY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: rule1}
spec:
  endpointSelector: {matchLabels: {org: empire}}
  ingress: [{fromEndpoints: [{matchLabels: {org: empire}}]}]
"""


def said(result: Result) -> tuple[str, str, int]:
    return render(result.stdout), render(result.stderr), result.exit


def test_labels_are_set_kept_changed_and_removed(kubectl: Kubectl) -> None:
    assert said(kubectl("label pod xwing tier=test")) == ("pod/xwing labeled\n", "", 0)
    assert said(kubectl("label pod xwing tier=test")) == ("pod/xwing not labeled\n", "", 0)
    refusal = "error: 'tier' already has a value (test), and --overwrite is false\n"
    assert said(kubectl("label pod xwing tier=prod")) == ("", refusal, 1)
    assert said(kubectl("label pod xwing tier=prod --overwrite")) == ("pod/xwing labeled\n", "", 0)
    assert render(kubectl("get pod xwing -o jsonpath={.metadata.labels.tier}").stdout) == "prod"
    assert said(kubectl("label pod xwing tier-")) == ("pod/xwing unlabeled\n", "", 0)
    assert render(kubectl("get pod xwing -o jsonpath={.metadata.labels.tier}").stdout) == ""


def test_a_changed_label_changes_the_identity_of_the_endpoint(kubectl: Kubectl) -> None:
    before = render(kubectl("get cep xwing -o jsonpath={.status.identity.id}").stdout)
    kubectl("label pod xwing org=empire --overwrite")
    after = render(kubectl("get cep xwing -o jsonpath={.status.identity.id}").stdout)
    assert before.isdigit()
    assert after.isdigit()
    assert before != after


def test_rollout_goes_forward_and_back(kubectl: Kubectl) -> None:
    kubectl("create deployment web --image=nginx --replicas=2")
    assert said(kubectl("rollout status deploy/web")) == ('deployment "web" successfully rolled out\n', "", 0)
    assert said(kubectl("set image deploy/web nginx=nginx:1.27")) == ("deployment.apps/web image updated\n", "", 0)
    assert render(kubectl("rollout status deploy/web").stdout).endswith('deployment "web" successfully rolled out\n')
    image = "get deploy web -o jsonpath={.spec.template.spec.containers[0].image}"
    assert render(kubectl(image).stdout) == "nginx:1.27"
    history = "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n"
    assert said(kubectl("rollout history deploy/web")) == (history, "", 0)
    assert said(kubectl("rollout undo deploy/web")) == ("deployment.apps/web rolled back\n", "", 0)
    assert render(kubectl(image).stdout) == "nginx"


def test_rollout_status_gives_up_when_its_time_is_over(kubectl: Kubectl) -> None:
    kubectl("-n kube-system scale deploy cilium-operator --replicas=1")
    kubectl("create deployment web --image=nginx --replicas=2")
    kubectl("cordon kind-worker")
    kubectl("cordon kind-worker2")
    kubectl("scale deploy web --replicas=4")
    stdout, stderr, status = said(kubectl("rollout status deploy/web --timeout=3s"))
    assert stdout == 'Waiting for deployment "web" rollout to finish: 2 of 4 updated replicas are available...\n'
    assert (stderr, status) == ("error: timed out waiting for the condition\n", 1)


def test_restarted_agents_come_back_and_the_status_waits_for_them(kubectl: Kubectl) -> None:
    before = render(kubectl("-n kube-system get pods -l k8s-app=cilium -o name").stdout)
    kubectl("-n kube-system rollout restart ds/cilium")
    stdout, _, status = said(kubectl("-n kube-system rollout status ds/cilium"))
    assert status == 0
    assert stdout.endswith('daemon set "cilium" successfully rolled out\n')
    after = render(kubectl("-n kube-system get pods -l k8s-app=cilium -o name").stdout)
    assert not set(before.split()) & set(after.split())


def test_delete_waits_until_the_pod_is_gone(kubectl: Kubectl) -> None:
    assert said(kubectl("delete pod xwing")) == ('pod "xwing" deleted from default namespace\n', "", 0)
    assert said(kubectl("get pod xwing")) == ("", 'Error from server (NotFound): pods "xwing" not found\n', 1)


def test_delete_without_waiting_leaves_a_terminating_pod(kubectl: Kubectl, session: Session) -> None:
    kubectl("delete pod xwing --wait=false")
    pod = session.world.cluster.api.find("pods", "xwing", "default")
    assert pod is not None
    assert "deletionTimestamp" in pod["metadata"]


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("condition=Ready", 0),
        ("condition=Ready=False", 1),
        ("jsonpath={.status.phase}=Running", 0),
        ("jsonpath={.status.phase}=Failed", 1),
    ],
)
def test_wait_tells_whether_the_condition_came(kubectl: Kubectl, condition: str, status: int) -> None:
    stdout, stderr, found = said(kubectl("wait", f"--for={condition}", "pod/xwing", "--timeout=2s"))
    assert found == status
    assert (stdout, stderr) == (
        ("pod/xwing condition met\n", "")
        if not status
        else ("", "error: timed out waiting for the condition on pods/xwing\n")
    )


def test_wait_spends_simulated_time_alone(kubectl: Kubectl, session: Session) -> None:
    before = session.world.clock.now_ns
    kubectl("wait --for=condition=Nope pod/xwing --timeout=20s")
    assert session.world.clock.now_ns - before == 21_000_000_000  # one second for the command, twenty of waiting


def test_apply_takes_away_what_the_manifest_no_longer_has(kubectl: Kubectl) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cfg}\ndata: {a: '1', b: '2'}\n"
    assert said(kubectl("apply -f -", stdin=manifest))[0] == "configmap/cfg created\n"
    kubectl("patch", "cm", "cfg", "-p", '{"data":{"c":"3"}}')
    assert said(kubectl("apply -f -", stdin=manifest.replace("b: '2'", "d: '4'")))[0] == "configmap/cfg configured\n"
    assert render(kubectl("get cm cfg -o jsonpath={.data}").stdout) == '{"a":"1","c":"3","d":"4"}'


def test_apply_goes_on_past_a_manifest_that_is_refused(kubectl: Kubectl) -> None:
    bad = POLICY.replace("rule1", "bad").replace(
        "fromEndpoints: [{matchLabels: {org: empire}}]", "fromEntities: [everyone]"
    )
    stdout, stderr, status = said(kubectl("apply -f -", stdin=f"{bad}---{POLICY}"))
    assert stdout == "ciliumnetworkpolicy.cilium.io/rule1 created\n"
    assert stderr.startswith(
        'The CiliumNetworkPolicy "bad" is invalid: spec.ingress[0].fromEntities[0]: Unsupported value: "everyone"'
    )
    assert status == 1


def test_edit_needs_a_screen(kubectl: Kubectl) -> None:
    stdout, stderr, status = said(kubectl("edit svc deathstar"))
    assert (stdout, status) == ("", 3)
    assert stderr.startswith("quizgame: kubectl edit without a screen")


def test_edit_saves_what_the_editor_gives_back(kubectl: Kubectl, session: Session) -> None:
    kubectl("apply -f -", stdin=POLICY)
    session.edit_text = lambda name, text: text.replace("org: empire\n  ingress", "org: alliance\n  ingress")
    assert said(kubectl("edit cnp rule1")) == ("ciliumnetworkpolicy.cilium.io/rule1 edited\n", "", 0)
    assert render(kubectl("get cnp rule1 -o jsonpath={.spec.endpointSelector.matchLabels.org}").stdout) == "alliance"


def test_edit_without_a_change_changes_nothing(kubectl: Kubectl, session: Session) -> None:
    session.edit_text = lambda name, text: text
    assert said(kubectl("edit svc deathstar")) == ("", "Edit cancelled, no changes made.\n", 0)


def test_edit_keeps_what_the_server_refuses(kubectl: Kubectl, session: Session) -> None:
    session.edit_text = lambda name, text: text.replace("type: ClusterIP", "type: Nonsense")
    stdout, stderr, status = said(kubectl("edit svc deathstar"))
    assert (stdout, status) == ("", 1)
    first, last = stderr.splitlines()
    assert first.startswith('A copy of your changes has been stored to "/tmp/kubectl-edit-')
    assert last == "error: Edit cancelled, no valid changes were saved."
    kept = first.split('"')[1]
    assert "type: Nonsense" in render(session.files[kept])


def test_the_namespace_of_a_context_is_remembered(kubectl: Kubectl) -> None:
    assert said(kubectl("config set-context --current --namespace=kube-system"))[0] == 'Context "kind-kind" modified.\n'
    assert "coredns" in render(kubectl("get pods").stdout)
    assert "namespace: kube-system" in render(kubectl("config view").stdout)


def test_watch_shows_changes_and_ends_by_itself(kubectl: Kubectl, session: Session) -> None:
    kubectl("create deployment web --image=nginx --replicas=2")
    kubectl("rollout status deploy/web")
    kubectl("rollout restart deploy/web")
    before = session.world.clock.now_ns
    stdout, stderr, status = said(kubectl("get pods -l app=web -w"))
    header, *rows = stdout.splitlines()
    assert header.startswith("NAME ")
    assert len({row.split()[0] for row in rows}) < len(rows)
    assert any("Terminating" in row for row in rows)
    assert (stderr, status) == ("", 0)
    assert session.world.clock.now_ns - before == 11_000_000_000  # the command's second and the stream's ten


def test_cordoned_nodes_get_no_pods(kubectl: Kubectl) -> None:
    kubectl("cordon kind-worker")
    assert "Ready,SchedulingDisabled" in render(kubectl("get nodes").stdout)
    kubectl("create deployment web --image=nginx --replicas=3")
    nodes = render(kubectl("get pods -l app=web -o jsonpath={.items[*].spec.nodeName}").stdout).split()
    assert set(nodes) == {"kind-worker2"}


def test_drain_moves_pods_of_controllers_only_with_the_right_options(kubectl: Kubectl) -> None:
    stdout, stderr, status = said(kubectl("drain kind-worker2"))
    assert (stdout, status) == ("node/kind-worker2 cordoned\n", 1)
    assert "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): kube-system/cilium-" in stderr
    options = "--ignore-daemonsets --delete-emptydir-data --force"
    stdout, _, status = said(kubectl(f"drain kind-worker2 {options}"))
    assert status == 0
    assert stdout.endswith("node/kind-worker2 drained\n")
    left = render(kubectl("get pods -A --field-selector spec.nodeName=kind-worker2 -o name").stdout).split()
    assert left
    assert all(name.startswith("pod/cilium-") for name in left)


def test_a_port_forward_ends_by_itself(kubectl: Kubectl) -> None:
    expected = "Forwarding from 127.0.0.1:18080 -> 80\nForwarding from [::1]:18080 -> 80\n"
    assert said(kubectl("port-forward svc/deathstar 18080:80")) == (expected, "", 0)


def test_a_port_forward_follows_a_named_target_port_into_the_pod(kubectl: Kubectl) -> None:
    # Source: kubectl portforward translateServicePortToTargetPort; Relay's container calls its port 4245 grpc.
    shown = said(kubectl("-n kube-system port-forward svc/hubble-relay 4245:80"))[0]
    assert shown == "Forwarding from 127.0.0.1:4245 -> 4245\nForwarding from [::1]:4245 -> 4245\n"


@pytest.mark.parametrize("command", ["cp a b", "attach xwing", "proxy", "kustomize .", "autoscale deploy web --max 3"])
def test_what_is_not_simulated_says_so(kubectl: Kubectl, command: str) -> None:
    stdout, stderr, status = said(kubectl(command))
    assert (stdout, stderr, status) == ("", f"quizgame: kubectl {command.split(maxsplit=1)[0]} is not simulated\n", 3)


def test_an_option_that_is_not_simulated_says_so(kubectl: Kubectl) -> None:
    assert said(kubectl("get pods --as jane")) == ("", "quizgame: kubectl get --as is not simulated\n", 3)


def test_every_command_has_a_help_page(kubectl: Kubectl) -> None:
    from quizgame.tools.kubectl.commands import COMMANDS

    for row in COMMANDS:
        stdout, stderr, status = said(kubectl(row.name, "--help"))
        if row.target or row.children:
            assert (stderr, status) == ("", 0), row.name
            assert f"kubectl {row.name}" in stdout


def test_every_row_of_the_table_leads_to_a_command() -> None:
    from quizgame.tools.kubectl.commands import ROOT
    from quizgame.tools.kubectl.verb import Row, Verb

    def check(row: Row) -> None:
        if row.target:
            verb = row.load()
            assert isinstance(verb, Verb)
            names = [flag.name for flag in (*verb.flags(), *verb.refused_flags())]
            assert len(names) == len(set(names)), row.name
        for child in row.children:
            check(child)

    check(ROOT)


def test_a_dry_run_changes_nothing(kubectl: Kubectl) -> None:
    for mode, mark in (("client", "(dry run)"), ("server", "(server dry run)")):
        stdout = render(kubectl(f"create ns web --dry-run={mode}").stdout)
        assert stdout == f"namespace/web created {mark}\n"
    assert kubectl("get ns web").exit == 1


def test_files_come_from_the_working_folder(kubectl: Kubectl, session: Session) -> None:
    session.files["policies/a.yaml"] = lines(POLICY)
    session.files["policies/readme.txt"] = lines("not a manifest")
    assert said(kubectl("apply -f policies"))[0] == "ciliumnetworkpolicy.cilium.io/rule1 created\n"
    assert said(kubectl("delete -f policies/a.yaml"))[0] == (
        'ciliumnetworkpolicy.cilium.io "rule1" deleted from default namespace\n'
    )


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ("{name: x, labels: {a: 1}}", "number into Go struct field ObjectMeta.metadata.labels of type string"),
        (
            "{name: x, annotations: {a: true}}",
            "bool into Go struct field ObjectMeta.metadata.annotations of type string",
        ),
        ("{name: x, labels: [a]}", "array into Go struct field ObjectMeta.metadata.labels of type map[string]string"),
        ("{name: 3}", "number into Go struct field ObjectMeta.metadata.name of type string"),
    ],
)
@pytest.mark.parametrize("verb", ["apply", "create", "replace", "diff"])
def test_metadata_of_the_wrong_type_is_refused(kubectl: Kubectl, verb: str, metadata: str, found: str) -> None:
    result = kubectl(f"{verb} -f -", stdin=f"apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\n")
    assert said(result) == ("", f'error: unable to decode "STDIN": json: cannot unmarshal {found}\n', 1)


@pytest.mark.parametrize("containers", ["[x]", "[{name: {a: b}}]", "[null]", "3"])
def test_a_malformed_list_is_refused_by_the_server(kubectl: Kubectl, containers: str) -> None:
    manifest = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: xwing}}\nspec: {{containers: {containers}}}\n"
    result = kubectl("apply -f -", stdin=manifest)
    assert result.exit == 1
    assert render(result.stderr).startswith(("Error from server", "The Pod ", "The request is invalid"))
