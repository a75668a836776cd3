"""Volumes of a pod that the kubelet fills from other objects: without those objects no container starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.cluster.objects import KubeObject

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

_SOURCES = (("secret", "secretName", "secrets"), ("configMap", "name", "configmaps"))


def mount_problem(api: ApiServer, pod: KubeObject) -> str:
    """Why a pod's volumes cannot be set up, as the kubelet's event says it; empty where they can."""
    namespace = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes") or ():
        for kind, plural, name in _needed(volume):
            if api.find(plural, name, namespace) is None:
                return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {kind} "{name}" not found'
    return ""


def _needed(volume: KubeObject) -> Iterator[tuple[str, str, str]]:
    """What a volume is made of and must be there: word, resource and name."""
    for word, key, plural in _SOURCES:
        source = volume.get(word)
        if source is not None and not source.get("optional"):
            yield word.lower(), plural, source.get(key, "")
        for part in (volume.get("projected") or {}).get("sources") or ():
            inner = part.get(word)
            if inner is not None and not inner.get("optional"):
                yield word.lower(), plural, inner.get("name", "")
