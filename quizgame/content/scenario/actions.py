"""Faults: what is wrong in a scenario, as changes of state. An action is a mapping with one key, its kind."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, StrictBool, StrictInt, model_validator

from quizgame.content.model import Line, PackModel, Text
from quizgame.content.scenario.parts import Document, ObjectName
from quizgame.content.scenario.world import (
    Address,
    Asn,
    BlockSection,
    Prefix,
    RouterNeighborSection,
    RouterStateName,
    ServerSection,
)


class ApplyAction(PackModel):
    """Apply manifests, as ``kubectl apply`` does."""

    noun: ClassVar[str] = "apply"

    cluster: Line | None = Field(None, description="Where; left out: the first cluster.")
    manifests: tuple[Text | Document, ...] = Field(min_length=1, description="As in world.clusters.")


class PatchAction(ObjectName):
    """Merge something into an object."""

    noun: ClassVar[str] = "patch"

    merge: dict[str, Any] = Field(description="A JSON merge patch: null removes a key, a list replaces a list.")


class ConfigAction(PackModel):
    """Change Cilium's configuration."""

    noun: ClassVar[str] = "config"

    cluster: Line | None = Field(None, description="Where; left out: the first cluster.")
    set: dict[Line, Line] = Field(default_factory=dict, description="Keys of ConfigMap cilium-config and values.")
    unset: tuple[Line, ...] = Field((), description="Keys to take out.")
    restart: StrictBool = Field(True, description="Whether the agents are restarted, so that it takes effect.")


class ScaleAction(ObjectName):
    """Set how many replicas a workload has."""

    noun: ClassVar[str] = "scale"

    replicas: StrictInt = Field(ge=0, le=50, description="How many; 0 stops it.")


class MetadataAction(ObjectName):
    """Set or remove labels or annotations."""

    noun: ClassVar[str] = "label"

    set: dict[Line, Line | None] = Field(min_length=1, description="Key: value; null removes the key.")


class RestartAction(ObjectName):
    """Restart a workload, as ``kubectl rollout restart`` does."""

    noun: ClassVar[str] = "restart"


class CutOffAction(PackModel):
    """Cut a node off from its API server."""

    noun: ClassVar[str] = "cut-off"

    cluster: Line | None = Field(None, description="The node's cluster; left out: the first one.")
    node: Line = Field(description="Name of the node, a shell pattern.")


class RouterAction(PackModel):
    """Change a router outside; what is left out stays."""

    noun: ClassVar[str] = "router"

    address: Address = Field(description="Which one.")
    asn: Asn | None = Field(None, description="Its AS number.")
    neighbors: tuple[RouterNeighborSection, ...] | None = Field(None, description="Who may open a session with it.")
    accepts: tuple[Prefix, ...] | None = Field(None, description="Import filter.")
    announces: tuple[Prefix, ...] | None = Field(None, description="Routes that it announces.")
    state: RouterStateName | None = Field(None, description="How it behaves.")


class AppAction(PackModel):
    """Let containers of some pods misbehave; those that run are replaced, by whatever controls them."""

    noun: ClassVar[str] = "app"

    cluster: Line | None = Field(None, description="Where; left out: the first cluster.")
    namespace: Line = Field(description="Namespace of the pods.")
    pod: Line = Field(description="Name of the pod or the beginning of it.")
    state: Literal["not-ready", "crashes", "no-image", "completes"] = Field(description="What they do.")
    exit_code: StrictInt = Field(1, alias="exitCode", ge=0, le=255, description="Exit status of a crash.")
    message: str = Field("", max_length=500, description="Last words of a crash, or what a failing probe reports.")

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Action(PackModel):
    """One change of state; exactly one key."""

    noun: ClassVar[str] = "action"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    apply: ApplyAction | None = Field(None, description="Apply manifests.")
    delete: ObjectName | None = Field(None, description="Delete an object.")
    patch: PatchAction | None = Field(None, description="Merge something into an object.")
    config: ConfigAction | None = Field(None, description="Change Cilium's configuration.")
    scale: ScaleAction | None = Field(None, description="Set the number of replicas; 0 stops a component.")
    label: MetadataAction | None = Field(None, description="Set or remove labels of an object.")
    annotate: MetadataAction | None = Field(None, description="Set or remove annotations of an object.")
    restart: RestartAction | None = Field(None, description="Restart a workload.")
    block: BlockSection | None = Field(None, description="Let a firewall drop traffic between nodes.")
    unblock: BlockSection | None = Field(None, description="Take a firewall rule away again.")
    cut_off: CutOffAction | None = Field(None, alias="cut-off", description="Cut a node off from its API server.")
    router: RouterAction | None = Field(None, description="Change a router outside.")
    serve: ServerSection | None = Field(None, description="Let the programs of some pods answer otherwise.")
    app: AppAction | None = Field(None, description="Let containers misbehave.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                "an action is a mapping with one key, as {scale: {...}}; write two actions for two changes"
            )
        return self

    @property
    def chosen(self) -> PackModel:
        """What the action is."""
        given: list[PackModel] = [
            value for name in type(self).model_fields if (value := getattr(self, name)) is not None
        ]
        return given[0]
