"""Running one test: its policies, its scenarios, and what is told of them while it runs.

A test's log is kept back until something in it fails; from then on every line is printed as it comes, behind the dot
of the action before. Source: goldens ``cilium-cli/connectivity-test-fail*``, reference cilium-cli, section 6.
"""

from __future__ import annotations

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.apierror import ApiError
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.requests import FieldValidation
from quizgame.tools.cilium.call import Call
from quizgame.tools.cilium.connectivity.actions import Action, Scenario
from quizgame.tools.cilium.connectivity.catalog import BY_USER, NOT_SIMULATED
from quizgame.tools.cilium.connectivity.features import is_enabled
from quizgame.tools.cilium.connectivity.flows import Telescope
from quizgame.tools.cilium.connectivity.policies import Policy
from quizgame.tools.cilium.connectivity.report import Failed, Tally
from quizgame.tools.cilium.connectivity.selection import Selection
from quizgame.tools.cilium.connectivity.site import Site
from quizgame.tools.cilium.connectivity.suite.test import NamedTest
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line

TAKE_UP_S = 30
"""How long the agents have to take up a test's policies."""
_PLURALS = {
    "CiliumCIDRGroup": "ciliumcidrgroups",
    "CiliumClusterwideNetworkPolicy": "ciliumclusterwidenetworkpolicies",
    "CiliumNetworkPolicy": "ciliumnetworkpolicies",
    "NetworkPolicy": "networkpolicies",
}
_NAMESPACED = frozenset({"CiliumNetworkPolicy", "NetworkPolicy"})


class _Log:
    """The log of one test."""

    def __init__(self, call: Call, *, is_open: bool) -> None:
        self._call = call
        self._kept: list[tuple[str, tuple[Fact, ...]]] = []
        self._is_open = is_open
        self._is_after_dot = False

    def dot(self) -> None:
        """Print the dot of an action, without a line end."""
        self._call.result.stdout.append(Line(".", end=""))
        self._is_after_dot = True

    def say(self, text: str, facts: tuple[Fact, ...] = ()) -> None:
        """Keep lines, or print them where the log is open."""
        if self._is_open:
            self._print(text, facts)
        else:
            self._kept.append((text, facts))

    def open(self, text: str = "", facts: tuple[Fact, ...] = ()) -> None:
        """Print everything from now on: these lines first, then what was kept."""
        if self._is_open:
            if text:
                self._print(text, facts)
            return
        self._is_open = True
        self.end_dots()
        if text:
            self._print(text, facts)
        for kept, known in self._kept:
            self._print(kept, known)
        self._kept.clear()

    def end_dots(self) -> None:
        """End the line of dots."""
        self._call.say()
        self._is_after_dot = False

    def close(self) -> None:
        """End the log of a test in which nothing failed."""
        if not self._is_open or self._is_after_dot:
            self.end_dots()

    def _print(self, text: str, facts: tuple[Fact, ...]) -> None:
        self._call.say("\n".join(f"  {line}" for line in text.split("\n")), facts)
        self._is_after_dot = False


class Play:
    """Runs tests.

    Args:
        call: The running command.
        site: Where it runs.
        selection: Which scenarios are wanted.
        tally: Counts what comes of them.
        has_flows: Whether Hubble can be asked for flows.
    """

    def __init__(self, call: Call, site: Site, selection: Selection, tally: Tally, *, has_flows: bool) -> None:
        self.call, self.site, self.selection, self.tally = call, site, selection, tally
        self.telescope = Telescope(call, site) if has_flows else None

    def test(self, test: NamedTest) -> None:
        """Run one test."""
        self.tally.run += 1
        flags = self.call.flags
        log = _Log(self.call, is_open=flags.is_on("verbose") or flags.is_on("debug"))
        applied: list[tuple[str, Policy]] = []
        problem = self._apply(test, log, applied)
        if problem:
            told = f"🟥 [{self.site.namespace}] test {test.name} failed: setting up test: applying network policies: "
            log.open(told + problem)
            self.tally.failures[test.name] = []
        else:
            for scenario in test.scenarios:
                self._scenario(test, scenario, log)
        self._delete(applied, log)
        log.close()
        if flags.number("post-test-sleep"):
            self.call.world.advance(flags.number("post-test-sleep") / 1_000_000_000)

    def _scenario(self, test: NamedTest, scenario: Scenario, log: _Log) -> None:
        name = f"{test.name}/{scenario.name}"
        reason = self._reason(test, scenario)
        if reason:
            self.tally.skipped_scenarios += 1
            log.say(f"[-] Skipping Scenario [{name}] ({reason})")
            return
        log.say(f"[-] Scenario [{name}]")
        for action in scenario.actions(self.site):
            self._action(test, name, action, log)

    def _reason(self, test: NamedTest, scenario: Scenario) -> str:
        """Why a scenario does not run; empty: it does."""
        if not self.selection.selects(test.name, scenario.name):
            return BY_USER
        if scenario.feature:
            is_on = is_enabled(self.site.cluster, scenario.feature)
            return NOT_SIMULATED if is_on else f"Feature {scenario.feature} is disabled"
        if scenario.is_external and not self.site.has_outside():
            return f"{NOT_SIMULATED}: nothing outside answers as {self.site.options.external_target}"
        return ""

    def _action(self, test: NamedTest, scenario: str, action: Action, log: _Log) -> None:
        self.tally.actions += 1
        shown = f"{scenario}:{action.text}"
        expected = test.expectation(action, self.site)
        mark = self.telescope.mark() if self.telescope is not None else {}
        done = action.perform(self.site, expected)
        log.say(f"[.] Action [{shown}]", done.facts)
        log.dot()
        for warning in done.warnings:
            log.open()
            log.say(warning)
        failure = done.failure
        if failure:
            log.open(done.shown, done.facts)
            log.say(f"❌ {failure}", done.facts)
        if self.telescope is not None:
            found = self.telescope.look(action, expected, mark, failure, log.say)
            if found and not failure:
                log.open()
            failure = failure or found
        if failure:
            self.tally.failures.setdefault(test.name, []).append(Failed(shown, failure, done.facts))

    # ------------------------------------------------------------ policies

    def _apply(self, test: NamedTest, log: _Log, applied: list[tuple[str, Policy]]) -> str:
        """Apply a test's policies in the clusters; why they are not in force (empty: they are)."""
        policies = test.resources(self.site.options)
        for cluster in self.site.clusters():
            for policy in policies:
                kind, name = policy["kind"], policy["metadata"]["name"]
                where = f" to namespace '{self.site.namespace}'" if kind in _NAMESPACED else ""
                log.say(f"ℹ️  📜 Applying {kind} '{name}'{where} on cluster {cluster.context}..")
                api, plural, namespace = cluster.api, _PLURALS[kind], self._namespace(kind)
                applied.append((cluster.context, policy))
                if api.find(plural, name, namespace) is not None:
                    continue
                try:
                    api.create(plural, dict(policy), namespace, validate=FieldValidation.STRICT)
                except ApiError as refused:
                    return f"failed to create resource: {refused}"
        return self._take_up(len(policies)) if policies else ""

    def _take_up(self, policies: int) -> str:
        world = self.call.world
        world.advance(1)
        if self._late():
            world.advance(TAKE_UP_S)
        late = self._late()
        if not late:
            return ""
        endpoints = sum(len(each.endpoints) for each in late)
        revision = max(each.repository.revision for each in late) + policies
        return (
            "policies were not applied on all Cilium nodes in time: "
            f"{endpoints} endpoints have not yet realized policy revision {revision}"
        )

    def _late(self) -> list[Agent]:
        agents = (agent for cluster in self.site.clusters() for agent in agents_of(cluster))
        return [agent for agent in agents if not (agent.is_serving and agent.is_connected)]

    def _namespace(self, kind: str) -> str:
        return self.site.namespace if kind in _NAMESPACED else ""

    def _delete(self, applied: list[tuple[str, Policy]], log: _Log) -> None:
        for context, policy in applied:
            kind, name = policy["kind"], policy["metadata"]["name"]
            where = f" in namespace '{self.site.namespace}'" if kind in _NAMESPACED else ""
            log.say(f"ℹ️  📜 Deleting {kind} '{name}'{where} on cluster {context}..")
            api = self.call.world.clusters[context].api
            if api.find(_PLURALS[kind], name, self._namespace(kind)) is not None:
                api.delete(_PLURALS[kind], name, self._namespace(kind))
        if applied:
            self.call.world.advance(1)
