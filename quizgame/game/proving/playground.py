"""The world of a question's proof as a cluster that one can play on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from quizgame.cluster.objects import dig
from quizgame.cluster.world import World
from quizgame.content.library import BankQuestion
from quizgame.content.proofs import PolicySettings, ProbeProtocol, Proof, ProofCluster
from quizgame.game.proving.claims import cluster_world, is_object, is_slow, merged
from quizgame.game.proving.proof import ground_of, stated_claims
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

IMAGE = "registry.example.com/app:1.0"


def has_playground(entry: BankQuestion) -> bool:
    """Whether the question's proof has manifests that say everything of its world."""
    proof = entry.question.proof
    if proof is None or not ground_of(entry).manifests(proof.each):
        return False
    case = proof.case
    return case == PolicySettings(policyEnforcementMode=case.policyEnforcementMode)


def playground(entry: BankQuestion) -> World:
    """A cluster in which the question's manifests are applied.

    Worlds of policy alone name neither namespaces nor what pods run: both are added, as a cluster needs them.

    Raises:
        QuizgameError: The API server refuses one of the manifests.
    """
    ground = ground_of(entry)
    proof = ground.proof
    cluster = proof.cluster or ProofCluster(values={"policyEnforcementMode": proof.case.policyEnforcementMode.value})
    texts = ground.manifests(proof.each)
    if not any(is_slow(merged(proof.each, claim)) for claim in stated_claims(entry)):
        texts = tuple(_completed(texts, _ports(entry, proof)))
    return cluster_world(cluster, texts).fork()


def _ports(entry: BankQuestion, proof: Proof) -> list[int]:
    """Ports that the claims ask for: something must listen there."""
    probes = [probe for claim in stated_claims(entry) if (probe := merged(proof.each, claim).probe) is not None]
    return sorted({probe.port for probe in probes if probe.protocol is ProbeProtocol.TCP and probe.port})


def _completed(texts: Sequence[str], ports: Sequence[int]) -> Iterator[str]:
    documents = [load_documents(text, "manifests", dialect=Dialect.KUBERNETES) for text in texts]
    objects = [document.data for found in documents for document in found if is_object(document.data)]
    there = {"default", "kube-system"}
    there |= {str(each["metadata"].get("name")) for each in objects if each["kind"] == "Namespace"}
    named = {str(each["metadata"]["namespace"]) for each in objects if each["metadata"].get("namespace")}
    missing = sorted(named - there)
    yield _dumped({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in missing)
    yield _dumped(_runnable(each, ports) if each["kind"] == "Pod" else each for each in objects)


def _runnable(pod: Mapping[str, Any], ports: Sequence[int]) -> Mapping[str, Any]:
    if dig(pod, "spec", "containers"):
        return pod
    container = {"name": "app", "image": IMAGE, "ports": [{"containerPort": port} for port in ports]}
    return {**pod, "spec": {**(pod.get("spec") or {}), "containers": [container]}}


def _dumped(objects: Iterator[Mapping[str, Any]]) -> str:
    return yaml.safe_dump_all(list(objects), sort_keys=False)
