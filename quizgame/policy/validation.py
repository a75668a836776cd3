"""Who refuses a policy object, and in which words.

Two layers refuse: the API server when the object is applied (layer 1), and the agent afterwards, which shows in the
object's condition ``Valid: False`` (layer 2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from quizgame.policy.agent_validation import agent_refusal
from quizgame.policy.cilium_schema import CIDR_GROUP, CILIUM_POLICY
from quizgame.policy.kubernetes_validation import NETWORK_POLICY, network_policy_violations
from quizgame.policy.parsing import CCNP, CNP, KNP
from quizgame.policy.schema import Schema, decoding_error, pruned, unknown_fields, violations

CIDR_GROUP_KIND: Final = "CiliumCIDRGroup"

_SCHEMAS: Final[dict[str, Schema]] = {
    CNP: CILIUM_POLICY,
    CCNP: CILIUM_POLICY,
    CIDR_GROUP_KIND: CIDR_GROUP,
    KNP: NETWORK_POLICY,
}
_API_VERSIONS: Final = {
    CNP: ("cilium.io/v2",),
    CCNP: ("cilium.io/v2",),
    CIDR_GROUP_KIND: ("cilium.io/v2", "cilium.io/v2alpha1"),
    KNP: ("networking.k8s.io/v1",),
}
_SUBDOMAIN: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_MAX_NAME: Final = 253


@dataclass(frozen=True, slots=True)
class ApiRejection:
    """Why the API server refuses an object."""

    unknown_fields: tuple[str, ...] = ()
    """Paths of fields that the kind does not have; a request that asks for it ignores them."""
    bad_request: str = ""
    """What the decoder says where the object cannot be read as its kind at all."""
    causes: tuple[str, ...] = ()
    """What is said after ``The KIND "NAME" is invalid: ``, one text a violation."""


def validate_layer1(manifest: Mapping[str, Any]) -> ApiRejection | None:
    """Return why the API server refuses an object, or ``None``.

    Unknown fields are told apart from violations; these are found as if the unknown fields were not there.

    Args:
        manifest: A CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy, CiliumCIDRGroup or NetworkPolicy; other kinds
            are none of this room's business and pass.
    """
    kind = str(manifest.get("kind", ""))
    schema = _SCHEMAS.get(kind)
    if schema is None:
        return None
    unknown = tuple(unknown_fields(manifest, schema))
    known = pruned(dict(manifest), schema)
    bad_request, causes = "", tuple(_name_problems(known))
    if kind == KNP:
        error = decoding_error(known, schema)
        bad_request = error or ""
        causes += () if error else tuple(network_policy_violations(known))
    else:
        causes += tuple(cause for key in ("spec", "specs") if key in known for cause in _at(known, schema, key))
    if not (unknown or bad_request or causes):
        return None
    return ApiRejection(unknown, bad_request, causes)


def _at(known: Mapping[str, Any], schema: Schema, key: str) -> list[str]:
    return list(violations(known[key], schema.properties[key], key))


def without_unknown_fields(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of an object without the fields that its kind does not have."""
    schema = _SCHEMAS.get(str(manifest.get("kind", "")))
    copy: dict[str, Any] = dict(manifest) if schema is None else pruned(dict(manifest), schema)
    return copy


def validate_layer2(manifest: Mapping[str, Any], *, node_selectors: bool = False) -> str | None:
    """Return the agent's complaint about a policy object (the text of ``Valid: False``), or ``None``.

    Objects that the API server would refuse get the agent's words too. Of a Kubernetes NetworkPolicy the agent refuses
    nothing that the API server lets pass. ``node_selectors``: whether ``enable-node-selector-labels`` is set.
    """
    if manifest.get("kind") in (CNP, CCNP):
        return agent_refusal(manifest, node_selectors=node_selectors)
    return None


def expected_api_versions(kind: str) -> tuple[str, ...]:
    """Return the ``apiVersion``s under which a kind of this room is served; nothing for other kinds."""
    return _API_VERSIONS.get(kind, ())


def _name_problems(manifest: Mapping[str, Any]) -> list[str]:
    metadata = manifest.get("metadata")
    if not isinstance(metadata, Mapping):
        metadata = {}
    name = metadata.get("name")
    if not name:
        return (
            [] if metadata.get("generateName") else ["metadata.name: Required value: name or generateName is required"]
        )
    if len(str(name)) > _MAX_NAME:
        return [f'metadata.name: Invalid value: "{name}": must be no more than {_MAX_NAME} bytes']
    if re.fullmatch(_SUBDOMAIN, str(name)) is None:
        return [
            f'metadata.name: Invalid value: "{name}": a lowercase RFC 1123 subdomain must consist of lower case '
            "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
            f"(e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
        ]
    return []
