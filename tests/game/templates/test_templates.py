"""Every template makes sound, varied and repeatable questions that do not give themselves away."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import BankQuestion, load_library, pack_folders
from quizgame.content.lint.choices import NoReferenceByLetter
from quizgame.content.lint.reading import EXHIBIT_COLUMNS, EXHIBIT_LINES
from quizgame.content.questions import Option, SingleChoice
from quizgame.game.quiz.templates.samples import load_samples, make_samples
from quizgame.game.quiz.templates.table import TEMPLATES
from quizgame.game.quiz.templates.template import split_id
from quizgame.game.quiz.templates.trial import complaints, face
from quizgame.game.quiz.templates.variants import OPTIONS, make_variant

SEEDS, CLUSTER_SEEDS, FEW_SEEDS = 200, 20, 6
"""Variants looked at: of most templates, of the slow ones that need a cluster, and where all are put together."""


@cache
def variants(name: str) -> tuple[BankQuestion, ...]:
    template = TEMPLATES[name]
    return tuple(make_variant(template, seed) for seed in range(CLUSTER_SEEDS if template.needs_cluster else SEEDS))


def single(entry: BankQuestion) -> SingleChoice:
    assert isinstance(entry.question, SingleChoice)
    return entry.question


def key_of(question: SingleChoice) -> Option:
    (key,) = question.correct_options
    return key


every_template = pytest.mark.parametrize("name", sorted(TEMPLATES))


def test_there_are_enough_over_enough_domains() -> None:
    assert len(TEMPLATES) >= 40
    assert len({template.domain for template in TEMPLATES.values()}) >= 6


def test_every_template_belongs_to_the_blueprint_and_takes_no_id_of_the_bank(tmp_path: Path) -> None:
    blueprint = load_blueprint()
    for template in TEMPLATES.values():
        domain = blueprint.domain(template.domain)
        assert domain is not None
        assert template.competency in {competency.id for competency in domain.competencies}
    assert not TEMPLATES.keys() & load_library(pack_folders(tmp_path)).questions.keys()


@every_template
def test_variants_are_sound_varied_and_repeatable(name: str) -> None:
    """One test, since the variants are what takes the time."""
    made = variants(name)
    for entry in made:
        question = single(entry)
        assert list(complaints(entry)) == [], entry.id
        assert len({option.text for option in question.options}) == OPTIONS
        assert all(option.reason for option in question.options)
        assert split_id(entry.id) == (name, entry.seed)
        assert not list(NoReferenceByLetter().check(entry))
        if question.exhibit is not None:
            lines = question.exhibit.split("\n")
            assert len(lines) <= EXHIBIT_LINES
            assert max(map(len, lines)) <= EXHIBIT_COLUMNS
    assert len({face(entry) for entry in made}) >= 0.95 * len(made)
    for seed in (0, 7, 19):
        assert make_variant(TEMPLATES[name], seed).question == made[seed].question


def test_the_right_option_stands_in_every_place() -> None:
    made = [make_variant(template, seed) for template in TEMPLATES.values() for seed in range(FEW_SEEDS)]
    places = Counter(single(entry).options.index(key_of(single(entry))) for entry in made)
    assert all(0.15 < places[place] / places.total() < 0.35 for place in range(OPTIONS))


def test_the_right_option_is_not_the_longest_too_often() -> None:
    def is_longest(question: SingleChoice) -> bool:
        key = len(key_of(question).text)
        return all(len(option.text) < key for option in question.options if not option.correct)

    made = [single(make_variant(template, seed)) for template in TEMPLATES.values() for seed in range(FEW_SEEDS)]
    assert sum(map(is_longest, made)) / len(made) <= 0.35


def test_stored_samples_are_what_templates_make() -> None:
    assert load_samples() == make_samples(), (
        "run python -m quizgame.game.quiz.templates.samples and look at the difference"
    )


# Keys that can be worked out without the simulator


def asks_for_allowed(question: SingleChoice) -> bool:
    return "**not**" not in question.stem


def code(text: str) -> str:
    return text.strip("`")


def test_paths_match_as_whole_regular_expressions() -> None:
    for entry in variants("sim-http-paths"):
        question = single(entry)
        found = re.search(r"path: ('?)([^}']+)\1\}", question.exhibit or "")
        assert found is not None
        for option in question.options:
            path = code(option.text).split(" ", 1)[1]
            matches = re.fullmatch(found[2], path) is not None
            assert option.correct is (matches is asks_for_allowed(question)), (entry.id, option.text)


def test_ports_lie_in_ranges_of_their_protocol() -> None:
    for entry in variants("sim-port-ranges"):
        question = single(entry)
        ranges = [
            (int(low), int(high or low), protocol)
            for low, high, protocol in re.findall(
                r"port: '(\d+)',(?: endPort: (\d+),)? protocol: (\w+)", question.exhibit or ""
            )
        ]
        assert ranges
        for option in question.options:
            protocol, port = option.text.rsplit(", ", 1)[1].split()
            passes = any(low <= int(port) <= high and protocol == kind for low, high, kind in ranges)
            assert option.correct is (passes is asks_for_allowed(question)), (entry.id, option.text)


def test_identities_of_a_cluster_have_its_id_above_16_bits() -> None:
    for entry in variants("sim-identity-cluster"):
        question = single(entry)
        found = re.search(r"cluster-id: (\d+)", question.stem)
        assert found is not None
        assert [int(option.text) // 65536 == int(found[1]) for option in question.options] == [
            option.correct for option in question.options
        ]


def test_pools_hold_as_many_ranges_as_their_size_allows() -> None:
    for entry in variants("sim-pod-ranges"):
        question = single(entry)
        settings = dict(line.split(": ") for line in (question.exhibit or "").split("\n"))
        pool = ip_network(settings["cluster-pool-ipv4-cidr"])
        blocks = 2 ** (int(settings["cluster-pool-ipv4-mask-size"]) - pool.prefixlen)
        found = re.search(r"(\d+) workers", question.stem)
        assert found is not None
        assert int(key_of(question).text.split()[0]) == min(blocks, int(found[1]) + 1)


def test_longest_prefix_gives_the_identity_of_an_address() -> None:
    for entry in variants("sim-cidr-identity"):
        question = single(entry)
        found = re.search(r"`([\d.]+)`", question.stem)
        assert found is not None
        blocks = [ip_network(block) for block in re.findall(r"[\d.]+/\d+", question.exhibit or "")]
        holding = [block for block in blocks if ip_address(found[1]) in block]
        wanted = f"cidr:{max(holding, key=lambda block: block.prefixlen)}" if holding else "reserved:world"
        assert wanted in key_of(question).text


def test_a_template_that_makes_nothing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from quizgame.game.quiz.templates import policy_ports
    from quizgame.game.quiz.templates.trial import try_template

    monkeypatch.setattr(policy_ports, "ranges", lambda _dice: None)
    trial = try_template("sim-port-ranges", 2)
    assert [str(problem) for problem in trial.problems] == [
        f"template sim-port-ranges:1:1: seed {seed}: the template sim-port-ranges makes no question of seed {seed}"
        for seed in (0, 1)
    ]


def test_table_names_what_is_there() -> None:
    assert all(template.sources for template in TEMPLATES.values())
