"""Images of a Cilium release."""

from __future__ import annotations

from quizgame.cluster.keyed import keyed_hex

_REGISTRY = "cr.test/cilium"
_ENVOY_TAG = "v1.36.8-1781157951-a7f42a3390781539911b5b9107881b35ecc4e752"
_UI_TAG = "v0.13.5"
# Source: images of the 1.19.5 chart (reference golden cilium-cli status-healthy).
_DIGESTS = {
    "cilium:v1.19.5": "20fbbc14ac20b55a292c0dcda5571bf31cde30a7dbc68c29db3e709390ab0732",
    f"cilium-envoy:{_ENVOY_TAG}": "326f872e19ce8aa45170efbf583b3f301586ba3feead14b864676d4baf3b45ed",
    "hubble-relay:v1.19.5": "24409bfa1bca075c92acb26ba4b49cd573d99d68d5370f7cc825078185222a0c",
    f"hubble-ui-backend:{_UI_TAG}": "fac0c300ae119274edca11fd89b1ad23c788792d8bc4ea2ba631c709e8d3c688",
    f"hubble-ui:{_UI_TAG}": "f7d514fc54d784ed6df9d58cf0e97648b143f92b766dd1780ed3fc845bd4c516",
    "operator-generic:v1.19.5": "be848a365776e07d0c5a895eda7aec928ddc52a5a1fa2f432fd7a286609e1db4",
}


def image(name: str, version: str) -> str:
    """The full reference of a component's image in a release (``1.19.5``); unknown digests are keyed by the tag."""
    tag = {"cilium-envoy": _ENVOY_TAG, "hubble-ui": _UI_TAG, "hubble-ui-backend": _UI_TAG}.get(name, f"v{version}")
    digest = _DIGESTS.get(f"{name}:{tag}") or keyed_hex(0, "image-digest", name, tag, digits=64)
    return f"{_REGISTRY}/{name}:{tag}@sha256:{digest}"
