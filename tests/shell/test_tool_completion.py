"""What kubectl, cilium and hubble propose as the next word: what stands in the world, and nothing that is refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest

from quizgame.cluster.build import default_specs
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble
from quizgame.goflags.command import Command
from quizgame.hubble.command.tree import build_tree
from quizgame.tools.cilium.commands import COMMANDS as CILIUM_COMMANDS
from quizgame.tools.cilium.commands import REFUSED as CILIUM_REFUSED
from quizgame.tools.cilium_dbg.catalog import OTHER_FLAGS
from quizgame.tools.cilium_dbg.catalog import REFUSED as DBG_REFUSED
from quizgame.tools.kubectl.commands import ROOT
from quizgame.tools.kubectl.globalflags import refused_global_flags
from quizgame.tools.kubectl.verb import Row
from quizgame.tools.output import lines
from quizgame.tools.registry import Programs
from quizgame.tools.session import Session
from quizgame.tools.shell.completion import complete
from quizgame.tools.shell.executor import Shell
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

SHOP = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec:
  containers:
  - {name: web, image: "cr.test/web:1"}
  - {name: side, image: "cr.test/side:1"}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop}
spec: {containers: [{name: db, image: "cr.test/db:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{port: 80}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: cart-in, namespace: shop}
spec: {endpointSelector: {}, ingress: [{}]}
"""


@lru_cache(maxsize=1)
def _world() -> World:
    documents = [each.data for each in load_documents(SHOP, "shop.yaml", dialect=Dialect.KUBERNETES)]
    first, second = default_specs(clusters=2)
    return assemble([first, second], seed=1, manifests={first.context: [("shop.yaml", documents)]})


@pytest.fixture
def session() -> Session:
    """A shell before two clusters, with one file."""
    return Session(_world().fork(), files={"net.yaml": lines("a: 1\n")}, namespaces={"kind-cluster-a": "shop"})


def _proposed(session: Session, line: str) -> list[str]:
    return complete(session, line, len(line))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kubectl des", ["describe"]),
        ("k des", ["describe"]),
        ("kubectl rollout re", ["restart", "resume"]),
        ("kubectl create secret ", ["generic", "tls"]),
        ("kubectl help roll", ["rollout"]),
        ("kubectl get ciliumnetworkp", ["ciliumnetworkpolicies"]),
        ("kubectl get ccn", ["ccnp"]),
        ("kubectl get po,cn", ["po,cn", "po,cnp"]),
        ("kubectl get pods ", ["cart", "db-0"]),
        ("kubectl get pods cart ", ["db-0"]),
        ("kubectl get po/", ["po/cart", "po/db-0"]),
        ("kubectl get pods -n kube-system corednss", []),
        ("kubectl -n kube-system get ds/cilium", ["ds/cilium", "ds/cilium-envoy"]),
        ("kubectl get pods -A ", ["net.yaml"]),
        ("kubectl get pods -n sh", ["shop"]),
        ("kubectl get pods -nsh", ["-nshop"]),
        ("kubectl get pods --namespace=sh", ["--namespace=shop"]),
        ("kubectl --context ", ["kind-cluster-a", "kind-cluster-b"]),
        ("kubectl config use-context ", ["kind-cluster-a", "kind-cluster-b"]),
        ("kubectl --context kind-cluster-b get pods -n sh", []),
        ("kubectl get pods -o js", ["json", "jsonpath-as-json=", "jsonpath-file=", "jsonpath="]),
        ("kubectl delete pod cart --dry-run=", ["--dry-run=client", "--dry-run=none", "--dry-run=server"]),
        ("kubectl patch pod cart --type ", ["json", "merge", "strategic"]),
        ("kubectl get pods --all-n", ["--all-namespaces"]),
        ("kubectl get pods -A --all-n", []),
        ("kubectl get pods -l ", ["app=cart"]),
        ("kubectl get pods -l app!=x,ap", ["app!=x,app=cart"]),
        ("kubectl get pods --selector=a", ["--selector=app=cart"]),
        ("kubectl delete svc -l ", ["net.yaml"]),
        ("kubectl get pods -L a", ["app"]),
        ("kubectl -n kube-system logs -l k8s-app=kube-d", ["k8s-app=kube-dns"]),
        ("kubectl explain pod.spec.restartP", ["pod.spec.restartPolicy"]),
        ("kubectl explain cnp.spec.egressD", ["cnp.spec.egressDeny"]),
        ("kubectl explain pod.nosuch.", []),
        ("kubectl logs ", ["cart", "db-0"]),
        ("kubectl logs svc/", ["svc/cart"]),
        ("kubectl logs cart -c ", ["side", "web"]),
        ("kubectl logs cart ", ["side", "web"]),
        ("kubectl exec svc/cart -c ", ["side", "web"]),
        ("kubectl exec -it cart -- cur", ["curl"]),
        ("kubectl -n kube-system exec ds/cilium -- cilium-d", ["cilium-dbg"]),
        ("kubectl -n kube-system exec ds/cilium -- cur", []),
        ("kubectl -n kube-system exec ds/cilium -- cilium-dbg endpoint g", ["get"]),
        ("kubectl -n kube-system exec ds/cilium -- cilium-dbg endpoint list -o ", ["json", "jsonpath=", "yaml"]),
        ("kubectl -n kube-system exec ds/cilium -- cilium-dbg monitor -t tra", ["trace", "trace-sock"]),
        ("kubectl -n kube-system exec ds/cilium -- cilium-dbg map get cilium_lb4_b", ["cilium_lb4_backends_v3"]),
        ("kubectl -n kube-system exec ds/cilium -- cilium-dbg config get DebugL", ["DebugLB"]),
        ("kubectl -n kube-system exec ds/cilium -- cilium-dbg ip get 0", ["0.0.0.0/0"]),
        ("kubectl -n kube-system exec ds/cilium -- hubble observe --verdict D", ["DROPPED"]),
        ("kubectl apply -f ", ["net.yaml"]),
        ("kubectl apply --filename=n", ["--filename=net.yaml"]),
        ("kubectl drain cluster-a-w", ["cluster-a-worker", "cluster-a-worker2"]),
        ("kubectl wait --for=c", ["--for=condition=", "--for=create"]),
        ("cilium clustermesh dis", ["disable", "disconnect"]),
        ("cilium clustermesh connect --destination-context ", ["kind-cluster-a", "kind-cluster-b"]),
        ("cilium status -o ", ["json", "summary"]),
        ("cilium config set policy-default", ["policy-default-local-cluster"]),
        ("cilium help clusterm", ["clustermesh"]),
        ("hubble l", ["list"]),
        ("hubble observe --verdict D", ["DROPPED"]),
        ("hubble observe -t policy", ["policy-verdict"]),
        ("hubble observe --to-pod shop/", ["shop/cart", "shop/db-0"]),
        ("hubble observe -n shop --pod c", ["cart"]),
        ("hubble observe --from-namespace sh", ["shop"]),
        ("hubble observe --traffic-direction ", ["egress", "ingress"]),
        ("hubble observe --input-file ", ["net.yaml"]),
        ("watch -n 2 kubectl des", ["describe"]),
        ("kubectl get cnp | kubectl des", ["describe"]),
    ],
)
def test_proposals(session: Session, line: str, expected: list[str]) -> None:
    assert _proposed(session, line) == sorted(expected)


def _refused_words() -> Iterator[tuple[str, str]]:
    """Command lines to complete, each with a word that the tool refuses there."""
    for path, row in _rows(ROOT, "kubectl"):
        if not row.is_simulated:
            yield path.rpartition(" ")[0], row.name
        elif row.target:
            verb = row.load()
            yield from ((path, f"--{flag.name}") for flag in verb.refused_flags())
    yield from (("kubectl get", f"--{flag.name}") for flag in refused_global_flags())
    yield "kubectl apply", "--kustomize"
    for path, _, _ in CILIUM_REFUSED:
        yield f"cilium {path}".rpartition(" ")[0], path.rpartition(" ")[2]
    for sub in CILIUM_COMMANDS:
        yield from ((f"cilium {sub.path}", f"--{name}") for name in sub.refused_flags)
    in_agent = "kubectl -n kube-system exec ds/cilium -- cilium-dbg"
    for path in DBG_REFUSED:
        yield f"{in_agent} {path}".rpartition(" ")[0], path.rpartition(" ")[2]
    for path, flags in OTHER_FLAGS.items():
        yield from ((f"{in_agent} {path}", f"--{flag.name}") for flag in flags())
    tree = build_tree({})
    for command in _commands(tree.root):
        if tree.is_refused(command):
            yield command.path.rpartition(" ")[0], command.name
    yield from (("hubble observe", f"--{name}") for name in ("kubeconfig", "cel-expression"))


def _rows(row: Row, path: str) -> Iterator[tuple[str, Row]]:
    for child in row.children:
        yield f"{path} {child.name}", child
        yield from _rows(child, f"{path} {child.name}")


def _commands(command: Command) -> Iterator[Command]:
    for child in command.children:
        yield child
        yield from _commands(child)


@pytest.mark.parametrize(
    "command", ["endpoint get ", "endpoint health ", "bpf policy get ", "monitor --from ", "fqdn cache list -e "]
)
def test_endpoints_of_the_agents_node_are_proposed(session: Session, command: str) -> None:
    start = "kubectl -n kube-system exec ds/cilium -- cilium-dbg"
    listed = Shell(session, Programs()).run_line(f"{start} endpoint list --no-headers")
    ids = {line.text.split()[0] for line in listed.stdout if line.text[:1].isdigit()}
    assert ids
    assert set(_proposed(session, f"{start} {command}")) == ids


def test_nothing_that_is_refused_is_proposed(session: Session) -> None:
    refused = [*_refused_words()]
    assert len(refused) > 100
    proposed = {line: _proposed(session, f"{line} ") + _proposed(session, f"{line} -") for line, _ in refused}
    assert [(line, word) for line, word in refused if word in proposed[line]] == []


@pytest.mark.parametrize(
    "line",
    [
        "kubectl get pods -o ",
        "kubectl get events -o ",
        "kubectl events -o ",
        "kubectl label pod cart a=b --overwrite -o ",
        "kubectl delete pod cart --dry-run=client -o ",
        "kubectl delete pod cart --dry-run=client --cascade=",
        "kubectl version -o ",
        "kubectl api-resources -o ",
        "kubectl config view -o ",
        "kubectl config get-contexts -o ",
        "kubectl explain pods --output ",
        "kubectl apply -f policy.yaml --validate=",
        "cilium status -o ",
        "cilium encryption status -o ",
        "cilium features status -o ",
        "hubble observe -o ",
        "hubble observe --time-format ",
        "hubble observe --color ",
        "hubble observe --type ",
        "hubble observe --verdict ",
        "hubble observe --protocol ",
        "hubble observe --drop-reason-desc ",
        "hubble observe --identity ",
        "hubble observe --tcp-flags ",
        "hubble observe --http-method ",
        "hubble status -o ",
        "hubble list nodes -o ",
        "hubble list namespaces -o ",
        "kubectl -n kube-system exec ds/cilium -- cilium-dbg monitor -t ",
    ],
)
def test_a_proposed_value_is_one_that_the_tool_takes(session: Session, line: str) -> None:
    templates = {"custom-columns=": "NAME:.metadata.name", "go-template": "{{.kind}}", "": "{.kind}"}
    proposed = [word for word in _proposed(session, line) if "-file=" not in word and "templatefile" not in word]
    assert proposed
    session.files["policy.yaml"] = lines(SHOP[SHOP.index("apiVersion: cilium.io") :])
    for word in proposed:
        start = line if not word.startswith("-") else line.rpartition(" ")[0] + " "
        template = next(text for name, text in templates.items() if word.startswith(name)) if word[-1] == "=" else ""
        template = "{{.kind}}" if word == "template=" else template
        result = Shell(session, Programs()).run_line(f"{start}{word}{template and repr(template)}")
        errors = [each.text for each in result.stderr if "Defaulted" not in each.text]
        assert (word, result.exit, [each for each in errors if "rror" in each]) == (word, 0, [])
