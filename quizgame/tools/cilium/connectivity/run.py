"""``cilium connectivity test``: deploy, wait, run the tests, report. Source: reference cilium-cli, section 6."""

from __future__ import annotations

from quizgame.cluster.clock import rfc3339
from quizgame.cluster.fabric import agents_of
from quizgame.goflags.durations import format_duration
from quizgame.hubble.serving import relay_pod_node
from quizgame.tools.cilium.call import BareFailure, Call, NotSimulated
from quizgame.tools.cilium.connectivity.catalog import BY_USER, CATALOG, NOT_SIMULATED
from quizgame.tools.cilium.connectivity.options import VALIDATION_MODES, options_of
from quizgame.tools.cilium.connectivity.playing import Play
from quizgame.tools.cilium.connectivity.report import Tally, report
from quizgame.tools.cilium.connectivity.selection import Selection
from quizgame.tools.cilium.connectivity.setup import READY_S, Setup, is_single_node
from quizgame.tools.cilium.connectivity.site import Site
from quizgame.tools.cilium.connectivity.suite.test import NamedTest
from quizgame.tools.cilium.connectivity.tests import TESTS
from quizgame.tools.cilium.connectivity.workloads import remove_namespaces
from quizgame.tools.facts import Fact


class ConnectivityTest:
    """One run."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.world = call.world
        flags, options = call.flags, options_of(call.flags)
        if options.validation not in VALIDATION_MODES:
            raise BareFailure(f'invalid flow validation mode "{options.validation}"')
        remote = flags.text("multi-cluster")
        if remote and remote not in self.world.clusters:
            raise BareFailure(f'unable to create Kubernetes client: context "{remote}" does not exist')
        if remote and flags.is_on("single-node"):
            raise BareFailure("single-node test can not be enabled with multi-cluster test")
        cluster = call.cluster
        self.is_told_single = flags.is_on("single-node")
        self.is_found_single = not remote and not self.is_told_single and is_single_node(cluster)
        self.site = Site(
            call.session,
            cluster,
            self.world.clusters[remote] if remote else cluster,
            options,
            is_single_node=self.is_told_single or self.is_found_single,
            version=flags.text("assume-cilium-version").removeprefix("v") or cluster.cilium_version,
        )
        self.selection = Selection(flags.texts("test"))
        self.tally = Tally()
        self.limit_ns = flags.number("timeout")
        self.started_ns = self.world.clock.now_ns

    def say(self, text: str, facts: tuple[Fact, ...] = ()) -> None:
        """Print a line, with its instant where that was asked for."""
        stamp = f"[{rfc3339(self.world.clock.now_ns)}] " if self.call.flags.is_on("timestamp") and text else ""
        self.call.say(f"{stamp}{text}", facts)

    # ------------------------------------------------------------ the phases

    def run(self) -> None:
        """All of it."""
        setup = Setup(self.call, self.site, self.say)
        setup.need_cilium()
        if self.is_found_single:
            self.say("ℹ️  Single-node environment detected, enabling single-node connectivity test")
        if self.call.cluster.config.get("monitor-aggregation", "medium") != "none":
            self.say("ℹ️  Monitor aggregation detected, will skip some flow validation steps")
        setup.deploy()
        setup.wait()
        has_flows = self._telescope()
        self._tell_version()
        self.say(f"🏃[{self.site.namespace}] Running {len(CATALOG)} tests ...")
        play = Play(self.call, self.site, self.selection, self.tally, has_flows=has_flows)
        self._register()
        for number, entry in enumerate(CATALOG, start=1):
            self._keep_in_time()
            self._one(play, entry.name, f"[{number}/{len(CATALOG)}]", entry.reason(self.site))
        report(self.call, self.site, self.tally)

    def _keep_in_time(self) -> None:
        """End the run where it has taken longer than it may.

        Simplified: a test that has begun is finished.

        Raises:
            BareFailure: if it has.
        """
        if self.limit_ns and self.world.clock.now_ns - self.started_ns >= self.limit_ns:
            reason = f"connectivity test suite timeout ({format_duration(self.limit_ns)}) reached"
            self.say(f"Cancellation request ({reason}) received, cancelling tests...")
            raise BareFailure("context deadline exceeded")

    def _tell_version(self) -> None:
        assumed = self.call.flags.text("assume-cilium-version")
        if assumed:
            self.say(f"⚠️  Assuming Cilium version {assumed} for connectivity tests")
        self.say(f"ℹ️  Cilium version: {self.site.version}")

    def _register(self) -> None:
        if not self.call.flags.is_on("debug"):
            return
        self.say(f"🐛 [{self.site.namespace}] Registered connectivity tests")
        for name, test in TESTS.items():
            resources = len(test.resources(self.site.options))
            self.say(f"🐛   <Test {name}, {len(test.scenarios)} scenarios, {resources} resources>")

    def _telescope(self) -> bool:
        """Say whether Hubble can be asked, as far as the run wants to."""
        if not self.call.flags.is_on("hubble"):
            return False
        self.say("🔭 Enabling Hubble telescope...")
        strict = self.site.options.validation == "strict"
        if not relay_pod_node(self.site.cluster):
            reason = (
                'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial '
                'tcp 127.0.0.1:4245: connect: connection refused"'
            )
            self.say(f"⚠️  Unable to contact Hubble Relay, disabling Hubble telescope and flow validation: {reason}")
            self.say("ℹ️  Expose Relay locally with:")
            self.call.say("   cilium hubble enable\n   cilium hubble port-forward&")
            if strict:
                self.say("🟥 In --flow-validation=strict mode, Hubble must be available to validate flows")
                raise BareFailure(f"hubble is not available: {reason}")
            return False
        agents = list(agents_of(self.site.cluster))
        up = [each for each in agents if each.is_serving]
        flows = sum(len(each.ring.newest()) for each in up)
        most = sum(each.ring.capacity for each in up)
        self.say(f"ℹ️  Hubble is OK, flows: {flows}/{most}, connected nodes: {len(up)}, "
                 f"unavailable nodes {len(agents) - len(up)}")  # fmt: skip
        return True

    # ------------------------------------------------------------ tests

    def _skip(self, name: str, place: str, reason: str) -> None:
        self.tally.skipped += 1
        self.say(f"[=] [{self.site.namespace}] Skipping test [{name}] {place} ({reason})")

    def _one(self, play: Play, name: str, place: str, reason: str) -> None:
        test = TESTS.get(name)
        if reason:
            self._skip(name, place, reason)
        elif not self.selection.selects_test(name, () if test is None else (each.name for each in test.scenarios)):
            self._skip(name, place, BY_USER)
        elif test is None:
            self.tally.unsimulated.append(name)
            self._skip(name, place, NOT_SIMULATED)
        elif missing := self._missing(test):
            self._skip(name, place, missing)
        else:
            self.say(f"[=] [{self.site.namespace}] Test [{name}] {place}")
            play.test(test)

    def _missing(self, test: NamedTest) -> str:
        """What of the outside a test needs and the simulated world does not have."""
        if self.site.has_outside() or not (test.is_external or test.needs_outside):
            return ""
        return f"{NOT_SIMULATED}: nothing outside answers as {self.site.options.external_target}"


def clean_up(call: Call) -> None:
    """Remove everything that earlier runs left."""
    clusters, options = [call.cluster], options_of(call.flags)
    remote = call.flags.text("multi-cluster")
    if remote:
        clusters.append(call.cluster_of(remote))
    call.say("ℹ️  🧹 Cleanup mode enabled - removing all connectivity test artifacts")
    for cluster in clusters:
        name = cluster.context
        call.say(f"🧹 [{name}] Starting cleanup of connectivity test artifacts...")
        for each in options.namespaces:
            is_main = each == options.namespace
            what = "connectivity check deployments" if is_main else f"ccnp deployment in {each} ns"
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
    if call.flags.number("test-concurrency") > 1:
        raise NotSimulated("cilium connectivity test --test-concurrency above 1")
    if call.flags.is_on("cleanup"):
        clean_up(call)
        return
    ConnectivityTest(call).run()
