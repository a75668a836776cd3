"""The scenario format says which addresses nodes have and whom hosts outside let in."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from quizgame.content.scenario.world import OutsideHostSection, WorldCluster


def test_nodes_take_more_addresses() -> None:
    cluster = WorldCluster.model_validate({"name": "kind", "nodeAddresses": {"kind-worker2": ["172.18.0.42"]}})
    assert cluster.node_addresses == {"kind-worker2": ("172.18.0.42",)}


def test_a_node_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match='there is no node "kind-worker9"; it has kind-control-plane'):
        WorldCluster.model_validate({"name": "kind", "nodeAddresses": {"kind-worker9": ["172.18.0.42"]}})


def test_a_host_outside_lists_addresses_and_prefixes() -> None:
    host = OutsideHostSection.model_validate({"allowedSources": ["172.18.0.42", "10.0.0.0/8"]})
    assert host.allowed_sources == ("172.18.0.42", "10.0.0.0/8")


def test_what_is_no_prefix_is_refused() -> None:
    with pytest.raises(ValidationError, match="is no IPv4 prefix"):
        OutsideHostSection.model_validate({"allowedSources": ["everybody"]})
