"""Makes packs out of questions of another format: ids, competencies, and what the format does not know."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from quizgame.content.blueprint import Blueprint
from quizgame.content.interchange.gift import GiftFile, GiftQuestion
from quizgame.content.library import load_pack
from quizgame.content.packfiles import PackFile
from quizgame.content.packwriter import pack_text
from quizgame.content.questions import UNSORTED

_VERSIONS = "unstated"
_SLUG = re.compile(r"(?=.{1,80}\Z)[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Adopted:
    """What an import makes."""

    packs: Mapping[str, str]
    """Domain → text of a pack that loads."""
    questions: int
    notes: tuple[str, ...]
    """What could not be carried, one line each."""


def adopt_gift(
    gift: GiftFile, name: str, source: str, blueprint: Blueprint, taken: Collection[str], competency: str | None
) -> Adopted:
    """Turn the questions of a GIFT file into packs.

    Args:
        gift: What was read.
        name: A slug for ids where the file gives none.
        source: What to call the file in notes.
        blueprint: Knows domains and competencies, which categories may name.
        taken: Ids that are in use.
        competency: Where questions belong whose category names none; ``None`` leaves them unsorted.
    """
    notes = [f"{source}:{loss.line}:1: {loss.message}" for loss in gift.losses]
    by_domain: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    used = set(taken)
    for question in gift.questions:
        domain, known = _place(question.category, blueprint, competency)
        made = {
            "id": _free_id(question, name, used),
            "competency": known,
            "kind": question.content["kind"],
            "difficulty": "medium",
            **question.content,
            "versions": _VERSIONS,
            "tags": list(question.tags),
        }
        by_domain.setdefault(domain, []).append((question.line, made))
    packs: dict[str, str] = {}
    carried = 0
    for domain, entries in by_domain.items():
        kept = []
        for line, made in entries:
            text = pack_text(domain, [made])
            pack = load_pack(PackFile(source, text.encode()))
            if pack is None or not pack.questions:
                why = "; ".join(problem.message for problem in pack.problems) if pack else "no question"
                notes.append(f"{source}:{line}:1: left out: {why}")
            else:
                kept.append(made)
        if kept:
            packs[domain] = pack_text(domain, kept, [f"Imported from {source}."])
            carried += len(kept)
    if carried:
        notes.append(
            f"{source}: GIFT knows no difficulty, sources or versions: set to medium, none and {_VERSIONS}; "
            "`quizgame check` lists what to add"
        )
    unsorted = len(by_domain.get(UNSORTED, ()))
    if unsorted:
        notes.append(
            f"{source}: {unsorted} questions are in no competency that the blueprint knows: practised, but in no exam; "
            "name one with --competency"
        )
    return Adopted(packs, carried, tuple(notes))


def slug(text: str) -> str:
    """A text as a slug; empty if nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-")


def _place(category: str, blueprint: Blueprint, competency: str | None) -> tuple[str, str]:
    """Domain and competency: the last part of the category that names a competency by id or title, else the default."""
    names = [slug(part) for part in category.split("/")]
    for name in reversed(names):
        for domain in blueprint.domains:
            for known in domain.competencies:
                if name in (known.id, slug(known.title)):
                    return domain.id, known.id
    for domain in blueprint.domains:
        for known in domain.competencies:
            if known.id == competency:
                return domain.id, known.id
    return UNSORTED, UNSORTED


def _free_id(question: GiftQuestion, name: str, used: set[str]) -> str:
    stated = question.id or question.title
    base = (stated if _SLUG.fullmatch(stated) else slug(stated)) or name
    short = base[:60].strip("-")
    candidates = chain((base, f"{name[:19].strip('-')}-{short}"), (f"{short}-{number}" for number in count(2)))
    free = next(candidate for candidate in candidates if candidate not in used)
    used.add(free)
    return free
