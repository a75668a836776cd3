"""Certificates as far as the simulation looks into them: who they are for, and which authority signed them.

A certificate is base64 over a PEM-like text with a keyed body. Two authorities are equal exactly when their texts are.
"""

from __future__ import annotations

import base64

from quizgame.cluster.keyed import keyed_bytes


def authority(seed: int, cluster: str, installation: int) -> dict[str, str]:
    """``ca.crt`` and ``ca.key`` (base64) of a new authority, one for each installation of Cilium."""
    body = ("cilium-ca", cluster, installation)
    return {
        "ca.crt": _pem(seed, "CERTIFICATE", "Cilium CA", *body),
        "ca.key": _pem(seed, "EC PRIVATE KEY", "key", *body),
    }


def issued(ca: dict[str, str], common_name: str) -> dict[str, str]:
    """``ca.crt``, ``tls.crt`` and ``tls.key`` of a certificate that the authority signs for a name."""
    return {
        "ca.crt": ca["ca.crt"],
        "tls.crt": _pem(0, "CERTIFICATE", common_name, ca["ca.crt"]),
        "tls.key": _pem(0, "EC PRIVATE KEY", common_name, ca["ca.crt"]),
    }


def _pem(seed: int, kind: str, subject: str, *parts: str | int) -> str:
    body = base64.b64encode(keyed_bytes(seed, kind, subject, *parts, size=48)).decode()
    text = f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n"
    return base64.b64encode(text.encode()).decode()
