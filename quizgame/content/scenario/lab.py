"""The format of labs: a world without a fault, and tasks in it that check themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field, StrictBool, model_validator

from quizgame.content.model import Line, PackModel, PlacedError, Slug, Text
from quizgame.content.scenario.exercise import Exercise
from quizgame.content.scenario.parts import ObjectName, Probe, Scalar
from quizgame.content.scenario.steps import Wanted


class WantedCondition(PackModel):
    """A condition in an object's status."""

    noun: ClassVar[str] = "condition"

    type: Line = Field(description="Its type, as Ready.")
    status: Line = Field("True", description='"True", "False" or "Unknown", in quotes.')
    reason: Line | None = Field(None, description="Its reason; left out: any.")


class WantedObject(ObjectName):
    """An object that is there, and what it says; or one that is gone."""

    noun: ClassVar[str] = "object"

    name: Line = Field(description="Its name, a shell pattern: one such object suffices.")
    absent: StrictBool = Field(False, description="Whether there must be none.")
    field: Line | None = Field(
        None, description="A field that it must have, as spec.ingress[0].fromEndpoints; * and ? stand for any text."
    )
    value: Scalar | StrictBool | None = Field(
        None, description="What stands there, a shell pattern; left out: anything."
    )
    condition: WantedCondition | None = Field(None, description="A condition that it must report.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.absent and (self.field is not None or self.condition is not None):
            raise PlacedError("what is absent has neither field nor condition", "absent")
        if self.value is not None and self.field is None:
            raise PlacedError("a value needs the field that has it", "value")
        return self


class TaskCheck(PackModel):
    """Something that must be so; one of seen, works, fails, object, any and all."""

    noun: ClassVar[str] = "check"

    seen: Wanted | None = Field(
        None, description="A fact that some command has shown since the task became the current one."
    )
    ever: StrictBool = Field(False, description="With seen: it counts, too, if it was shown before.")
    works: Probe | None = Field(None, description="A probe that must work.")
    fails: Probe | None = Field(None, description="A probe that must fail.")
    object: WantedObject | None = Field(None, description="An object that is there, and what it says.")
    any: tuple[TaskCheck, ...] | None = Field(None, min_length=1, description="One of these suffices.")
    all: tuple[TaskCheck, ...] | None = Field(None, min_length=1, description="Each of these is needed.")
    cluster: Line | None = Field(
        None, description="Name or context of the cluster in which it is so; left out: the first one, for seen any."
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [name for name in self.kinds() if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"a check is one of {', '.join(self.kinds())}; write two checks for two things")
        if self.ever and self.seen is None:
            raise PlacedError("ever goes with seen: state counts whenever it came about", "ever")
        if self.cluster is not None and (self.any is not None or self.all is not None):
            raise PlacedError("name the cluster in the checks of the group", "cluster")
        return self

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """The keys of which a check has one."""
        return tuple(name for name in cls.model_fields if name not in ("ever", "cluster"))

    @property
    def parts(self) -> tuple[TaskCheck, ...]:
        """The checks of a group."""
        return (*(self.any or ()), *(self.all or ()))

    def leaves(self) -> Iterator[TaskCheck]:
        """All checks in it that are no groups."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


class AskOption(PackModel):
    """One possible answer."""

    noun: ClassVar[str] = "option"

    text: Line = Field(description="What the learner may choose.")
    correct: StrictBool = Field(False, description="Whether it is the right answer.")
    reason: Text = Field(description="Why it is right, or what speaks against it; told when it is chosen.")


class Ask(PackModel):
    """A question about what was seen; a wrong answer is explained and may be given again."""

    noun: ClassVar[str] = "question"

    question: Line = Field(description="The question.")
    options: tuple[AskOption, ...] = Field(min_length=2, max_length=9, description="Shuffled when shown; one is right.")

    @model_validator(mode="after")
    def _has_one_answer(self) -> Self:
        right = sum(option.correct for option in self.options)
        if right != 1:
            found = "none is" if right == 0 else f"{right} are"
            raise PlacedError(f"exactly one option must be correct, {found}", "options")
        return self


class Task(PackModel):
    """One task of a lab."""

    noun: ClassVar[str] = "task"

    id: Slug = Field(description="Its name; what `answer` takes.")
    title: Line = Field(description="What to do, in one line for the list.")
    text: Text = Field(description="What to do, why, and what to look at; Markdown. Name a command only where it is "
                                   "the lesson.")  # fmt: skip
    done: tuple[TaskCheck, ...] = Field((), description="What shows that it is done: all of these at the same time.")
    ask: Ask | None = Field(None, description="A question that must be answered, too.")
    hints: tuple[Text, ...] = Field((), description="In the order in which they are given; they cost nothing.")
    solution: Text = Field(description="Lines as typed, by which `quizgame check` does it. `answer` takes the number "
                                       "of an option in this file, or the beginning of its text. A line that begins "
                                       "with \"! \" is expected to fail.")  # fmt: skip
    explain: Text = Field(description="Told when it is done: what was seen, and why; Markdown.")

    @model_validator(mode="after")
    def _checks_itself(self) -> Self:
        if not self.done and self.ask is None:
            raise ValueError("a task needs done or ask: otherwise nothing tells when it is done")
        return self


class Lab(Exercise):
    """Tasks in a world without a fault, one after another; nothing costs points."""

    noun: ClassVar[str] = "lab"

    kind: Literal["Lab"] = Field(description="What this file holds.")
    tasks: tuple[Task, ...] = Field(min_length=1, max_length=40, description="In the order in which they are done.")

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [task.id for task in self.tasks]
        for place, name in enumerate(ids):
            if name in ids[:place]:
                raise PlacedError(f'task "{name}" appears twice', "tasks", place, "id")
        return self

    def probes(self) -> tuple[Probe, ...]:
        """All probes in its checks."""
        leaves = [leaf for task in self.tasks for check in task.done for leaf in check.leaves()]
        return tuple(probe for leaf in leaves for probe in (leaf.works, leaf.fails) if probe is not None)
