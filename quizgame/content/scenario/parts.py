"""What several parts of a scenario are made of: workloads, ports, probes, objects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StrictInt, StringConstraints, model_validator

from quizgame.addresses import is_ipv4
from quizgame.content.model import Line, PackModel

Scalar = Line | StrictInt
"""A short text or a number."""
Port = Annotated[StrictInt, Field(ge=1, le=65535)]
Protocol = Literal["TCP", "UDP"]
Method = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,16}$")]
Document = dict[str, Any]
"""A Kubernetes object."""

_DURATION = re.compile(r"([0-9]+)(ms|s|m)")
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000}


def _duration(text: str) -> str:
    if _DURATION.fullmatch(text) is None or milliseconds(text) == 0:
        raise ValueError(f'"{text}" is no duration: write 500ms, 2s or 1m')
    return text


def milliseconds(text: str) -> int:
    """The length of a duration as packs write it."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found.group(1)) * _UNITS_MS[found.group(2)]


Duration = Annotated[Line, AfterValidator(_duration)]
"""``500ms``, ``2s``, ``1m``."""


@dataclass(frozen=True, slots=True)
class WorkloadName:
    """A workload (or pod) of a cluster."""

    cluster: str
    """Name in the scenario's world; empty: the first one."""
    namespace: str
    name: str

    def __str__(self) -> str:
        prefix = f"{self.cluster}:" if self.cluster else ""
        return f"{prefix}{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Client:
    """Where a probe or traffic comes from: a workload's pods, or an address outside the clusters."""

    workload: WorkloadName | None
    address: str
    """Empty where a workload is meant."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a probe or traffic goes: a workload's pods, or a name or address."""

    workload: WorkloadName | None
    host: str
    """Empty where a workload is meant."""
    port: int | None


_WORKLOAD = re.compile(r"(?:([a-z0-9][a-z0-9-]*):)?([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9.-]*)")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.?")


def parse_workload(text: str) -> WorkloadName:
    """Read ``[CLUSTER:]NAMESPACE/WORKLOAD``.

    Raises:
        ValueError: if it is none.
    """
    found = _WORKLOAD.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" names no workload: write NAMESPACE/NAME or CLUSTER:NAMESPACE/NAME')
    return WorkloadName(found.group(1) or "", found.group(2), found.group(3))


def parse_client(text: str) -> Client:
    """Read ``[CLUSTER:]NAMESPACE/WORKLOAD``, or an address outside.

    Raises:
        ValueError: if it is neither.
    """
    return Client(None, text) if is_ipv4(text) else Client(parse_workload(text), "")


def parse_target(text: str) -> Target:
    """Read ``[CLUSTER:]NAMESPACE/WORKLOAD[:PORT]``, or ``NAME[:PORT]``, or ``ADDRESS[:PORT]``.

    Raises:
        ValueError: if it is none of them.
    """
    host, colon, tail = text.rpartition(":")
    port = None
    if colon and tail.isdecimal():
        text, port = host, int(tail)
        if not 1 <= port <= 65535:
            raise ValueError(f"{port} is no port")
    if "/" in text:
        return Target(parse_workload(text), "", port)
    if _HOST.fullmatch(text) is None:
        raise ValueError(f'"{text}" names no target: write NAMESPACE/WORKLOAD, a DNS name or an address')
    return Target(None, text, port)


def _client(text: str) -> str:
    parse_client(text)
    return text


def _target(text: str) -> str:
    parse_target(text)
    return text


ClientText = Annotated[Line, AfterValidator(_client)]
"""``NAMESPACE/NAME`` or ``CLUSTER:NAMESPACE/NAME``: all pods of a workload, or one pod; or an address outside."""
TargetText = Annotated[Line, AfterValidator(_target)]
"""A workload, a DNS name or an address, each with ``:PORT`` if the port is not given elsewhere."""


class HttpAsk(PackModel):
    """An HTTP request."""

    noun: ClassVar[str] = "request"

    method: Method = Field("GET", description="Its method.")
    path: Line = Field("/", description="Its path, with the query.")


class Probe(PackModel):
    """One attempt to reach something."""

    noun: ClassVar[str] = "probe"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: ClientText = Field(alias="from", description="Who tries: CLUSTER:NAMESPACE/WORKLOAD; the cluster's name is "
                                                        "left out where there is one. All its pods try. Or an address "
                                                        "outside the clusters.")  # fmt: skip
    to: TargetText = Field(description="What: CLUSTER:NAMESPACE/WORKLOAD for its pods themselves, else a DNS name "
                                       "(which must then resolve) or an address; with :PORT.")  # fmt: skip
    port: Port | None = Field(None, description="The port, if it does not stand in `to`.")
    protocol: Protocol = Field("TCP", description="TCP or UDP.")
    http: HttpAsk | None = Field(None, description="Ask this over the connection; an answer of 400 or more fails.")
    why: Line | None = Field(None, description="Why it matters; shown when the check of this probe fails.")

    @model_validator(mode="after")
    def _has_port(self) -> Self:
        port = parse_target(self.to).port
        if (port is None) == (self.port is None):
            raise ValueError("give the port once: after the colon in `to`, or as `port`")
        if self.http is not None and self.protocol != "TCP":
            raise ValueError("HTTP goes over TCP")
        target = self.target
        if self.client.workload is None and target.workload is None and not is_ipv4(target.host):
            raise ValueError("a client outside asks for an address: nobody resolves names for it")
        return self

    @property
    def client(self) -> Client:
        """Who tries."""
        return parse_client(self.from_)

    @property
    def target(self) -> Target:
        """What is tried, its port filled in."""
        target = parse_target(self.to)
        return Target(target.workload, target.host, target.port if self.port is None else self.port)

    def __str__(self) -> str:
        target = self.target
        place = str(target.workload) if target.workload is not None else target.host
        ask = f" {self.http.method} {self.http.path}" if self.http is not None else ""
        return f"{self.from_} -> {place}:{target.port}/{self.protocol}{ask}"


class ObjectName(PackModel):
    """An object of a cluster."""

    noun: ClassVar[str] = "object"

    cluster: Line | None = Field(None, description="The cluster's name; left out: the first one.")
    kind: Line = Field(description="Its kind, as in its manifest.")
    namespace: Line | None = Field(None, description="Its namespace, if it has one.")
    name: Line = Field(description="Its name.")

    def __str__(self) -> str:
        inside = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {inside}{self.name}"
