"""The flow API's numbers and names stand twice, since what reads captures loads no cluster; they must agree."""

from __future__ import annotations

from enum import IntEnum

import pytest

from quizgame.cluster.agent import monitor
from quizgame.hubble import drops, enums
from quizgame.policy.decision import MatchType
from quizgame.policy.identity import RESERVED_LABELS


@pytest.mark.parametrize(
    ("agents", "api"),
    [
        (monitor.Verdict, enums.Verdict),
        (monitor.TraceReason, enums.TraceReason),
        (monitor.Direction, enums.TrafficDirection),
    ],
)
def test_what_agents_tell_is_what_the_api_knows(agents: type[IntEnum], api: type[enums.ApiEnum]) -> None:
    known = {member.name: member.number for member in api}
    told = {member.name: int(member) for member in agents if member.name != "UNKNOWN"}
    assert told
    assert told.items() <= known.items()


def test_trace_points_are_the_apis() -> None:
    api = {member.name: member.sub_type for member in enums.TraceObservationPoint}
    assert {member.name: int(member) for member in monitor.TracePoint}.items() <= api.items()


def test_drop_reasons_have_the_apis_texts() -> None:
    texts = {reason.number: reason.text for reason in drops.DropReason}
    assert {int(reason): text for reason, text in monitor.DROP_TEXTS.items()}.items() <= texts.items()
    assert monitor.DROP_TEXTS.keys() == set(monitor.DropReason)


def test_match_types_are_the_policy_engines() -> None:
    assert {each.name: int(each) for each in enums.PolicyMatchType} == {each.name: int(each) for each in MatchType}
    assert {number: MatchType(number).text for number in enums.POLICY_MATCH_NAMES} == enums.POLICY_MATCH_NAMES


def test_reserved_identities_are_the_policy_engines() -> None:
    assert {int(number): labels[0].key for number, labels in RESERVED_LABELS.items()} == enums.RESERVED_IDENTITIES
