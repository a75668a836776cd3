"""Refusals, compared with what a real API server said to the same manifests."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.apply import apply_object
from quizgame.cluster.build import ClusterSpec
from quizgame.cluster.world import World

Build = Callable[..., World]

# Goldens whose refusal is the server's own; those of kubectl itself (no kind, no match, files) belong to its tests.
CASES = (
    "apply-bgp-bad-asn", "apply-bgpadv-bad-type", "apply-bgpadv-service-noaddr", "apply-ccnp-both-selectors",
    "apply-ccnp-dns-entity", "apply-cnp-fromrequires", "apply-cnp-label-dot-key", "apply-deploy-selector-mismatch",
    "apply-deploy-unknown-field", "apply-egressgw-bad-cidr", "apply-egressgw-no-gateway", "apply-gateway-badport",
    "apply-gateway-noclass", "apply-ippool-bad-cidr", "apply-knp-bad-port", "apply-knp-unknown-field",
    "apply-lrp-nobackend", "apply-namespace-missing", "apply-service-nodeport-range", "apply-service-unknown-type",
)  # fmt: skip
FILES = (
    "cnp-bad-cidr", "cnp-bad-enum", "cnp-bad-fqdn", "cnp-bad-port-type", "cnp-bad-protocol", "cnp-fqdn-in-ingress",
    "cnp-no-selector", "cnp-unknown-field",
)  # fmt: skip
ACCEPTED = ("bgp.yaml", "gateway.yaml", "starwars.yaml", "knp.yaml", "ccnp.yaml", "cnp-fqdn.yaml", "cnp-l7-on-any.yaml")


def refusal(world: World, text: str) -> str:
    """What kubectl shows of the server's answer, without its own head line."""
    for document in filter(None, yaml.safe_load_all(text)):
        served = world.cluster.api.registry.for_kind(document["apiVersion"], document["kind"])
        assert served is not None
        try:
            apply_object(world.cluster.api, served[0], document, version=served[1])
        except ApiError as error:
            if error.reason != "Invalid":
                return error.message
            causes = [str(each) for each in error.causes]
            shown = causes[0] if len(causes) == 1 else "".join(f"\n* {each}" for each in causes)
            return f'The {error.kind} "{error.name}" is invalid: {shown}'
    return ""


def told(path: Path) -> str:
    text = path.read_text().rstrip("\n")
    return re.sub(r'^Error from server \(\w+\): (error when creating "[^"]*": )?', "", text)


@pytest.mark.parametrize("name", CASES)
def test_manifest_is_refused_in_the_same_words(build: Build, golden: Path, name: str) -> None:
    world = build(specs=(ClusterSpec(gateway_api=True),))
    manifest = (golden / "kubectl" / f"{name}.stdin.txt").read_text()
    assert refusal(world, manifest) == told(golden / "kubectl" / f"{name}.stderr.txt")


@pytest.mark.parametrize("name", FILES)
def test_policy_file_is_refused_in_the_same_words(build: Build, golden: Path, name: str) -> None:
    manifest = (golden / "inputs" / f"{name}.yaml").read_text()
    assert refusal(build(), manifest) == told(golden / "kubectl" / f"apply-{name}.stderr.txt")


@pytest.mark.parametrize("name", ACCEPTED)
def test_good_manifest_is_accepted(build: Build, golden: Path, name: str) -> None:
    world = build(specs=(ClusterSpec(gateway_api=True),))
    assert refusal(world, (golden / "inputs" / name).read_text()) == ""


def test_deprecated_version_works_with_a_warning(build: Build) -> None:
    api = build().cluster.api
    warnings: list[str] = []
    pool = {"metadata": {"name": "p"}, "spec": {"blocks": [{"cidr": "10.9.0.0/24"}]}}
    made = api.create("ciliumloadbalancerippools", pool, version="v2alpha1", warn=warnings.append)
    # Source: golden kubectl/apply-ippool-v2alpha1-deprecated
    assert warnings == [
        "cilium.io/v2alpha1 CiliumLoadBalancerIPPool is deprecated; use cilium.io/v2 CiliumLoadBalancerIPPool"
    ]
    assert made["apiVersion"] == "cilium.io/v2"
