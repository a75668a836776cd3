"""Proofs: right claims must be true, wrong ones false, and claims that are neither are told at their line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.content.library import Library, build_library
from quizgame.content.packfiles import PackFile
from quizgame.game.proving.proof import ProofReport, prove, together

PACK = """\
apiVersion: quizgame/v1
kind: Questions
domain: network-policy
questions:
  - id: web-takes-shop-alone
    competency: rule-structure
    kind: single
    difficulty: easy
    stem: What becomes of it?
    exhibit: |
      apiVersion: cilium.io/v2
      kind: CiliumNetworkPolicy
      metadata: {name: web, namespace: default}
      spec:
        endpointSelector: {matchLabels: {app: web}}
        ingress:
        - fromEndpoints:
          - matchLabels: {app: shop}
    options:
      - {text: one, correct: true, claim: CLAIM_1}
      - {text: two, claim: CLAIM_2}
    versions: "1.19"
    proof:
      exhibit: true
      manifests: |
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        spec: {containers: [{name: c, image: i}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: cat, labels: {app: cat}}
        spec: {containers: [{name: c, image: i}]}
      each: {probe: {from: {pod: default/cat}, to: {pod: default/web}, port: 80}}
"""
FIRST, SECOND = 20, 21
"""Lines of the two claims."""
DENIED, FORWARDED = "{ingress: denied}", "{verdict: FORWARDED}"

Prove = Callable[..., ProofReport]


@pytest.fixture
def proving() -> Prove:
    def run(first: str, second: str, *, fast: bool = False) -> ProofReport:
        text = PACK.replace("CLAIM_1", first).replace("CLAIM_2", second)
        library: Library = build_library([PackFile("pack.yaml", text.encode())])
        assert library.problems == ()
        return together(prove(entry, fast=fast) for entry in library.questions.values())

    return run


def told(report: ProofReport) -> list[str]:
    return [str(problem) for problem in report.problems]


def test_true_right_and_false_wrong_claims_are_a_proof(proving: Prove) -> None:
    report = proving(DENIED, FORWARDED)
    assert (report.questions, report.claims, report.left_out, report.problems) == (1, 2, 0, ())


def test_a_false_right_claim_is_told_with_what_was_found(proving: Prove) -> None:
    (line,) = told(proving("{ingress: allowed, drop: 181}", FORWARDED))
    assert line.startswith(f"pack.yaml:{FIRST}:")
    assert "should be true and is not: ingress is denied, the claim says allowed; the drop reason is 133" in line


def test_a_true_wrong_claim_is_told(proving: Prove) -> None:
    (line,) = told(proving(DENIED, "{verdict: DROPPED}"))
    assert line.startswith(f"pack.yaml:{SECOND}:")
    assert line.endswith("should be false and is true")


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("{verdict: FORWARDED, probe: {from: {pod: a/dog}, to: {pod: default/web}, port: 80}}", 'no pod "a/dog"'),
        ("{}", "claims nothing: say what to expect of a probe"),
        ("{command: kubectl get pods}", "claims nothing: say what to expect of a probe"),
        ("{exit: 0}", "shows, lacks and exit are about a command: give one"),
        ("{verdict: FORWARDED, manifests: '- 1'}", "expected Kubernetes objects"),
        ("{verdict: FORWARDED, manifests: 'a: ['}", "cannot be executed"),
        ("{verdict: FORWARDED, manifests: '{kind: CiliumNetworkPolicy, metadata: {name: x}, spec: {}}'}", "is refused"),
    ],
)
def test_a_claim_that_is_neither_true_nor_false_is_a_problem(proving: Prove, claim: str, words: str) -> None:
    lines = told(proving(DENIED, claim))
    assert any(line.startswith(f"pack.yaml:{SECOND}:") and words in line for line in lines), lines


def test_manifests_of_a_claim_belong_to_it_alone(proving: Prove) -> None:
    more = (
        "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: more, namespace: default}, "
        "spec: {endpointSelector: {}, ingress: [{fromEntities: [all]}]}}"
    )
    report = proving(f"{{ingress: allowed, manifests: '{more}'}}", "{ingress: allowed}")
    assert report.problems == ()


def test_refused_manifests_are_claimed_by_the_words_of_the_message(proving: Prove) -> None:
    bad = (
        "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: bad, namespace: default}, "
        "spec: {endpointSelector: {}, egress: [{toEntities: [dns]}]}}"
    )
    probe = "probe: {from: {pod: default/cat}, to: {pod: default/web}, port: 80}, ingress: denied"
    report = proving(
        f"{{manifests: '{bad}', refused: 'unsupported entity', {probe}}}", f"{{manifests: '{bad}', accepted: true}}"
    )
    assert told(report) == []


def test_commands_run_in_a_cluster_and_are_left_out_by_fast(proving: Prove) -> None:
    first = "{command: 'kubectl exec cat -- curl -sS --max-time 2 web', exit: 6, ingress: denied}"
    second = "{command: ['X=1', 'kubectl get pods'], shows: [cat, dog], lacks: web, ingress: allowed}"
    assert proving(first, second).problems == ()
    fast = proving(first, second, fast=True)
    assert (fast.claims, fast.left_out) == (0, 2)


def test_a_command_that_is_not_simulated_is_a_problem(proving: Prove) -> None:
    (line,) = told(proving(DENIED, "{command: kubectl proxy, exit: 0}"))
    assert "is not simulated" in line
