"""Blueprints: what an exam consists of, as data, so that another exam is another file."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StrictInt, model_validator

from quizgame.content.model import Line, PackModel, Slug

ExamKind = Literal["single", "multiple", "ordering", "matching", "fill-in", "spot"]


class Competency(PackModel):
    """One bullet of a curriculum."""

    noun: ClassVar[str] = "competency"

    id: Slug = Field(description="What questions name it by.")
    title: Line = Field(description="The bullet, in short.")
    target: StrictInt = Field(ge=1, description="How many questions of a full bank it should have.")


class Domain(PackModel):
    """One domain of a curriculum."""

    noun: ClassVar[str] = "domain"

    id: Slug = Field(description="What packs name it by.")
    title: Line = Field(description="Its official name.")
    weight: StrictInt = Field(ge=1, le=100, description="Its share of the exam, in percent.")
    competencies: tuple[Competency, ...] = Field(min_length=1, description="Its bullets.")


class Blueprint(PackModel):
    """An exam: its conditions, and its domains with their weights."""

    noun: ClassVar[str] = "exam"

    apiVersion: Literal["quizgame/v1"] = Field(description="The version of this format.")  # noqa: N815  # YAML's own key
    kind: Literal["Exam"] = Field(description="What this file holds.")
    id: Slug = Field(description="Shown with every score that was made by it.")
    title: Line = Field(description="The exam's name.")
    questions: StrictInt = Field(ge=1, le=500, description="How many questions an exam has.")
    minutes: StrictInt = Field(ge=1, le=600, description="How long it lasts.")
    pass_: StrictInt = Field(alias="pass", ge=1, le=100, description="The percentage that passes.")
    kinds: Annotated[tuple[ExamKind, ...], Field(min_length=1)] = Field(description="The kinds of question in it.")
    simulated: StrictInt = Field(
        0, ge=0, le=50, description="At most this share of each domain, in percent, is simulated; none if left out."
    )
    domains: tuple[Domain, ...] = Field(min_length=1, description="Its domains; the weights add up to 100.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        total = sum(domain.weight for domain in self.domains)
        if total != 100:
            raise ValueError(f"the weights of the domains add up to {total}, not 100")
        for noun, names in (
            ("domain", [domain.id for domain in self.domains]),
            ("competency", [competency.id for domain in self.domains for competency in domain.competencies]),
        ):
            repeated = sorted(name for name, times in Counter(names).items() if times > 1)
            if repeated:
                raise ValueError(f'{noun} "{repeated[0]}" appears twice')
        return self

    def domain(self, name: str) -> Domain | None:
        """The domain of this name, if there is one."""
        return next((domain for domain in self.domains if domain.id == name), None)

    def competency(self, name: str) -> Competency | None:
        """The competency of this name in whatever domain, if there is one."""
        return next((known for domain in self.domains for known in domain.competencies if known.id == name), None)

    def title_of(self, slug: str) -> str:
        """The title of a domain or competency; the slug itself where the blueprint has none."""
        found = self.domain(slug) or self.competency(slug)
        return found.title if found else slug
