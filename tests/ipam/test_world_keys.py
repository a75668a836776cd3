"""What a pack's world may say of clouds, networks and drivers."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from quizgame.cluster.ipam.cloud import Cloud
from quizgame.content.scenario.world import WorldSection
from quizgame.game.scenario.stage import specs_of


def section(**cluster: Any) -> WorldSection:
    return WorldSection.model_validate({"clusters": [{"name": "kind", "context": "kind-kind", **cluster}]})


def test_a_cluster_may_be_in_a_cloud() -> None:
    [spec] = specs_of(section(cloud={"provider": "aws", "interfaces": 1, "addresses": 6, "refusal": "Throttling"}))
    assert spec.cloud == Cloud("aws", interfaces=1, addresses=6, refusal="Throttling")


def test_nodes_may_stand_behind_a_router_and_have_poor_drivers() -> None:
    [spec] = specs_of(section(nodeNetworks={"kind-worker2": "172.19.0.0/16"}, xdp=False))
    assert spec.node_networks == {"kind-worker2": "172.19.0.0/16"}
    assert not spec.has_xdp


@pytest.mark.parametrize(
    "cluster",
    [
        {"cloud": {"provider": "gcp"}},
        {"cloud": {"provider": "aws", "interfaces": 0}},
        {"nodeNetworks": {"kind-worker9": "172.19.0.0/16"}},
        {"nodeNetworks": {"kind-worker": "172.19.0.0/99"}},
    ],
)
def test_what_makes_no_sense_is_refused(cluster: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        section(**cluster)
