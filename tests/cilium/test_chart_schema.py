"""Values that the chart's schema refuses, in the words of helm and of santhosh-tekuri/jsonschema v6."""

from __future__ import annotations

import pytest

from quizgame.game.worlds import free_world
from tests.lab import BareLab


@pytest.fixture(scope="module")
def lab() -> BareLab:
    return BareLab(free_world(workers=1))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("--set operator.replicas=x", "- at '/operator/replicas': got string, want integer"),
        ("--set 'hubble.relay.replicas={a,b}'", "- at '/hubble/relay/replicas': got array, want integer"),
        ("--set hubble.enabled=maybe", "- at '/hubble/enabled': got string, want boolean"),
        ("--set-string encryption.enabled=true", "- at '/encryption/enabled': got string, want boolean"),
        ("--set l2announcements.enabled=1", "- at '/l2announcements/enabled': got number, want boolean"),
        (
            "--set clustermesh.config.clusters=a",
            "- at '/clustermesh/config/clusters': got string, want array or object",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["upgrade", "install"])
def test_a_value_of_the_wrong_type_is_refused(lab: BareLab, verb: str, given: str, told: str) -> None:
    answer = lab.result(f"cilium {verb} {given}")
    text = "".join(line.text + line.end for line in answer.stderr)
    assert answer.exit == 1
    assert text.endswith(
        f"Error: Unable to {verb} Cilium: values don't meet the specifications of the schema(s) in the following "
        f"chart(s):\ncilium:\n{told}\n"
    )


def test_all_that_is_wrong_is_told_at_once(lab: BareLab) -> None:
    answer = lab.err("cilium upgrade --set operator.replicas=x,hubble.enabled=maybe")
    assert answer.index("/hubble/enabled") < answer.index("/operator/replicas")


def test_clusters_without_a_name_are_passed_over(lab: BareLab) -> None:
    given = "clustermesh.config.enabled=true,clustermesh.config.clusters={a,b}"
    assert lab.result(f"cilium upgrade --dry-run --set '{given}'").exit == 0


@pytest.mark.parametrize("value", ["hubble.relay.replicas=2", "l7Proxy=true", "operator.replicas=null"])
def test_fitting_values_are_taken(lab: BareLab, value: str) -> None:
    assert lab.result(f"cilium upgrade --dry-run-helm-values --set {value}").exit == 0
