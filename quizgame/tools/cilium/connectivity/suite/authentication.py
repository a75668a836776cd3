"""The tests of mutual authentication.

Source: cilium/cilium cilium-cli/connectivity/builder/echo_ingress_{auth_always_fail,mutual_auth_spiffe}.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.cluster.agent.monitor import DropReason
from quizgame.tools.cilium.connectivity.expectations import DROP_TIMEOUT, SUCCESS, TIMED_OUT, Expectation, Outcome
from quizgame.tools.cilium.connectivity.policies import CLIENTS, ECHOES, cilium, echo_ports
from quizgame.tools.cilium.connectivity.scenarios import pod_to_pod
from quizgame.tools.cilium.connectivity.suite.test import NamedTest, always, fixed

_AUTH_REQUIRED = Outcome(TIMED_OUT, is_drop=True, is_at_this_end=True, reasons=(DropReason.AUTH_REQUIRED,))


_MODES = (
    ("echo-ingress-auth-always-fail", "test-always-fail", Expectation(DROP_TIMEOUT, _AUTH_REQUIRED)),
    ("echo-ingress-mutual-auth-spiffe", "required", SUCCESS),
)


def _tests() -> Iterator[NamedTest]:
    for base, mode, expected in _MODES:
        rule = {"fromEndpoints": [CLIENTS], "authentication": {"mode": mode}}
        for name, more in ((base, {}), (f"{base}-port-range", {"toPorts": echo_ports(is_range=True)})):
            policy = cilium(name, ECHOES, ingress=[{**rule, **more}])
            yield NamedTest(name, (pod_to_pod(),), fixed(policy), always(expected))


TESTS = tuple(_tests())
