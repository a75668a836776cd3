"""Where a person watches: streams go on until interrupted, an editor opens, and only the screen is the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quizgame.tools.output import Line, Result, render
from quizgame.tools.session import Session
from quizgame.tools.shell.executor import Shell

MakeShell = Callable[..., Shell]


class _Screen:
    """Keeps what is shown and interrupts after some pictures."""

    def __init__(self, pictures: int) -> None:
        self.shown: list[str] = []
        self._left = pictures

    def __call__(self, lines: Sequence[Line]) -> bool:
        self.shown.append(render(lines))
        self._left -= 1
        return self._left > 0


class _Probe:
    """A program that tells whether it writes to the screen."""

    name = "probe"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        return Result([Line(f"{session.is_screen} {session.stream is not None}")])


def test_an_endless_loop_shows_each_round_until_interrupted(make_shell: MakeShell) -> None:
    shell = make_shell()
    screen = _Screen(pictures=15)
    shell.session.is_screen, shell.session.stream = True, screen
    result = shell.run_line("while true; do date +%T; sleep 1; done")
    assert screen.shown[0] == "08:00:00\n"
    assert screen.shown[-1] == "08:00:14\n"
    assert (result.stdout, result.exit) == ([], 130)


def test_watch_goes_on_until_interrupted(make_shell: MakeShell) -> None:
    shell = make_shell()
    screen = _Screen(pictures=20)
    shell.session.is_screen, shell.session.stream = True, screen
    shell.run_line("watch -t -n 1 date +%T")
    assert screen.shown[-1].endswith("08:00:19\n")


def test_a_program_sees_the_screen_only_at_the_end_of_a_pipeline(make_shell: MakeShell) -> None:
    shell = make_shell()
    shell.tools = {"probe": _Probe(), "cat": shell.tools["cat"]}
    shell.session.is_screen, shell.session.stream = True, _Screen(pictures=9)
    assert render(shell.run_line("probe").stdout) == "True True\n"
    assert render(shell.run_line("probe | cat").stdout) == "False False\n"
    assert render(shell.run_line("probe > f; cat f").stdout) == "False False\n"
    assert render(shell.run_line("x=$(probe); cat <<< $x").stdout) == "False False\n"
    assert shell.session.is_screen


def test_an_editor_changes_a_file(make_shell: MakeShell) -> None:
    shell = make_shell(f="a\n")
    shell.session.edit_text = lambda name, text: text + name + "\n"
    assert shell.run_line("vi f").exit == 0
    assert render(shell.run_line("cat f").stdout) == "a\nf\n"


def test_a_cancelled_edit_leaves_the_file(make_shell: MakeShell) -> None:
    shell = make_shell(f="a\n")
    shell.session.edit_text = lambda name, text: None
    shell.run_line("nano f")
    assert render(shell.run_line("cat f").stdout) == "a\n"


def test_ls_fills_columns_on_the_screen_alone(make_shell: MakeShell) -> None:
    shell = make_shell(a="", b="", c="")
    shell.session.is_screen = True
    assert render(shell.run_line("ls").stdout) == "a  b  c\n"
    assert render(shell.run_line("ls | cat").stdout) == "a\nb\nc\n"


def test_state_lives_on_between_lines_and_leaves_with_exit(make_shell: MakeShell) -> None:
    shell = make_shell()
    shell.run_line("alias e='echo -n'; f() { e \"<$1>\"; }; export X=1; mkdir d; cd d")
    assert render(shell.run_line("f $X; pwd; history | wc -l").stdout) == "<1>/root/d\n2\n"
    assert not shell.has_exited
    assert shell.run_line("exit 4").exit == 4
    assert shell.has_exited
