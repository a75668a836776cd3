"""The format of question packs: one YAML file holds the questions of one domain.

Rules for this file: what makes a question impossible to show or to grade is an error here; what makes it a poor
question (no reason, no source, a give-away) is a matter of `quizgame.content.lint`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from quizgame.content.model import Line, PackModel, Slug, Text
from quizgame.content.proofs import Claim, Proof

UNSORTED = "unsorted"
"""Domain and competency of questions that no blueprint claims: practised, never drawn into an exam."""


class Difficulty(StrEnum):
    """How hard its author holds a question to be."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Normalise(StrEnum):
    """How a typed answer is compared with the accepted ones."""

    COMMAND = "command"
    """White space collapses, options may stand in any order."""
    WORD = "word"
    """Case and outer quotes do not matter."""
    NUMBER = "number"
    """Compared by value."""


class Option(PackModel):
    """One thing to choose."""

    noun: ClassVar[str] = "option"

    text: Text = Field(description="What the learner may choose; plain text, `code` and **bold**.")
    correct: StrictBool = Field(False, description="Whether it belongs to the right answer; left out means false.")
    reason: Text | None = Field(None, description="Why it is right, or the misreading that makes it wrong.")
    claim: Claim | None = Field(
        None, description="What it says, to be executed in the proof's world: true of a right option, else false."
    )


class SequenceEntry(PackModel):
    """One entry of a sequence to be put in order."""

    noun: ClassVar[str] = "entry"

    text: Text = Field(description="The step or thing to be placed.")
    reason: Text | None = Field(None, description="Why it stands where it stands.")


class Pair(PackModel):
    """Two things that belong together."""

    noun: ClassVar[str] = "pair"

    left: Text = Field(description="What is given.")
    right: Text = Field(description="What belongs to it; distinct in the question.")
    reason: Text | None = Field(None, description="Why they belong together.")


class NearMiss(PackModel):
    """A typical wrong answer and what is wrong with it."""

    noun: ClassVar[str] = "near answer"

    text: Line = Field(description="The wrong answer, as a learner would type it.")
    reason: Text = Field(description="The misreading behind it.")


class SpotLine(PackModel):
    """One line of the exhibit that the learner searches."""

    noun: ClassVar[str] = "line"

    text: Annotated[Text, Field(max_length=500)] = Field(description="The line as shown.")
    correct: StrictBool = Field(False, description="Whether it answers the stem; left out means false.")
    reason: Text | None = Field(None, description="Why it is, or is not, the line.")


class QuestionBase(PackModel):
    """What every kind of question has."""

    noun: ClassVar[str] = "question"

    id: Slug = Field(description="Stable and unique over the bank, in kebab-case.")
    competency: Slug = Field(description="One competency of the pack's domain; `quizgame list domains` names them.")
    difficulty: Difficulty = Field(description="easy, medium or hard.")
    stem: Text = Field(description="The question, complete in itself; plain text, `code` and **bold**.")
    exhibit: Text | None = Field(None, description="A manifest, an output or a topology, shown as it stands.")
    explanation: Text | None = Field(None, description="The idea behind the answer, in two to five sentences.")
    sources: tuple[Line, ...] = Field((), description="Documentation pages that show the answer; at least one.")
    versions: Line = Field(description="The Cilium versions for which it is true, in quotes.")
    tags: tuple[Line, ...] = Field((), description="Words to find it by.")
    proof: Proof | None = Field(None, description="A small world in which the simulator proves it.")


class ChoiceQuestion(QuestionBase):
    """What single and multiple choice share."""

    options: tuple[Option, ...] = Field(
        min_length=2, max_length=8, description="What to choose from; shown shuffled, so never refer to a letter."
    )

    @property
    def correct_options(self) -> tuple[Option, ...]:
        """The options of the right answer, as written."""
        return tuple(option for option in self.options if option.correct)


class SingleChoice(ChoiceQuestion):
    """One option is right."""

    kind: Literal["single"] = Field(description="One option is right.")

    @property
    def choose(self) -> int:
        """How many options the learner chooses."""
        return 1

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_repeats("option", (option.text for option in self.options))
        if len(self.correct_options) != 1:
            raise ValueError(f"a single question has exactly 1 correct option, found {len(self.correct_options)}")
        return self


class MultipleChoice(ChoiceQuestion):
    """Several options are right; the learner is told how many."""

    kind: Literal["multiple"] = Field(description="Several options are right.")
    choose: StrictInt = Field(ge=2, le=7, description="How many options are right; the stem says it too.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_repeats("option", (option.text for option in self.options))
        if len(self.correct_options) != self.choose:
            raise ValueError(f"choose says {self.choose} but {len(self.correct_options)} options are correct")
        if self.choose >= len(self.options):
            raise ValueError("every option is correct: nothing is left to choose between")
        return self


class Ordering(QuestionBase):
    """Things to be put in order."""

    kind: Literal["ordering"] = Field(description="Entries to be put in order.")
    sequence: tuple[SequenceEntry, ...] = Field(
        min_length=3, max_length=6, description="The entries in the right order."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_repeats("entry", (entry.text for entry in self.sequence))
        return self


class Matching(QuestionBase):
    """Things to be paired."""

    kind: Literal["matching"] = Field(description="Things to be paired.")
    pairs: tuple[Pair, ...] = Field(min_length=3, max_length=6, description="What belongs together.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_repeats("left side", (pair.left for pair in self.pairs))
        _refuse_repeats("right side", (pair.right for pair in self.pairs))
        return self


class FillIn(QuestionBase):
    """A command, a word or a number to be typed."""

    kind: Literal["fill-in"] = Field(description="A text to be typed.")
    answers: tuple[Line, ...] = Field(min_length=1, max_length=20, description="Accepted answers; the first is shown.")
    normalise: Normalise = Field(description="How answers are compared: command, word or number.")
    reason: Text | None = Field(None, description="Why the answer is right.")
    near: tuple[NearMiss, ...] = Field((), max_length=10, description="Typical wrong answers.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.normalise is Normalise.NUMBER:
            for answer in self.answers:
                if not is_number(answer):
                    raise ValueError(f'normalise says number but "{answer}" is none')
        return self


class Spot(QuestionBase):
    """A line to be found in an output or a manifest."""

    kind: Literal["spot"] = Field(description="Lines to be found in an exhibit.")
    lines: tuple[SpotLine, ...] = Field(min_length=2, max_length=60, description="The exhibit, line by line.")
    choose: StrictInt = Field(1, ge=1, le=10, description="How many lines are right.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        correct = sum(line.correct for line in self.lines)
        if correct != self.choose:
            raise ValueError(f"choose says {self.choose} but {correct} lines are correct")
        return self


Question = Annotated[
    SingleChoice | MultipleChoice | Ordering | Matching | FillIn | Spot,
    Field(discriminator="kind"),
]
KINDS = ("single", "multiple", "ordering", "matching", "fill-in", "spot")


class QuestionPack(PackModel):
    """A file of questions of one domain."""

    noun: ClassVar[str] = "pack"

    apiVersion: Literal["quizgame/v1"] = Field(description="The version of this format.")  # noqa: N815  # YAML's own key
    kind: Literal["Questions"] = Field(description="What this file holds.")
    domain: Slug = Field(description="The domain of all questions in this file; `quizgame list domains` names them.")
    questions: tuple[Question, ...] = Field(description="The questions.")


def carries_proof(question: Question) -> bool:
    """Whether the question claims something that can be executed."""
    options = question.options if isinstance(question, ChoiceQuestion) else ()
    return question.proof is not None or any(option.claim is not None for option in options)


def is_number(text: str) -> bool:
    """Whether a text reads as a number (commas and underscores between digits allowed)."""
    return parse_number(text) is not None


def parse_number(text: str) -> Decimal | None:
    """The value of a typed number; ``None`` if it is none."""
    try:
        value = Decimal(text.strip().replace(",", "").replace("_", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _refuse_repeats(noun: str, texts: Iterable[str]) -> None:
    bare = [text.strip() for text in texts]
    if len(set(bare)) == len(bare):
        return
    text, times = Counter(bare).most_common(1)[0]
    raise ValueError(f'the same {noun} {times} times: "{text}"')
