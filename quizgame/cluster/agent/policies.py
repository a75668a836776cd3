"""Policy objects as agents and the operator take them in: read once, however many of them see the same object."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.former import policy_as_read
from quizgame.cluster.agent.telling import selected_endpoints, tell_policy, tell_regenerated
from quizgame.cluster.objects import Stored, name_of, namespace_of
from quizgame.policy.model import PolicyKey
from quizgame.policy.repository import PolicyRejected, read_policy
from quizgame.policy.validation import validate_layer2

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.policy.model import Rule
    from quizgame.policy.parsing import Scope

_KEPT = 8192
"""How many read objects are kept: more than the policies of a large world, so that every agent finds them all."""


@lru_cache(maxsize=_KEPT)
def _read(stored: Stored, scope: Scope) -> tuple[Rule, ...] | None:
    """The rules of a policy object; ``None`` where agents refuse it."""
    try:
        return read_policy(stored.obj, scope)
    except PolicyRejected:
        return None


@lru_cache(maxsize=_KEPT)
def _complaint(stored: Stored) -> str | None:
    return validate_layer2(stored.obj)


def complaint_about(obj: Mapping[str, Any]) -> str | None:
    """What an agent complains of in a stored policy object; ``None`` where it takes it."""
    return _complaint(Stored(obj))


def take_policy(agent: Agent, obj: Mapping[str, Any], is_gone: bool) -> None:
    """Put a policy object in force, or take it out where it is gone.

    Source: cilium/cilium v1.19 pkg/policy/k8s/cilium_network_policy.go upsertCiliumNetworkPolicyV2: of an object that
    does not parse nothing reaches the repository, so that an earlier version of it stays in force.
    """
    key = PolicyKey(obj["kind"], namespace_of(obj), name_of(obj))
    repository = agent.repository
    revision, had_entries = repository.revision, repository.entry_count(key)
    selected = selected_endpoints(agent, key) if had_entries and agent.is_initialized else {}
    if is_gone:
        repository.delete_policy(key)
    elif (rules := _read(Stored(policy_as_read(obj, agent.config.version)), repository.scope)) is not None:
        repository.put_rules(key, rules)
    if agent.is_initialized and repository.revision != revision:
        tell_policy(agent, key, had_entries=had_entries)
        tell_regenerated(agent, selected | selected_endpoints(agent, key))
