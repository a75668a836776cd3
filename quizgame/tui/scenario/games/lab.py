"""Labs on the screen: tasks beside the terminal, ticked as they are done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from quizgame.game.scenario.steps import StepState, StepView
from quizgame.tui.meters import counted
from quizgame.tui.prose import inline, plain
from quizgame.tui.scenario.games.game import (
    BAD,
    GOOD,
    MUTED,
    Confirmation,
    Game,
    LastPage,
    News,
    Pane,
    Question,
    Section,
    time_of,
)
from quizgame.tui.scenario.ledger import BLANK, Entry, heading
from quizgame.tui.scenario.markdown import author_text
from quizgame.tui.scenario.picture import Picture, map_of

if TYPE_CHECKING:
    from quizgame.content.scenario.lab import Lab
    from quizgame.game.lab.attempt import LabAttempt
    from quizgame.game.scenario.workstation import LineResult

_TRIED = 3
"""A question answered wrong so often was a guess."""


@dataclass(frozen=True, slots=True)
class DonePicture:
    """A task that is done."""

    title: str
    explain: str
    """The author's words; Markdown."""
    line: str
    """The line that did it."""


@dataclass(frozen=True, slots=True)
class LabPicture(Picture):
    """What is shown of a lab."""

    tasks: tuple[StepView, ...]
    text: str
    """The current task's; Markdown. Empty once all are done."""
    ask: str
    """What it asks that is not answered yet; may be empty."""
    hints: tuple[str, ...]
    hints_left: int
    done: tuple[DonePicture, ...]

    @property
    def current(self) -> StepView | None:
        """The task whose turn it is."""
        return self.tasks[len(self.done)] if len(self.done) < len(self.tasks) else None


class LabGame(Game[LabPicture]):
    """A lab."""

    kind = "lab"
    word = "Lab"
    help = (
        "A workstation with `kubectl`, `cilium` and `hubble`, connected to simulated clusters in which nothing is "
        "wrong. Do one task after another; each is ticked as soon as the cluster, or what you saw of it, says that it "
        "is done. Nothing costs points: hints are free, and a wrong answer is explained and given again. The game's "
        "own words (`steps`, `answer`, `hint`, `verify`, `end`) can be typed at the prompt as well. Every line is "
        "saved before its output is shown."
    )
    panes = (Pane("steps", "Tasks", "f2"), Pane("notebook", "Explained", "f3"), Pane("map", "Map", "f4"))
    offers = frozenset(("hint", "answer", "verify", "end", "debrief"))
    welcome = "f2 shows the tasks, f5 gives a hint, f7 tells what of this task holds."
    rest_over = "The clusters stay: look around as long as you like · f8 opens the last page"

    def picture(self, attempt: LabAttempt) -> LabPicture:
        """How everything stands."""
        task = attempt.current
        asks = task is not None and task.ask is not None and not attempt.progress.is_answered(task)
        by_id = {each.id: each for each in attempt.lab.tasks}
        return LabPicture(
            title=attempt.lab.title,
            minutes=attempt.lab.minutes,
            elapsed_s=attempt.elapsed_s,
            is_over=attempt.is_over,
            lines=len(attempt.results),
            folder=attempt.session.cwd,
            map=map_of(attempt.world),
            tasks=tuple(attempt.steps()),
            text=task.text if task is not None else "",
            ask=task.ask.question if asks and task is not None and task.ask is not None else "",
            hints=attempt.hints_given,
            hints_left=attempt.hints_left,
            done=tuple(
                DonePicture(
                    by_id[name].title,
                    by_id[name].explain,
                    attempt.results[line].line if line < len(attempt.results) else "",
                )
                for name, line in attempt.progress.done.items()
            ),
        )

    def terms(self, exercise: Lab) -> Content:
        """The tasks."""
        lines = [Content.styled(counted(len(exercise.tasks), "task").capitalize(), "bold $primary")]
        lines += [Content.assemble((f"{number:>4}  ", MUTED), inline(task.title))
                  for number, task in enumerate(exercise.tasks, 1)]  # fmt: skip
        lines.append(Content.styled("      Each checks itself; hints are free, and nothing costs points.", MUTED))
        return Content("\n").join(lines)

    def so_far(self, picture: LabPicture) -> str:
        """The tasks that are done."""
        return f"{counted(len(picture.done), 'task')} done"

    def entries(self, picture: LabPicture, *, is_brief: bool) -> Mapping[str, Sequence[Entry]]:
        """The tasks, the current one's text first; and what was explained, the newest first."""
        return {"steps": list(_tasks(picture)), "notebook": list(_explained(picture))}

    def figures(self, picture: LabPicture) -> Mapping[str, str]:
        """Tasks that are done."""
        return {"steps": f"{len(picture.done)}/{len(picture.tasks)}", "notebook": str(len(picture.done))}

    def status(self, picture: LabPicture, *, is_wide: bool) -> Content:
        """Tasks and time."""
        return Content.assemble(
            (f"{len(picture.done)} of {counted(len(picture.tasks), 'task')}", "bold"),
            ("  ·  ", MUTED),
            time_of(picture, is_wide=is_wide),
        )

    def news(self, result: LineResult, picture: LabPicture) -> News:
        """The tasks that the line did."""
        titles = {view.id: view.title or view.id for view in picture.tasks}
        said = tuple(Content.styled(f"✓ {plain(titles[name])}", "bold $text-success") for name in result.earned)
        if said and picture.current is None:
            said = (*said, Content.styled("all tasks are done: f8 opens the last page", "bold $primary"))
        return News(said, ("steps", "notebook") if said else ())

    def can(self, action: str, picture: LabPicture) -> bool:
        """Offer what can still be done."""
        match action:
            case "hint":
                return not picture.is_over and picture.hints_left > 0
            case "answer":
                return self.question(picture) is not None
            case "verify" | "end":
                return not picture.is_over
            case "debrief":
                return picture.is_over
        return True

    def question(self, picture: LabPicture) -> Question | None:
        """What the current task asks."""
        view = picture.current
        if view is None or picture.is_over or not picture.ask:
            return None
        note = Content.styled("A wrong answer is explained, and may be given again.", MUTED)
        return Question("Question", "costs nothing", picture.ask, view, note, has_confidence=False)

    def end_warning(self, picture: LabPicture) -> Confirmation:
        """What is still open."""
        left = len(picture.tasks) - len(picture.done)
        return Confirmation("End the lab?", f"{counted(left, 'task')} would be left undone. Leaving with esc keeps it.")

    def opens_last_page(self, result: LineResult) -> bool:
        """Not over what the last task has just explained."""
        return not result.earned

    def last_page(self, attempt: LabAttempt) -> LastPage:
        """What was done, what was answered, what to take away."""
        done = attempt.progress.done
        is_whole = len(done) == len(attempt.lab.tasks)
        word = "✓ DONE" if is_whole else "✗ NOT DONE"
        verdict = Content.styled(f"{word}   {len(done)} of {counted(len(attempt.lab.tasks), 'task')}", "bold")
        sections = [Section("Tasks", tuple(_results(attempt)))]
        asked = tuple(_answers(attempt))
        if asked:
            sections.append(Section("Questions", asked))
        return LastPage(verdict, is_whole, tuple(sections), attempt.lab.debrief)


def _tasks(picture: LabPicture) -> Iterator[Entry]:
    current = picture.current
    if current is not None and not picture.is_over:
        number = len(picture.done) + 1
        yield heading(f"Task {number} of {len(picture.tasks)}")
        yield Entry(inline(current.title or "").stylize("bold"), indent=0)
        yield BLANK
        yield Entry(author_text(picture.text), indent=0)
        if picture.ask:
            yield BLANK
            yield Entry(inline(picture.ask).stylize("bold"), Content.styled("?", "bold $accent"))
            for place, choice in enumerate(current.choices, 1):
                sign = BAD if place in current.chosen else Content.styled(f"{place}", MUTED)
                yield Entry(inline(choice.text), Content("  ") + sign, indent=4)
            yield Entry(Content.styled("f6 answers", MUTED))
        for number, hint in enumerate(picture.hints, 1):
            yield BLANK
            yield heading(f"Hint {number}")
            yield Entry(author_text(hint), indent=0)
        if picture.hints_left:
            yield BLANK
            yield Entry(Content.styled(f"{counted(picture.hints_left, 'hint')} left: f5", MUTED), indent=0)
        yield BLANK
    yield heading("All tasks")
    for view in picture.tasks:
        title = inline(view.title or "")
        if view.state is StepState.EARNED:
            yield Entry(title, GOOD)
        elif view is current and not picture.is_over:
            yield Entry(title.stylize("bold"), Content.styled("▸", "bold $primary"))
        else:
            yield Entry(title.stylize_before(MUTED), Content.styled("○", MUTED))


def _explained(picture: LabPicture) -> Iterator[Entry]:
    if not picture.done:
        said = "Nothing yet. What a task showed is kept here once it is done."
        yield Entry(Content.styled(said, MUTED), indent=0)
    for task in reversed(picture.done):
        yield Entry(inline(task.title).stylize("bold"), GOOD)
        first, _, rest = task.line.partition("\n")
        yield Entry(Content.styled(f"$ {plain(first)}{' …' if rest else ''}", MUTED), is_cut=True)
        yield Entry(author_text(task.explain))
        yield BLANK


def _results(attempt: LabAttempt) -> Iterator[Entry]:
    for task in attempt.lab.tasks:
        is_done = task.id in attempt.progress.done
        hints = attempt.progress.hints[task.id]
        figure = Content.styled(f"with {counted(hints, 'hint')}", MUTED) if hints else Content("")
        yield Entry(inline(task.title), GOOD if is_done else BAD, figure)


def _answers(attempt: LabAttempt) -> Iterator[Entry]:
    for task in attempt.lab.tasks:
        given = attempt.progress.answers.get(task.id)
        if task.ask is None or not given:
            continue
        tries = len(given) if given[-1].is_right else 0
        verdict = "right" if tries == 1 else f"right at try {tries}" if tries else "wrong"
        style = "$text-success" if tries == 1 else "$text-warning" if 0 < tries < _TRIED else "$text-error"
        asked = inline(task.ask.question).stylize("bold")
        yield Entry(asked, figure=Content.styled(verdict, f"bold {style}"), indent=0)
        for position in dict.fromkeys(answer.chosen for answer in given):
            option = task.ask.options[position]
            yield Entry(inline(option.text), GOOD if option.correct else BAD)
            yield Entry(author_text(option.reason).stylize_before(MUTED))
        yield BLANK


LAB = LabGame()
