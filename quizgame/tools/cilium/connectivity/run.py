"""``cilium connectivity test``: deploy, wait, run the tests, report. Source: reference cilium-cli, section 6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.apiserver import FieldValidation
from quizgame.cluster.clock import rfc3339
from quizgame.cluster.objects import name_of
from quizgame.hubble.serving import relay_pod_node
from quizgame.tools.cilium.call import BareFailure, Call, NotSimulated
from quizgame.tools.cilium.connectivity.catalog import BY_USER, CATALOG, CONDITION, NOT_SIMULATED
from quizgame.tools.cilium.connectivity.probes import OUTSIDE_SCENARIOS, SCENARIOS, Probe, Site, output_of
from quizgame.tools.cilium.connectivity.selection import Selection
from quizgame.tools.cilium.connectivity.setup import LOOKUP_S, READY_S, Setup
from quizgame.tools.cilium.connectivity.tests import EXIT_CODES, TESTS, Expectation, Test
from quizgame.tools.cilium.connectivity.workloads import (
    MAIN,
    NAMESPACES,
    remove_namespaces,
)
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line

_POLICY_PLURALS = {
    "CiliumNetworkPolicy": "ciliumnetworkpolicies",
    "CiliumClusterwideNetworkPolicy": "ciliumclusterwidenetworkpolicies",
    "NetworkPolicy": "networkpolicies",
}


@dataclass(slots=True)
class Failed:
    """An action that came to something else than expected."""

    action: str
    text: str
    facts: tuple[Fact, ...] = ()


@dataclass(slots=True)
class Tally:
    """What the report counts."""

    run: int = 0
    actions: int = 0
    failed_actions: int = 0
    skipped: int = 0
    skipped_scenarios: int = 0
    failures: dict[str, list[Failed]] = field(default_factory=dict)
    """Failed test → its failed actions; none where the test could not be set up."""
    failed_test_actions: int = 0
    """Actions of the tests that failed."""
    unsimulated: list[str] = field(default_factory=list)
    """Tests that were chosen and that the simulation does not have."""


class ConnectivityTest:
    """One run."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.world = call.world
        remote = call.flags.text("multi-cluster")
        if remote and remote not in self.world.clusters:
            raise BareFailure(f'unable to create Kubernetes client: context "{remote}" does not exist')
        self.site = Site(call.session, call.cluster, self.world.clusters[remote] if remote else call.cluster)
        self.selection = Selection(call.flags.texts("test"))
        self.is_verbose = call.flags.is_on("verbose") or call.flags.is_on("debug")
        self.tally = Tally()

    # ------------------------------------------------------------ printing

    def say(self, text: str, facts: tuple[Fact, ...] = ()) -> None:
        """Print a line, with its instant where that was asked for."""
        stamp = f"[{rfc3339(self.world.clock.now_ns)}] " if self.call.flags.is_on("timestamp") and text else ""
        self.call.say(f"{stamp}{text}", facts)

    def dot(self) -> None:
        """Print the dot of a finished action, without a line end."""
        self.call.result.stdout.append(Line(".", end=""))

    # ------------------------------------------------------------ the phases

    def run(self) -> None:
        """All of it."""
        setup = Setup(self.call, self.site, self.say)
        setup.need_cilium()
        if self.call.cluster.config.get("monitor-aggregation", "medium") != "none":
            self.say("ℹ️  Monitor aggregation detected, will skip some flow validation steps")
        if len(self.call.cluster.nodes) < 2 and not self.site.is_multi_cluster:
            raise NotSimulated("cilium connectivity test on a single node")
        setup.deploy()
        setup.wait()
        self._telescope()
        self.say(f"ℹ️  Cilium version: {self.call.cluster.cilium_version}")
        self.say(f"🏃[{MAIN}] Running {len(CATALOG)} tests ...")
        if self.call.flags.is_on("debug"):
            for name, test in TESTS.items():
                self.say(f"🐛 <Test {name}, {len(test.scenarios)} scenarios, {len(test.policies)} resources>")
        for number, (name, reason) in enumerate(CATALOG, start=1):
            self._one(name, f"[{number}/{len(CATALOG)}]", reason.format(version=self.call.cluster.cilium_version))
        self._report()

    def _telescope(self) -> None:
        self.say("🔭 Enabling Hubble telescope...")
        if not relay_pod_node(self.site.cluster):
            reason = (
                'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial '
                'tcp 127.0.0.1:4245: connect: connection refused"'
            )
            self.say(f"⚠️  Unable to contact Hubble Relay, disabling Hubble telescope and flow validation: {reason}")
            self.say("ℹ️  Expose Relay locally with:")
            self.call.say("   cilium hubble enable\n   cilium hubble port-forward&")
            return
        agents = [each for each in self.site.cluster.agents.values() if isinstance(each, Agent)]
        up = [each for each in agents if each.is_serving]
        flows = sum(len(each.ring.newest()) for each in up)
        most = sum(each.ring.capacity for each in up)
        self.say(f"ℹ️  Hubble is OK, flows: {flows}/{most}, connected nodes: {len(up)}, "
                 f"unavailable nodes {len(agents) - len(up)}")  # fmt: skip

    # ------------------------------------------------------------ tests

    def _skip(self, name: str, place: str, reason: str) -> None:
        self.tally.skipped += 1
        self.say(f"[=] [{MAIN}] Skipping test [{name}] {place} ({reason})")

    def _one(self, name: str, place: str, reason: str) -> None:
        test = TESTS.get(name)
        if reason:
            self._skip(name, place, reason)
        elif not self.selection.selects_test(name, test.scenarios if test is not None else ()):
            self._skip(name, place, BY_USER)
        elif test is None:
            self.tally.unsimulated.append(name)
            self._skip(name, place, NOT_SIMULATED)
        elif not self._can_run(test):
            self._skip(name, place, CONDITION)
        else:
            self._play(test, place)

    def _can_run(self, test: Test) -> bool:
        """Whether what the test needs is there: its targets outside, one cluster for policies that know no other."""
        needs_outside = all(each in OUTSIDE_SCENARIOS for each in test.scenarios) or test.name == "dns-only"
        if needs_outside and not self.site.has_outside():
            return False
        return not (self.site.is_multi_cluster and any(each["kind"] == "NetworkPolicy" for each in test.policies))

    def _play(self, test: Test, place: str) -> None:
        self.tally.run += 1
        self.say(f"[=] [{MAIN}] Test [{test.name}] {place}")
        buffered: list[tuple[str, tuple[Fact, ...]]] = []
        problem = self._apply(test, buffered)
        if problem:
            self.call.say()
            self.call.say(
                f"  🟥 [{MAIN}] test {test.name} failed: setting up test: applying network policies: {problem}"
            )
            self._flush(buffered)
            self._delete(test, [])
            self.tally.failures[test.name] = []
            return
        failures: list[Failed] = []
        count = 0
        for scenario in test.scenarios:
            reason = self._scenario_reason(test, scenario)
            if reason:
                self.tally.skipped_scenarios += 1
                buffered.append((f"[-] Skipping Scenario [{test.name}/{scenario}] ({reason})", ()))
                continue
            buffered.append((f"[-] Scenario [{test.name}/{scenario}]", ()))
            for probe in SCENARIOS[scenario](self.site):
                count += 1
                self._action(test, scenario, probe, failures, buffered)
        self._delete(test, buffered)
        self.tally.actions += count
        self.call.say()
        if failures or self.is_verbose:
            self._flush(buffered)
        if failures:
            self.tally.failures[test.name] = failures
            self.tally.failed_actions += len(failures)
            self.tally.failed_test_actions += count

    def _flush(self, buffered: Sequence[tuple[str, tuple[Fact, ...]]]) -> None:
        for text, facts in buffered:
            self.call.say("\n".join(f"  {line}" for line in text.split("\n")), facts)

    def _scenario_reason(self, test: Test, scenario: str) -> str:
        if not self.selection.selects(test.name, scenario):
            return BY_USER
        if scenario not in SCENARIOS:
            return NOT_SIMULATED
        return CONDITION if scenario in OUTSIDE_SCENARIOS and not self.site.has_outside() else ""

    def _action(
        self, test: Test, scenario: str, probe: Probe, failures: list[Failed],
        buffered: list[tuple[str, tuple[Fact, ...]]],
    ) -> None:  # fmt: skip
        action = f"{test.name}/{scenario}:{probe.name}: {probe.source_text} -> {probe.target}"
        result = probe.run(self.call.session)
        known = result.exit_facts
        buffered.append((f"[.] Action [{action}]", known))
        expected = test.expect(probe)
        if result.exit in EXIT_CODES[expected]:
            self.dot()
            return
        printed, complaint = output_of(result)
        if expected is not Expectation.OK and not result.exit:
            text = f'command "{probe.command}" succeeded while it should have failed: {printed}\n'
        else:
            text = (
                f'command "{probe.command}" failed: command failed (pod={MAIN}/{name_of(probe.source)}, '
                f"container={probe.container}): command terminated with exit code {result.exit}"
            )
        buffered.append((f"❌ {text}", known))
        buffered.append((f"ℹ️  curl stdout:\n{printed}", known))
        buffered.append((f"ℹ️  curl stderr:\n{complaint}", known))
        buffered.append(("", ()))
        failures.append(Failed(action, text, known))
        self.dot()

    # ------------------------------------------------------------ policies

    def _apply(self, test: Test, buffered: list[tuple[str, tuple[Fact, ...]]]) -> str:
        """Apply a test's policies in the clusters; why they are not in force (empty: they are)."""
        for cluster in self.site.contexts():
            for policy in test.policies:
                name, kind = policy["metadata"]["name"], policy["kind"]
                buffered.append((f"ℹ️  📜 Applying {kind} '{name}' to namespace '{MAIN}' on cluster {cluster}..", ()))
                api = self.world.clusters[cluster].api
                plural = _POLICY_PLURALS[kind]
                if api.find(plural, name, MAIN) is None:
                    api.create(plural, dict(policy), MAIN, validate=FieldValidation.TRUSTED)
        if not test.policies:
            return ""
        self.world.advance(1)
        late = self._unrealized()
        if not late:
            return ""
        self.world.advance(LOOKUP_S)
        late = self._unrealized()
        if not late:
            return ""
        endpoints = sum(len(each.endpoints) for each in late)
        revision = max(each.repository.revision for each in late) + len(test.policies)
        return (
            "policies were not applied on all Cilium nodes in time: "
            f"{endpoints} endpoints have not yet realized policy revision {revision}"
        )

    def _unrealized(self) -> list[Agent]:
        return [
            agent
            for context in self.site.contexts()
            for agent in self.world.clusters[context].agents.values()
            if isinstance(agent, Agent) and not (agent.is_serving and agent.is_connected)
        ]

    def _delete(self, test: Test, buffered: list[tuple[str, tuple[Fact, ...]]]) -> None:
        for cluster in self.site.contexts():
            for policy in test.policies:
                name, kind = policy["metadata"]["name"], policy["kind"]
                buffered.append((f"ℹ️  📜 Deleting {kind} '{name}' in namespace '{MAIN}' on cluster {cluster}..", ()))
                self.world.clusters[cluster].api.delete(_POLICY_PLURALS[kind], name, MAIN)
        if test.policies:
            self.world.advance(1)

    # ------------------------------------------------------------ the report

    def _report(self) -> None:
        tally = self.tally
        if not tally.run and tally.unsimulated:
            raise NotSimulated(f"cilium connectivity test --test {tally.unsimulated[0]}")
        self.call.say()
        skipped = f"{tally.skipped} tests skipped, {tally.skipped_scenarios} scenarios skipped"
        context = self.site.cluster.context
        if not tally.failures:
            known = (fact("component", cluster=context, name="connectivity-test", status="ok"),)
            self.call.say(f"✅ [{MAIN}] All {tally.run} tests ({tally.actions} actions) successful, {skipped}.", known)
            return
        self.call.say(f"📋 Test Report [{MAIN}]")
        counts = f"{tally.failed_actions}/{tally.failed_test_actions} actions"
        known = (fact("component", cluster=context, name="connectivity-test", status="failed"),)
        self.call.say(f"❌ {len(tally.failures)}/{tally.run} tests failed ({counts}), {skipped}:", known)
        for name, failures in tally.failures.items():
            self.call.say(f"Test [{name}]:")
            for each in failures:
                self.call.say(f"  🟥 {each.action}: {each.text}", each.facts)
        if not self.call.flags.is_on("exit-zero-on-failure"):
            raise BareFailure(f"[{MAIN}] {len(tally.failures)} tests failed")


def clean_up(call: Call) -> None:
    """Remove everything that earlier runs left."""
    clusters = [call.cluster]
    remote = call.flags.text("multi-cluster")
    if remote:
        clusters.append(call.cluster_of(remote))
    call.say("ℹ️  🧹 Cleanup mode enabled - removing all connectivity test artifacts")
    for cluster in clusters:
        name = cluster.context
        call.say(f"🧹 [{name}] Starting cleanup of connectivity test artifacts...")
        for each in NAMESPACES:
            what = "connectivity check deployments" if each == MAIN else f"ccnp deployment in {each} ns"
            call.say(f"🔥 [{name}] Deleting {what}...")
            remove_namespaces(cluster, (each,))
            call.world.settle()
            call.say(f"⌛ [{name}] Waiting for namespace {each} to disappear")
            call.wait_for(
                lambda cluster=cluster, each=each: cluster.api.find("namespaces", each) is None,  # type: ignore[misc]  # defaults bind the loop's values
                READY_S,
            )
        call.say(f"✅ [{name}] Cleanup complete")
    call.say("ℹ️  ✅ Cleanup complete")


def run_test(call: Call) -> None:
    """Run the tests, or clean up after them."""
    if call.flags.is_on("cleanup"):
        clean_up(call)
        return
    ConnectivityTest(call).run()
