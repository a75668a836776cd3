"""All tests that are simulated, by name."""

from __future__ import annotations

from quizgame.tools.cilium.connectivity.suite import authentication, layer4, layer7, nodes
from quizgame.tools.cilium.connectivity.suite.test import NamedTest

TESTS: dict[str, NamedTest] = {
    test.name: test for part in (layer4, layer7, nodes, authentication) for test in part.TESTS
}
