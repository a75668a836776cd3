"""The map: what it shows of a world, and that signs and words say it without colour."""

from __future__ import annotations

import pytest
from textual.content import Content

from quizgame.content.scenarios import ScenarioLibrary
from quizgame.game.scenario.attempt import Attempt
from quizgame.game.scenario.stage import Stage
from quizgame.tui.scenario.games.scenario import SCENARIO
from quizgame.tui.scenario.games.scenario_panes import notebook_entries, step_entries
from quizgame.tui.scenario.ledger import Entry, entry_rows
from quizgame.tui.scenario.map import brief_entries, flow_entries, tree_entries
from quizgame.tui.scenario.picture import MapPicture, map_of


@pytest.fixture(scope="module")
def stage(scenarios: ScenarioLibrary) -> Stage:
    return Stage(scenarios.find("closed-door").draw(0))


def lines(entries: object, width: int = 60) -> list[str]:
    return [row.plain for entry in entries for row in entry_rows(entry, width)]  # type: ignore[attr-defined]  # any iterable


def test_nodes_hold_their_pods_and_count_those_of_the_system(stage: Stage) -> None:
    shown = map_of(stage.broken)
    (cluster,) = shown.clusters
    names = [pod.name.rsplit("-", 2)[0] for node in cluster.nodes for pod in node.pods]
    assert sorted(names) == ["catalogue", "catalogue", "shop", "stranger"]
    assert all(node.is_ready and node.agent == "agent ok" and node.system_pods for node in cluster.nodes)
    assert cluster.is_current


def test_a_dropped_flow_is_named_by_workloads_with_its_reason(stage: Stage) -> None:
    flows = {(flow.source, flow.destination, flow.port): flow for flow in map_of(stage.broken).flows}
    dropped = flows["shop", "catalogue", 80]
    assert (dropped.verdict, dropped.reason) == ("DROPPED", "Policy denied")
    assert flows["shop", "coredns", 53].verdict == "FORWARDED"


def test_the_last_verdict_counts_once_the_repair_holds(stage: Stage) -> None:
    attempt = Attempt(stage)
    attempt.run_line("kubectl apply -f repair.yaml")
    attempt.let_pass(5)
    flows = {(flow.source, flow.destination): flow.verdict for flow in map_of(attempt.world).flows if flow.port == 80}
    assert flows["shop", "catalogue"] == "FORWARDED"
    assert flows["stranger", "catalogue"] == "DROPPED"


def test_verdicts_are_told_by_sign_and_word(stage: Stage) -> None:
    shown = map_of(stage.broken)
    text = "\n".join(lines(flow_entries(shown)))
    assert "✗ shop → catalogue" in text
    assert "dropped · 80/TCP · Policy denied" in text
    assert "✓ shop → coredns" in text
    brief = lines(brief_entries(shown), 32)
    assert brief[0].startswith("Dropped")
    assert any(line.startswith("✗ shop→catalogue:80") for line in brief)


def test_every_row_fits_its_column(stage: Stage) -> None:
    shown = map_of(stage.broken)
    for width in (30, 38, 78):
        for entries in (tree_entries(shown), flow_entries(shown), brief_entries(shown)):
            assert all(Content(line).cell_length <= width for line in lines(entries, width))


def test_a_stopped_agent_and_a_pod_without_a_node_are_named(stage: Stage) -> None:
    world = stage.broken.fork()
    cluster = world.cluster
    next(iter(cluster.agents.values())).is_running = False  # type: ignore[misc]  # a port's state, set as a fault would
    text = "\n".join(lines(tree_entries(map_of(world))))
    assert "! kind-control-plane" in text
    assert "agent down" in text


def test_no_flows_are_said_to_be_none() -> None:
    assert lines(flow_entries(MapPicture()))[-1] == "none"


def test_the_notebook_names_the_line_that_showed_it_and_steps_hide_what_is_not_found(stage: Stage) -> None:
    attempt = Attempt(stage)
    attempt.run_line("hubble observe --verdict DROPPED")
    picture = SCENARIO.picture(attempt)
    notes = "\n".join(lines(notebook_entries(picture)))
    assert "The catalogue's node drops the requests of shop" in notes
    assert "$ hubble observe --verdict DROPPED" in notes
    steps = "\n".join(lines(step_entries(picture, is_brief=False)))
    assert "25/25" in steps
    assert "not found yet" in steps
    assert "boutique" not in steps


def test_text_of_packs_is_no_markup() -> None:
    assert entry_rows(Entry(Content("[red]x")), 20)[0].plain.strip() == "[red]x"
