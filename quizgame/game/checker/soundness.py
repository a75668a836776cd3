"""What must be true of a scenario's worlds and steps, whoever plays it: each rule gives problems with their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quizgame.cluster.world import World
from quizgame.content.scenario.parts import Probe
from quizgame.game.checker.lines import error_of
from quizgame.game.scenario.attempt import Attempt
from quizgame.game.scenario.probing import Probed, probe_world
from quizgame.game.scenario.reference import ExpertRun
from quizgame.game.scenario.stage import Stage
from quizgame.yamlsource.place import YamlProblem

Path = tuple[str | int, ...]


def world_problems(stage: Stage) -> Iterator[YamlProblem]:
    """Probes that do not come out as the scenario needs them to."""
    scenario = stage.drawn.scenario
    if not scenario.fault:
        return
    symptoms = ("symptoms",)
    yield from _expect(stage, stage.healthy, "the healthy world", scenario.symptoms, symptoms, works=True)
    yield from _expect(stage, stage.broken, "the broken world", scenario.symptoms, symptoms, works=False)
    for name in scenario.decoys:
        yield from _expect(
            stage, stage.decoy(name), f'the world of decoy "{name}"', scenario.symptoms, symptoms, works=False
        )
    index = next((index for index, step in enumerate(scenario.steps) if step.kind == "repair"), None)
    repair = scenario.repair
    if repair is None or index is None:
        return
    path: Path = ("steps", index)
    yield from _expect(stage, stage.broken, "the broken world", repair.restored, (*path, "restored"), works=False)
    yield from _expect(stage, stage.healthy, "the healthy world", repair.restored, (*path, "restored"), works=True)
    for world, name in ((stage.broken, "the broken world"), (stage.healthy, "the healthy world")):
        yield from _expect(stage, world, name, repair.still_denied, (*path, "still_denied"), works=False)
        yield from _expect(stage, world, name, repair.untouched, (*path, "untouched"), works=True)
    yield from _expect(stage, stage.broken, "the broken world", repair.closed, (*path, "closed"), works=False)


def _expect(
    stage: Stage, world: World, name: str, probes: Sequence[Probe], path: Path, *, works: bool
) -> Iterator[YamlProblem]:
    for number, probed in enumerate(probe_world(world, stage.contexts, tuple(probes))):
        if _is_as_expected(probed, works=works):
            continue
        expected = "work" if works else "fail"
        message = f"in {name} this probe must {expected}; seen: {probed.seen(works)}"
        yield YamlProblem(stage.drawn.place(*path, number), f"{message}")


def _is_as_expected(probed: Probed, *, works: bool) -> bool:
    if not probed.tries and not probed.probe.target.host:
        return False
    return bool(probed.tries) and (probed.works if works else probed.fails)


def evidence_problems(stage: Stage) -> Iterator[YamlProblem]:
    """Evidence that proves nothing: an expert would find it in the healthy world, or in a decoy's that it rules out."""
    scenario = stage.drawn.scenario
    twins = [("", stage.healthy)] if scenario.fault else []
    twins += [(name, stage.decoy(name)) for name in scenario.decoys]
    found = {name: _found_by_experts(stage, world) for name, world in twins}
    ruled_out: set[str] = set()
    for index, step in enumerate(scenario.steps):
        if step.kind != "evidence":
            continue
        place = stage.drawn.place("steps", index)
        ruled_out |= set(step.rules_out)
        if step.id in found.get("", ()):
            yield YamlProblem(
                place,
                f'evidence "{step.id}" is found in the healthy world, too: it proves nothing',
            )
        for name in step.rules_out:
            if step.id in found[name]:
                yield YamlProblem(
                    place,
                    f'evidence "{step.id}" is found in the world of decoy "{name}", too: it does not rule it out',
                )
    for name in scenario.decoys:
        if name not in ruled_out:
            yield YamlProblem(stage.drawn.place("decoys", name), f'no evidence rules the decoy "{name}" out')


def _found_by_experts(stage: Stage, world: World) -> set[str]:
    found: set[str] = set()
    for expert in stage.drawn.scenario.experts:
        attempt = Attempt(stage, world=world)
        for line in expert.lines:
            if attempt.is_diagnosed:
                break
            attempt.run_line(line)
        found |= {view.id for view in attempt.steps() if view.kind == "evidence" and view.earned}
    return found


def expert_problems(stage: Stage, runs: Sequence[ExpertRun]) -> Iterator[YamlProblem]:
    """Experts that miss points, or whose lines are refused."""
    for number, run in enumerate(runs):
        path: Path = ("experts", number)
        for result in run.lines:
            problem = error_of(result.exit, result.stderr_text, run.world)
            if problem:
                place = stage.drawn.place(*path, "lines", result.index)
                yield YamlProblem(place, f"the expert's line fails: {problem}")
        report = run.report
        if report.score < 100:
            lacking = [
                f"{step.id} {step.earned} of {step.points}" for step in report.steps if step.earned < step.points
            ]
            lacking += [f"-{deduction.points} {deduction.reason}" for deduction in report.deductions]
            lacking += [f"{check.subject}: {check.seen}" for check in report.checks if not check.is_met]
            message = f'expert "{run.name}" reaches {report.score} of 100: {"; ".join(lacking)}'
            yield YamlProblem(stage.drawn.place(*path), f"{message}")
