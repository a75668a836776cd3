"""What a test is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from quizgame.tools.cilium.connectivity.actions import Action, Check, Probe, Scenario
from quizgame.tools.cilium.connectivity.expectations import SUCCESS, Expectation
from quizgame.tools.cilium.connectivity.options import Options
from quizgame.tools.cilium.connectivity.policies import Policy
from quizgame.tools.cilium.connectivity.site import Site

Resources = Callable[[Options], tuple[Policy, ...]]
Expect = Callable[[Probe, Site], Expectation]


def fixed(*policies: Policy) -> Resources:
    """Policies that are the same in every run."""
    return lambda _options: policies


def always(expectation: Expectation) -> Expect:
    """The same expectation of every action."""
    return lambda _probe, _site: expectation


@dataclass(frozen=True, slots=True)
class NamedTest:
    """One named test."""

    name: str
    scenarios: tuple[Scenario, ...]
    resources: Resources = field(default=fixed())
    """What is applied before and deleted after, in this order."""
    expect: Expect = field(default=always(SUCCESS))
    needs_outside: bool = False
    """Whether it says nothing without the targets outside, though some of its scenarios run."""

    @property
    def is_external(self) -> bool:
        """Whether it tests nothing where the targets outside do not exist."""
        return all(scenario.is_external for scenario in self.scenarios)

    def expectation(self, action: Action, site: Site) -> Expectation:
        """What an action should come to."""
        return SUCCESS if isinstance(action, Check) else self.expect(action, site)
