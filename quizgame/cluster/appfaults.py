"""Declared misbehaviour of containers: what a world says about programs that the simulation does not run itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from quizgame.cluster.objects import labels_of, name_of, namespace_of


class AppState(Enum):
    """How a container misbehaves."""

    NOT_READY = "not-ready"
    """It runs, but its readiness probe fails."""
    CRASHES = "crashes"
    """It exits again and again."""
    NO_IMAGE = "no-image"
    """Its image cannot be pulled."""
    COMPLETES = "completes"
    """It exits with status 0 when its work is done."""


@dataclass(frozen=True, slots=True)
class AppFault:
    """One statement about the containers of some pods."""

    namespace: str
    state: AppState
    pod: str = ""
    """Name of the pod, or the beginning of it; empty: by labels alone."""
    labels: tuple[tuple[str, str], ...] = ()
    container: str = ""
    """Name of the container; empty: all."""
    image: str = ""
    """Only containers with this image; empty: whatever the image, so a new image does not help."""
    exit_code: int = 1
    message: str = ""
    """The termination message of a crash, or what the failing probe reports."""

    def concerns(self, pod: Mapping[str, Any], container: Mapping[str, Any]) -> bool:
        """Whether the statement is about this container of this pod."""
        present = labels_of(pod)
        return (
            namespace_of(pod) == self.namespace
            and name_of(pod).startswith(self.pod)
            and all(present.get(key) == value for key, value in self.labels)
            and self.container in ("", container["name"])
            and self.image in ("", container.get("image"))
        )


def fault_of(faults: Iterable[AppFault], pod: Mapping[str, Any], container: Mapping[str, Any]) -> AppFault | None:
    """The first statement about a container."""
    return next((each for each in faults if each.concerns(pod, container)), None)
