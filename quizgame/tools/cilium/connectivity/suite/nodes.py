"""Tests of Cilium's own state and of what leaves a node. Source: cilium/cilium cilium-cli/connectivity/builder."""

from __future__ import annotations

from quizgame.tools.cilium.connectivity.looks import (
    CILIUM_HEALTH,
    NO_ERRORS_IN_LOGS,
    NO_FRAGMENTATION,
    NO_UNEXPECTED_DROPS,
    NODE_TO_NODE_ENCRYPTION,
    POD_TO_POD_ENCRYPTION,
)
from quizgame.tools.cilium.connectivity.policies import CLIENTS, ECHOES, cilium, echo_ports, http, labelled
from quizgame.tools.cilium.connectivity.suite.test import NamedTest, fixed

_ANY_REQUEST = http({})

TESTS: tuple[NamedTest, ...] = (
    NamedTest("health", (CILIUM_HEALTH,)),
    NamedTest("pod-to-pod-encryption-v2", (POD_TO_POD_ENCRYPTION,)),
    NamedTest("pod-to-pod-with-l7-policy-encryption-v2", (POD_TO_POD_ENCRYPTION,), fixed(
        cilium("client-egress-l7-http-from-any", CLIENTS, egress=[
            {"toEndpoints": [ECHOES], "toPorts": echo_ports(**_ANY_REQUEST)},
        ]),
        cilium("echo-ingress-l7-http-from-anywhere", labelled(kind="echo"), ingress=[
            {"toPorts": echo_ports(**_ANY_REQUEST)},
        ]),
    )),
    NamedTest("node-to-node-encryption", (NODE_TO_NODE_ENCRYPTION,)),
    NamedTest("pod-to-pod-no-frag", (NO_FRAGMENTATION,)),
    NamedTest("no-unexpected-packet-drops", (NO_UNEXPECTED_DROPS,)),
    NamedTest("check-log-errors", (NO_ERRORS_IN_LOGS,)),
)  # fmt: skip
