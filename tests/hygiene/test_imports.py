"""What a fresh interpreter loads for each thing it is asked to do: module sets never flake, as times do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from quizgame.cli.main import VERBS

PRINT_MODULES = """
import json, sys
print("\\n" + json.dumps({name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}))
"""
RUN_VERB = """
from quizgame.cli import main
try:
    main({words!r})
except SystemExit:
    pass
"""
CAPTURE = {
    "flow": {"time": "2026-03-01T09:00:00Z", "verdict": "FORWARDED", "IP": {"source": "10.0.0.1"}, "Type": "L3_L4"},
    "time": "2026-03-01T09:00:00Z",
}


def modules_after(code: str) -> dict[str, str]:
    """Run code in a fresh interpreter; return what it loaded: name → file."""
    done = subprocess.run(
        [sys.executable, "-c", code + PRINT_MODULES], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    loaded: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return loaded


def rooms(loaded: dict[str, str]) -> set[str]:
    """The rooms of ours among what was loaded, ``quizgame.cli``; modules beside the rooms count as themselves."""
    return {".".join(name.split(".")[:2]) for name in loaded if name.startswith("quizgame.")}


def libraries(loaded: dict[str, str]) -> set[str]:
    """The installed packages among what was loaded; what the interpreter loads by itself at start is no part of it."""
    own_start = {name.split(".")[0] for name in modules_after("")}
    return {name.split(".")[0] for name, file in loaded.items() if "site-packages" in file} - own_start


def test_version_loads_the_parser_of_words_alone() -> None:
    loaded = modules_after(RUN_VERB.format(words=["--version"]))
    assert {name for name in loaded if name.startswith("quizgame.")} == {
        "quizgame.cli",
        "quizgame.cli.main",
        "quizgame.errors",
    }
    assert libraries(loaded) == set()
    assert not {"importlib.metadata", "asyncio", "json.decoder", "sqlite3", "dataclasses"} & (
        set(loaded) - set(modules_after("import json"))
    )


def test_help_of_the_program_loads_no_verb() -> None:
    loaded = modules_after(RUN_VERB.format(words=["--help"]))
    assert rooms(loaded) == {"quizgame.cli", "quizgame.errors"}
    assert libraries(loaded) == set()


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"schema", "hubble"}))
def test_help_of_a_verb_loads_no_engine_and_no_library(verb: str) -> None:
    loaded = modules_after(RUN_VERB.format(words=[verb, "--help"]))
    assert not rooms(loaded) & {"quizgame.cluster", "quizgame.tools", "quizgame.hubble", "quizgame.store"}
    assert not libraries(loaded) & {"textual", "pydantic", "sqlite_utils", "fsrs"}


def test_policy_loads_nothing_of_ours_above_it() -> None:
    loaded = modules_after(
        "import pkgutil, importlib, quizgame.policy\n"
        "for found in pkgutil.walk_packages(quizgame.policy.__path__, 'quizgame.policy.'):\n"
        "    importlib.import_module(found.name)\n"
    )
    assert "quizgame.policy.repository" in loaded
    below = {"quizgame.addresses", "quizgame.errors", "quizgame.goflags"}
    assert rooms(loaded) <= {"quizgame.policy", *below}
    assert not libraries(loaded) & {"yaml", "pydantic", "textual", "sqlite_utils"}


@pytest.mark.parametrize("form", ["compact", "jsonpb", "table"])
def test_reading_a_capture_loads_no_cluster(tmp_path: Path, form: str) -> None:
    capture = tmp_path / "flows.jsonl"
    capture.write_text(json.dumps(CAPTURE) + "\n")
    loaded = modules_after(RUN_VERB.format(words=["hubble", "observe", "--input-file", str(capture), "-o", form]))
    assert "quizgame.hubble.capture" in loaded
    assert rooms(loaded) <= {"quizgame.cli", "quizgame.errors", "quizgame.goflags", "quizgame.hubble"}
    assert not libraries(loaded) & {"yaml", "pydantic", "textual", "sqlite_utils"}


@pytest.mark.parametrize(
    ("words", "rooms_left_out", "libraries_left_out"),
    [
        (["list", "questions", "--json"], {"cluster", "tools", "store", "tui"}, {"textual", "sqlite_utils", "fsrs"}),
        (["exam", "--plan", "--seed", "1", "--json"], {"tools", "hubble", "store", "tui"}, {"textual", "fsrs"}),
        (["sh", "-c", "kubectl get nodes"], {"store", "tui"}, {"textual", "sqlite_utils", "pydantic"}),
        (["run", "l7-method-denied", "-c", "brief"], {"store", "tui"}, {"textual", "sqlite_utils", "fsrs"}),
        (["stats", "--json"], {"tools", "hubble", "tui"}, {"textual"}),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_verb_loads_only_what_it_needs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    rooms_left_out: set[str],
    libraries_left_out: set[str],
) -> None:
    monkeypatch.setenv("QUIZGAME_HOME", str(tmp_path))
    loaded = modules_after(RUN_VERB.format(words=words))
    assert not rooms(loaded) & {f"quizgame.{room}" for room in rooms_left_out}
    assert not libraries(loaded) & libraries_left_out


def test_first_screen_loads_neither_packs_nor_store_nor_engine() -> None:
    loaded = modules_after("import quizgame.tui.app")
    assert rooms(loaded) == {"quizgame.errors", "quizgame.tui"}
    assert not libraries(loaded) & {"yaml", "pydantic", "sqlite_utils", "fsrs", "plotext", "re2", "jq"}
    assert not {"textual.widgets._markdown", "textual.widgets._data_table"} & set(loaded)


def test_package_files_are_empty_but_for_their_docstring() -> None:
    import ast

    import quizgame

    package = Path(str(quizgame.__file__)).parent
    with_code = {
        str(path.relative_to(package))
        for path in package.rglob("__init__.py")
        if len(ast.parse(path.read_text(encoding="utf-8")).body) > 1
    }
    # The package's own holds the version, the command line's the entry point that the installed script names.
    assert with_code <= {"__init__.py", "cli/__init__.py", "tools/cilium/__init__.py", "tools/kubectl/__init__.py"}
