"""What the tests came to, and how it is told at the end. Source: reference cilium-cli, section 6."""

from __future__ import annotations

from dataclasses import dataclass, field

from quizgame.tools.cilium.call import BareFailure, Call, NotSimulated
from quizgame.tools.cilium.connectivity.site import Site
from quizgame.tools.facts import Fact, fact


@dataclass(frozen=True, slots=True)
class Failed:
    """An action that came to something else than expected."""

    action: str
    """``test/scenario:action: peers``."""
    text: str
    facts: tuple[Fact, ...] = ()


@dataclass(slots=True)
class Tally:
    """What the report counts."""

    run: int = 0
    actions: int = 0
    skipped: int = 0
    skipped_scenarios: int = 0
    failures: dict[str, list[Failed]] = field(default_factory=dict)
    """Failed test → its failed actions; none where the test could not be set up."""
    unsimulated: list[str] = field(default_factory=list)
    """Tests that were chosen and that the simulation does not have."""


def report(call: Call, site: Site, tally: Tally) -> None:
    """Print the report.

    Raises:
        BareFailure: tests failed, and that is to end the command so.
        NotSimulated: nothing was run, since what was chosen is not simulated.
    """
    if not tally.run and tally.unsimulated:
        raise NotSimulated(f"cilium connectivity test --test {tally.unsimulated[0]}")
    call.say()
    namespace, context = site.namespace, site.cluster.context
    skipped = f"{tally.skipped} tests skipped, {tally.skipped_scenarios} scenarios skipped"
    if not tally.failures:
        known = (fact("component", cluster=context, name="connectivity-test", status="ok"),)
        call.say(f"✅ [{namespace}] All {tally.run} tests ({tally.actions} actions) successful, {skipped}.", known)
        return
    call.say(f"📋 Test Report [{namespace}]")
    failed = sum(len(each) for each in tally.failures.values())
    known = (fact("component", cluster=context, name="connectivity-test", status="failed"),)
    counts = f"{len(tally.failures)}/{tally.run} tests failed ({failed}/{tally.actions} actions)"
    call.say(f"❌ {counts}, {skipped}:", known)
    for name, failures in tally.failures.items():
        call.say(f"Test [{name}]:")
        for each in failures:
            call.say(f"  🟥 {each.action}: {each.text}", each.facts)
    if not call.flags.is_on("exit-zero-on-failure"):
        raise BareFailure(f"[{namespace}] {len(tally.failures)} tests failed")
