"""The definitions that the Gateway API project publishes, by the addresses from which they are installed.

Rules for this file: nothing is fetched; an address that is not known has no text. Source: kubernetes-sigs/gateway-api
releases and config/crd; cilium/cilium v1.19 Documentation/network/servicemesh/installation.rst.
"""

from __future__ import annotations

import json
import re

from quizgame.cluster.crds import GATEWAY_CRDS, crd_object
from quizgame.cluster.resources import Resource

_PROJECT = "kubernetes-sigs/gateway-api"
_BUNDLE = re.compile(
    rf"https://github\.com/{_PROJECT}/releases/download/v(?P<release>1\.\d+\.\d+)/"
    r"(?P<channel>standard|experimental)-install\.yaml"
)
_SINGLE = re.compile(
    rf"https://raw\.githubusercontent\.com/{_PROJECT}/(?:refs/tags/)?v(?P<release>1\.\d+\.\d+)/config/crd/"
    r"(?P<channel>standard|experimental)/gateway\.networking\.k8s\.io_(?P<plural>[a-z]+)\.yaml"
)
# Simplified: a kind is as Gateway API 1.4 defines it, whichever release brought it.
_STANDARD_SINCE = {
    "gatewayclasses": 0, "gateways": 0, "httproutes": 0, "referencegrants": 0, "grpcroutes": 1, "backendtlspolicies": 4,
}  # fmt: skip
"""Kind → the minor release of 1 in whose standard channel it first was, in the version that Cilium 1.19 asks for."""


def text_at(address: str) -> str | None:
    """What the project publishes at an address: empty where it has nothing there, None where the address is not its."""
    bundle, single = _BUNDLE.fullmatch(address), _SINGLE.fullmatch(address)
    found = bundle or single
    if found is None:
        return None
    release, channel = found["release"], found["channel"]
    kinds = [kind for kind in GATEWAY_CRDS if _is_in(kind, release, channel)]
    if single is not None:
        kinds = [kind for kind in kinds if kind.plural == single["plural"]]
    return "\n".join(json.dumps(_definition(kind, release, channel)) for kind in kinds)


def _is_in(kind: Resource, release: str, channel: str) -> bool:
    minor = int(release.split(".")[1])
    since = _STANDARD_SINCE.get(kind.plural)
    if kind.plural == "grpcroutes" and minor < _STANDARD_SINCE["grpcroutes"]:
        return False
    return channel == "experimental" or (since is not None and since <= minor)


def _definition(kind: Resource, release: str, channel: str) -> dict[str, object]:
    definition = crd_object(kind)
    annotations = {
        "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api/pull/3328",
        "gateway.networking.k8s.io/bundle-version": f"v{release}",
        "gateway.networking.k8s.io/channel": channel,
    }
    return {**definition, "metadata": {**definition["metadata"], "annotations": annotations}}
