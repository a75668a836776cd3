"""What is wrong with a probe is told in the JSON that was written, not in Python."""

from __future__ import annotations

from typing import Any

import pytest

from quizgame.errors import QuizgameError
from quizgame.policy.probe_parsing import parse_probe

GOOD = {"from": {"pod": "a/b"}, "to": {"pod": "a/c"}, "port": 80, "protocol": "TCP"}


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"port": True}, '"port" is true'),
        ({"from": [None]}, '"from" is [null]'),
        ({"to": {"pod": "a/b", "ip": "10.0.0.1"}}, '"to" is {"pod": "a/b", "ip": "10.0.0.1"}'),
    ],
)
def test_a_bad_value_is_shown_as_json(change: dict[str, Any], shown: str) -> None:
    with pytest.raises(QuizgameError) as refused:
        parse_probe({**GOOD, **change})
    assert shown in str(refused.value)
