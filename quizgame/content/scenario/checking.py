"""Checks one scenario as far as it goes without playing it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from quizgame.content.blueprint import Blueprint
from quizgame.content.scenario.variables import Value, first_values, placeholders
from quizgame.content.scenarios import DrawnScenario, ScenarioSource, source_of
from quizgame.content.validation import close_match
from quizgame.yamlsource.loader import Document
from quizgame.yamlsource.place import YamlError, YamlProblem


def check_scenario(document: Document, folder: Path, text: bytes, blueprint: Blueprint) -> tuple[YamlProblem, ...]:
    """All problems of one file, sorted by place.

    Args:
        document: What it holds.
        folder: Where the files that it names lie.
        text: The file's text.
        blueprint: Whose domains and competencies it must name.
    """
    try:
        source = source_of(document, folder, text)
    except YamlError as error:
        return error.problems
    problems = {*_subject_problems(source, blueprint), *_unused_variables(source), *_member_problems(source)}
    return tuple(sorted(problems))


def _subject_problems(source: ScenarioSource, blueprint: Blueprint) -> Iterator[YamlProblem]:
    model, document = source.sample, source.document
    domain = blueprint.domain(model.domain)
    if domain is None:
        known = [each.id for each in blueprint.domains]
        message = f'unknown domain "{model.domain}"{close_match(model.domain, known)}'
        yield YamlProblem(document.place(("domain",)), message)
    competencies = [each.id for each in (domain.competencies if domain is not None else ())]
    everywhere = [each.id for domain in blueprint.domains for each in domain.competencies]
    for index, name in enumerate(model.competencies):
        if name not in everywhere:
            message = f'unknown competency "{name}"{close_match(name, competencies or everywhere)}'
            yield YamlProblem(document.place(("competencies", index)), message)


def _unused_variables(source: ScenarioSource) -> Iterator[YamlProblem]:
    used = {name.partition(".")[0] for _, name in placeholders(_without_vary(source.document.data))}
    for files in source.manifest_files.values():
        for file in files:
            used |= {name.partition(".")[0] for _, name in placeholders(file.text.decode("utf-8", "replace"))}
    for name in source.vary:
        if name not in used:
            yield YamlProblem(source.document.key_place(("vary", name)), f'the variable "{name}" is used nowhere')


def _without_vary(data: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in data.items() if key != "vary"}


def _member_problems(source: ScenarioSource) -> Iterator[YamlProblem]:
    """Problems of single members of the family: every value of every variable, one at a time."""
    for values in _members(source):
        try:
            drawn = source.with_values(values)
            _read_manifests(drawn)
        except YamlError as error:
            yield from error.problems


def _members(source: ScenarioSource) -> Iterator[dict[str, Value]]:
    first = first_values(source.vary)
    yield first
    for name, values in source.vary.items():
        for value in values[1:]:
            yield {**first, name: value}


def _read_manifests(drawn: DrawnScenario) -> None:
    for index, cluster in enumerate(drawn.exercise.world.clusters):
        drawn.manifests(cluster.manifests, ("world", "clusters", index, "manifests"))
