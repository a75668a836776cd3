"""What ``label`` and ``annotate`` share: reading ``key=value key-`` words and changing a map of an object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quizgame.cluster.labelselect import LABEL_NAME_RULE, LABEL_VALUE_RULE
from quizgame.cluster.names import is_label_key, is_label_value
from quizgame.cluster.objects import KubeObject
from quizgame.tools.kubectl.errors import KubectlError


@dataclass(frozen=True, slots=True)
class Marks:
    """Keys to set and keys to take away."""

    set: dict[str, str]
    removed: tuple[str, ...]


def split_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Words that name objects, and words that say what to change, from the first ``key=value`` or ``key-`` on."""
    # Source: kubectl pkg/cmd/util GetResourcesAndPairs.
    for place, word in enumerate(words):
        is_pair = "=" in word[1:] or (word.endswith("-") and word != "-")
        if is_pair:
            return list(words[:place]), list(words[place:])
    return list(words), []


def parse_marks(words: Sequence[str], what: str, *, checks_values: bool) -> Marks:
    """Read ``key=value`` and ``key-`` words.

    Raises:
        KubectlError: a word is neither, or no key or value may look so.
    """
    pairs: dict[str, str] = {}
    removed: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key:
            if not is_label_key(key):
                raise KubectlError(f"invalid {what} key: {word!r}: {LABEL_NAME_RULE}".replace("'", '"', 2))
            if checks_values and not is_label_value(value):
                raise KubectlError(f'invalid label value: "{word}": {LABEL_VALUE_RULE}')
            pairs[key] = value
        elif word.endswith("-") and not equals:
            removed.append(word[:-1])
        else:
            raise KubectlError(f"unknown {what} spec: {word}")
    both = [key for key in removed if key in pairs]
    if both:
        raise KubectlError(
            f"can not both modify and remove {'a label' if what == 'label' else 'an annotation'} in the same command"
        )
    return Marks(pairs, tuple(removed))


def with_marks(node: KubeObject, field: str, marks: Marks) -> KubeObject:
    """The object with a map of its metadata changed."""
    present: dict[str, str] = node["metadata"].get(field) or {}
    fresh = {key: value for key, value in {**present, **marks.set}.items() if key not in marks.removed}
    metadata = {**node["metadata"], field: fresh}
    if not fresh:
        del metadata[field]
    return node if fresh == present else {**node, "metadata": metadata}
