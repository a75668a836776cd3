"""Proofs of questions: a small world, and what each option claims of it, in a form that the simulator executes.

Rules for this file: it only says what may be written. `quizgame.game.proving.claims` executes it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Self

from pydantic import ConfigDict, Field, StrictBool, StrictInt, model_validator

from quizgame.content.model import Line, PackModel, Text


class ProbePeer(PackModel):
    """One end of a connection: a pod, an address or an entity."""

    noun: ClassVar[str] = "peer"

    pod: Line | None = Field(None, description="namespace/name of a pod.")
    ip: Line | None = Field(None, description="An address.")
    entity: Line | None = Field(None, description="A reserved entity, such as host.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.pod, self.ip, self.entity)) != 1:
            raise ValueError("expected exactly one of pod, ip and entity")
        return self


class HttpProbe(PackModel):
    """A request that the connection carries."""

    noun: ClassVar[str] = "request"

    method: Line = Field("GET", description="The method.")
    path: Line = Field("/", description="The path, with the query if there is one.")
    host: str = Field("", description="The host.")
    headers: dict[str, str] = Field(default_factory=dict, description="Headers by name.")


class DnsProbe(PackModel):
    """A name that is looked up."""

    noun: ClassVar[str] = "query"

    query: Line = Field(description="The name.")


class TlsProbe(PackModel):
    """A TLS handshake."""

    noun: ClassVar[str] = "handshake"

    sni: Line = Field(description="The name that the client asks for.")


class ProbeProtocol(StrEnum):
    """What a connection speaks."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"
    ICMP = "ICMP"
    ICMPV6 = "ICMPv6"


class ProofProbe(PackModel):
    """One connection, as `quizgame verdict` takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    noun: ClassVar[str] = "probe"

    source: ProbePeer = Field(alias="from", description="Who opens the connection.")
    destination: ProbePeer = Field(alias="to", description="To whom.")
    port: StrictInt = Field(ge=0, le=65535, description="The destination port; for ICMP the type.")
    protocol: ProbeProtocol = Field(ProbeProtocol.TCP, description="TCP, UDP, SCTP, ICMP or ICMPv6.")
    http: HttpProbe | None = Field(None, description="The request in it.")
    dns: DnsProbe | None = Field(None, description="The query in it.")
    tls: TlsProbe | None = Field(None, description="The handshake in it.")


class SideWord(StrEnum):
    """What one side says."""

    ALLOWED = "allowed"
    DENIED = "denied"


class VerdictWord(StrEnum):
    """What becomes of the first packet."""

    FORWARDED = "FORWARDED"
    REDIRECTED = "REDIRECTED"
    DROPPED = "DROPPED"


class Mode(StrEnum):
    """The policy enforcement mode."""

    DEFAULT = "default"
    ALWAYS = "always"
    NEVER = "never"


class PolicySettings(PackModel):
    """What `quizgame verdict` takes as a case."""

    noun: ClassVar[str] = "case"

    policyEnforcementMode: Mode = Field(  # noqa: N815  # the key that cases of `verdict` use
        Mode.DEFAULT, description="default, always or never."
    )
    clusterName: Line = Field("default", description="The cluster's name.")  # noqa: N815  # as above
    dns: dict[str, tuple[Line, ...]] = Field(
        default_factory=dict, description="What DNS has taught: addresses by name."
    )
    initPods: tuple[Line, ...] = Field((), description="Pods in init state, as namespace/name.")  # noqa: N815  # as above
    nodeSelectorLabels: StrictBool = Field(  # noqa: N815  # as above
        False, description="true: policies may name nodes by their labels."
    )


class Claim(PackModel):
    """Something that is so in the proof's world, or is not. What is left out is taken from the proof's `each`.

    It claims everything in it together.
    """

    noun: ClassVar[str] = "claim"

    manifests: Text | None = Field(None, description="Further manifests that this claim alone adds to the world.")
    case: PolicySettings | None = Field(None, description="Settings of this claim's world, instead of the proof's.")
    probe: ProofProbe | None = Field(None, description="A connection; needs one of egress, ingress, l7 and verdict.")
    egress: SideWord | None = Field(None, description="What the source's policy says of it: allowed or denied.")
    ingress: SideWord | None = Field(None, description="What the destination's policy says: allowed or denied.")
    l7: SideWord | None = Field(None, description="What the proxy says of the request: allowed or denied.")
    verdict: VerdictWord | None = Field(None, description="FORWARDED, REDIRECTED or DROPPED.")
    drop: StrictInt | None = Field(None, description="The drop reason's number: 133 no allow, 181 a deny rule.")
    refused: Text | None = Field(None, description="A text in the message by which one of the manifests is refused.")
    accepted: bool | None = Field(None, description="Whether all manifests are accepted.")
    command: Text | tuple[Text, ...] | None = Field(
        None, description="Lines for the simulated cluster's shell; the output and status of the last one count."
    )
    shows: Text | tuple[Text, ...] | None = Field(None, description="Texts that the output holds.")
    lacks: Text | tuple[Text, ...] | None = Field(None, description="Texts that it does not hold.")
    exit: StrictInt | None = Field(None, description="The exit status.")


class ProofCluster(PackModel):
    """The simulated cluster in which commands run, as `quizgame sh` makes it."""

    noun: ClassVar[str] = "cluster"

    clusters: StrictInt = Field(1, ge=1, le=3, description="How many clusters.")
    workers: StrictInt = Field(2, ge=1, le=5, description="Workers of each.")
    values: dict[str, str | int | bool] = Field(
        default_factory=dict, description="Helm values by dotted name, beside those that `cilium install` sets in kind."
    )
    setup: tuple[Text, ...] = Field((), description="Lines that are run first, for every claim.")


class Proof(PackModel):
    """A small world and what holds in it."""

    noun: ClassVar[str] = "proof"

    manifests: Text | None = Field(None, description="Kubernetes objects, several documents in one text.")
    exhibit: bool = Field(False, description="Whether the question's exhibit holds manifests that belong to the world.")
    case: PolicySettings = Field(PolicySettings(), description="Settings of a world of policy alone.")
    cluster: ProofCluster | None = Field(None, description="The cluster of claims with a command.")
    each: Claim = Field(Claim(), description="What claims take where they say nothing themselves.")
    holds: tuple[Claim, ...] = Field((), description="Claims that must be true.")
    fails: tuple[Claim, ...] = Field((), description="Claims that must be false.")
