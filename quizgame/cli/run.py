"""``quizgame run``: a scenario or a lab, headless."""

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
    from quizgame.game.scenario.exercise import ExerciseAttempt
    from quizgame.game.scenario.workstation import LineResult


class _Given(Action):
    """Keeps ``-c`` and ``--script`` in the order in which they were given."""

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        is_script = option_string == "--script"
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), (is_script, values)])


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("scenario", metavar="SCENARIO", help="id of a scenario or lab, or its file or folder")
    parser.add_argument("-c", dest="given", action=_Given, metavar="CMD", help="run this line (repeatable)")
    parser.add_argument("--script", dest="given", action=_Given, metavar="FILE", help="run these lines; - is stdin")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which one of the family (default: 0)")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the transcript")
    add_pack_option(parser)


def run(args: Namespace) -> int:
    """Run the lines; their end submits. The exit status is 0 whatever the score."""
    lines = list(_lines(args.given or ()))
    source = scenario_named(args.scenario, [Path(folder) for folder in args.pack])
    from quizgame.game.exercises import attempt_at
    from quizgame.game.scenario.stage import Stage
    from quizgame.tools.output import render

    attempt = attempt_at(Stage(source.draw(args.seed)))
    if not args.json:
        sys.stdout.write(render(attempt.opening()))
    for line in lines:
        outcome = attempt.run_line(line)
        if not args.json:
            _print(outcome)
    attempt.submit()
    if args.json:
        sys.stdout.write(json.dumps(_as_json(attempt), indent=2, ensure_ascii=False) + "\n")
    elif not attempt.is_end_told:
        sys.stdout.write("\n".join(attempt.ending()) + "\n")
    return Exit.DONE


def scenario_named(name: str, folders: Sequence[Path]) -> ScenarioSource:
    """The scenario or lab of an id, of a file, or of a folder.

    Raises:
        QuizgameError: there is none, or it is broken.
    """
    from quizgame.content.scenarios import load_scenario_file, load_scenarios, scenario_folders

    path = Path(name)
    if name.endswith((".yaml", ".yml")):
        if not path.is_file():
            raise QuizgameError("no such file", source=name)
        source = load_scenario_file(path)
        if source is None:
            raise QuizgameError("the file holds no scenario and no lab", source=name)
        return source
    for folder in folders:
        if not folder.is_dir():
            raise QuizgameError(f"no folder {folder}", hint="--pack takes a folder of packs")
    library = load_scenarios(scenario_folders(user_home(), folders))
    # A folder in the working folder may bear the name of a built-in one: the id is what was always meant.
    if name not in library.sources and path.is_dir():
        return _in_folder(path)
    return library.find(name)


def _in_folder(folder: Path) -> ScenarioSource:
    from quizgame.content.scenarios import load_scenarios
    from quizgame.yamlsource.place import YamlError

    library = load_scenarios([folder])
    if len(library.sources) == 1:
        return next(iter(library.sources.values()))
    if library.sources:
        raise QuizgameError(f"several lie in it: {', '.join(library.sources)}", source=str(folder),
                            hint="name the folder or the file of one")  # fmt: skip
    if library.problems:
        raise YamlError(library.problems)
    raise QuizgameError("the folder holds no scenario and no lab", source=str(folder))


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
    sys.stdout.write(outcome.told_text)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _as_json(attempt: ExerciseAttempt) -> dict[str, Any]:
    return {
        "scenario": attempt.exercise.id,
        "seed": attempt.stage.drawn.seed,
        "commands": [
            {
                "line": outcome.line,
                "exit": outcome.exit,
                "stdout": outcome.stdout_text,
                "stderr": outcome.stderr_text,
                "facts": [str(fact) for fact in outcome.facts],
                **({"told": outcome.told_text} if outcome.told else {}),
            }
            for outcome in attempt.results
        ],
        **attempt.result.as_json(),
    }
