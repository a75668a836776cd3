"""``quizgame run``: a scenario, headless."""

from __future__ import annotations

import json
import sys
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quizgame.cli.main import Exit
from quizgame.cli.script import script_lines
from quizgame.cli.sources import add_pack_option, user_home
from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.content.scenarios import ScenarioSource
    from quizgame.game.scenario.attempt import Attempt, LineResult


class _Given(Action):
    """Keeps ``-c`` and ``--script`` in the order in which they were given."""

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        is_script = option_string == "--script"
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), (is_script, values)])


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("scenario", metavar="SCENARIO", help="its id, or the file of one")
    parser.add_argument("-c", dest="given", action=_Given, metavar="CMD", help="run this line (repeatable)")
    parser.add_argument("--script", dest="given", action=_Given, metavar="FILE", help="run these lines; - is stdin")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which one of the family (default: 0)")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the transcript")
    add_pack_option(parser)


def run(args: Namespace) -> int:
    """Run the lines; their end submits. The exit status is 0 whatever the score."""
    lines = list(_lines(args.given or ()))
    source = scenario_named(args.scenario, [Path(folder) for folder in args.pack])
    from quizgame.game.scenario.attempt import Attempt
    from quizgame.game.scenario.reference import Reference
    from quizgame.game.scenario.stage import Stage

    stage = Stage(source.draw(args.seed))
    reference = Reference(stage)
    attempt = Attempt(stage, reference=lambda: reference)
    for line in lines:
        outcome = attempt.run_line(line)
        if not args.json:
            _print(outcome)
    has_submitted = attempt.is_over
    attempt.submit()
    if args.json:
        sys.stdout.write(json.dumps(_as_json(attempt), indent=2, ensure_ascii=False) + "\n")
    elif not has_submitted:
        _print_end(attempt)
    return Exit.DONE


def scenario_named(name: str, folders: Sequence[Path]) -> ScenarioSource:
    """The scenario of an id, or of a file.

    Raises:
        QuizgameError: there is none, or it is broken.
    """
    from quizgame.content.scenarios import load_scenario_file, load_scenarios, scenario_folders

    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise QuizgameError("no such file", source=name)
        source = load_scenario_file(path)
        if source is None:
            raise QuizgameError("the file holds no scenario", source=name)
        return source
    for folder in folders:
        if not folder.is_dir():
            raise QuizgameError(f"no folder {folder}", hint="--pack takes a folder of packs")
    return load_scenarios(scenario_folders(user_home(), folders)).find(name)


def _lines(given: Sequence[tuple[bool, str]]) -> Iterator[str]:
    for is_script, value in given:
        if is_script:
            yield from script_lines(value)
        else:
            yield value


def _print(outcome: LineResult) -> None:
    sys.stdout.write(f"$ {outcome.line}\n")
    sys.stdout.write(_ended(outcome.stdout_text))
    sys.stdout.write(_ended(outcome.stderr_text))


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _print_end(attempt: Attempt) -> None:
    from quizgame.game.scenario.debrief import result_lines, story_lines

    told = [*result_lines(attempt.result), "", *story_lines(attempt)]
    sys.stdout.write("\n".join(told) + "\n")


def _as_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "scenario": attempt.scenario.id,
        "seed": attempt.stage.drawn.seed,
        "commands": [
            {
                "line": outcome.line,
                "exit": outcome.exit,
                "stdout": outcome.stdout_text,
                "stderr": outcome.stderr_text,
                "facts": [str(fact) for fact in outcome.facts],
            }
            for outcome in attempt.results
        ],
        **attempt.result.as_json(),
    }
