"""Plots of progress. Importing this imports plotext: do it when a plot is shown, not before."""

from __future__ import annotations

from collections.abc import Sequence

from textual_plotext import PlotextPlot

MARKER = "hd"


class Plot(PlotextPlot):
    """A plot in the colours of the theme."""

    ALLOW_SELECT = False

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._draw())
        self._draw()

    def _draw(self) -> None:
        self.plt.clear_data()
        self.plt.clear_color()
        self.draw(*(self._rgb(name) for name in ("primary", "warning", "foreground")))
        self.plt.canvas_color(self._rgb("background"))
        self.plt.frame(False)
        self.plt.axes_color(self._rgb("background"))
        self.plt.ticks_color(self._rgb("secondary"))
        self.refresh()

    def draw(self, line: tuple[int, int, int], mark: tuple[int, int, int], text: tuple[int, int, int]) -> None:
        """Draw the data in these colours."""

    def _rgb(self, name: str) -> tuple[int, int, int]:
        from textual.color import Color

        return Color.parse(self.app.theme_variables[name]).rgb


class ScoresPlot(Plot):
    """Exam scores in the order in which they were sat, and the pass mark."""

    def __init__(self, scores: Sequence[int], pass_percent: int) -> None:
        super().__init__()
        self._scores = scores
        self._pass = pass_percent

    def draw(self, line: tuple[int, int, int], mark: tuple[int, int, int], text: tuple[int, int, int]) -> None:
        """Points joined by a line; the pass mark across."""
        numbers: list[float] = [*range(1, len(self._scores) + 1)]
        self.plt.title(f"Exam scores, {self._pass} % passes" if numbers else "Exam scores: no exam yet")
        self.plt.ylim(0, 100)
        self.plt.yticks([0, 25, 50, 75, 100])
        self.plt.xlim(0.5, max(len(numbers), 2) + 0.5)
        self.plt.xticks(numbers[:: max(len(numbers) // 8, 1)] or [1])
        self.plt.hline(self._pass, color=mark)
        if numbers:
            self.plt.plot(numbers, list(self._scores), color=line, marker=MARKER)
            self.plt.scatter(numbers, list(self._scores), color=line, marker="●")


class ForecastPlot(Plot):
    """How many questions fall due on each day from today."""

    def __init__(self, due: Sequence[int]) -> None:
        super().__init__()
        self._due = due

    def draw(self, line: tuple[int, int, int], mark: tuple[int, int, int], text: tuple[int, int, int]) -> None:
        """A bar a day."""
        self.plt.title(f"Due in the next {len(self._due)} days: {sum(self._due)}")
        days: list[float] = [*range(len(self._due))]
        top = max(*self._due, 4)
        self.plt.ylim(0, top)
        self.plt.yticks(list(range(0, top + 1, max(top // 4, 1))))
        self.plt.bar(days, list(self._due), color=line, width=0.6)
        self.plt.xticks(days[::2], ["today" if day == 0 else f"+{day}" for day in days[::2]])


def scores_plot(scores: Sequence[int], pass_percent: int) -> ScoresPlot:
    """The plot of exam scores, in percent."""
    return ScoresPlot(scores, pass_percent)


def forecast_plot(due: Sequence[int]) -> ForecastPlot:
    """The plot of what falls due, a number a day from today."""
    return ForecastPlot(due)
