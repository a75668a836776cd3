"""Rules for the names of objects, label keys and label values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quizgame.cluster.resources import Resource


@dataclass(frozen=True, slots=True)
class NameRule:
    """What a name must look like."""

    pattern: str
    limit: int
    """Longest length, in bytes."""
    message: str


_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
# Source: kubernetes apimachinery pkg/util/validation: patterns and wording.
NAME_RULES = {
    "subdomain": NameRule(
        rf"{_LABEL}(\.{_LABEL})*",
        253,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
        "start and end "
        "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ),
    "label": NameRule(
        _LABEL,
        63,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        "with an "
        "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ),
    "dns1035": NameRule(
        r"[a-z]([-a-z0-9]*[a-z0-9])?",
        63,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        "character, and end "
        "with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
        "'[a-z]([-a-z0-9]*[a-z0-9])?')",
    ),
    "path": NameRule(r"(?!\.\.?$)[^/%]+", 253, "may not contain '/' or '%'"),
}
_RULE_OF_KIND = {"Namespace": "label", "Service": "dns1035"} | dict.fromkeys(
    ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), "path"
)
_LABEL_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")


def name_rule_of(resource: Resource) -> str:
    """Which of ``NAME_RULES`` holds for a kind's names."""
    return "subdomain" if resource.is_custom else _RULE_OF_KIND.get(resource.kind, "subdomain")


def is_label_key(key: str) -> bool:
    """Whether a text may be a label's key, prefix included."""
    prefix, slash, name = key.rpartition("/")
    fits = len(name) <= 63 and _LABEL_NAME.fullmatch(name) is not None
    return fits and (not slash or re.fullmatch(NAME_RULES["subdomain"].pattern, prefix) is not None)


def is_label_value(value: str) -> bool:
    """Whether a text may be a label's value; an empty one may."""
    return not value or (len(value) <= 63 and _LABEL_NAME.fullmatch(value) is not None)
