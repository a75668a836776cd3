"""What a plain scalar means: text, null, boolean or number.

Timestamps and base-60 numbers are no types here: ``2026-01-02`` and ``12:30:00`` stay text, as they do when Kubernetes
turns a manifest into JSON.
"""

from __future__ import annotations

import re
from enum import Enum

STR = "tag:yaml.org,2002:str"
NULL = "tag:yaml.org,2002:null"
BOOL = "tag:yaml.org,2002:bool"
INT = "tag:yaml.org,2002:int"
FLOAT = "tag:yaml.org,2002:float"
MERGE = "tag:yaml.org,2002:merge"

Scalar = str | int | float | bool | None


class Dialect(Enum):
    """Whose reading of YAML 1.1 applies."""

    PACK = "pack"
    """Packs of this project: a key is the text that stands there."""
    KUBERNETES = "kubernetes"
    """Manifests: ``y`` and ``n`` are booleans too, and a key is the text of its value (``on:`` is ``true``)."""


_WORDS: dict[str, tuple[str, Scalar]] = {"": (NULL, None), "<<": (MERGE, "<<")}
for _tag, _value, _words in (
    (NULL, None, ("~", "null", "Null", "NULL")),
    (BOOL, True, ("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")),
    (BOOL, False, ("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")),
    (FLOAT, float("inf"), (".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF")),
    (FLOAT, float("-inf"), ("-.inf", "-.Inf", "-.INF")),
    (FLOAT, float("nan"), (".nan", ".NaN", ".NAN")),
):
    _WORDS.update(dict.fromkeys(_words, (_tag, _value)))
# Source: go.yaml.in/yaml/v2 resolve.go (what sigs.k8s.io/yaml uses): y, Y, n and N are booleans.
_KUBERNETES_WORDS = _WORDS | {"y": (BOOL, True), "Y": (BOOL, True), "n": (BOOL, False), "N": (BOOL, False)}

_WORDS_OF = {Dialect.PACK: _WORDS, Dialect.KUBERNETES: _KUBERNETES_WORDS}
_NUMBER_STARTS = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?")
_INT_DIGITS = 400
"""Longer digit strings are read as text: no field holds such a number, and conversion is quadratic."""


def resolve_plain(text: str, dialect: Dialect) -> tuple[str, Scalar]:
    """Return the tag and value of a plain (unquoted) scalar."""
    word = _WORDS_OF[dialect].get(text)
    if word is not None:
        return word
    if text[0] in _NUMBER_STARTS and len(text) < _INT_DIGITS:
        if _INT.fullmatch(text):
            return INT, _int(text)
        if _FLOAT.fullmatch(text):
            return FLOAT, float(text.replace("_", ""))
    return STR, text


def _int(text: str) -> int:
    digits = text.replace("_", "").lower()
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    if digits.startswith("0b"):
        return sign * int(digits[2:] or "0", 2)
    if digits.startswith("0x"):
        return sign * int(digits[2:] or "0", 16)
    if digits.startswith("0") and len(digits) > 1:
        return sign * int(digits.lstrip("0o") or "0", 8)
    return sign * int(digits)
