"""A wheel built from the tree and installed elsewhere carries everything that the program needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pip(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    built = pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("quizgame-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's content alone; what it depends on is taken from the running environment."""
    target = tmp_path_factory.mktemp("installed")
    done = pip("install", "--no-deps", "--no-compile", "--target", str(target), str(wheel))
    assert done.returncode == 0, done.stderr
    return target


def run_installed(installed: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program outside the tree, the tree's own package hidden behind it."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "quizgame", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(installed), "QUIZGAME_HOME": str(home)},
        timeout=60,
    )


def tracked(folder: str, *suffixes: str) -> set[str]:
    """Files of a folder of the tree, relative to the tree."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts
    }


def test_wheel_holds_package_and_content(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    content = {
        f"quizgame/data/{name}"
        for folder, suffixes in (
            ("questions", (".yaml",)),
            ("scenarios", (".yaml", ".md")),
            ("assets", (".json", ".svg")),
        )
        for name in tracked(folder, *suffixes)
    }
    package = tracked("quizgame", ".py", ".tcss", ".yaml", ".typed") | {"quizgame/py.typed"}
    assert len(content) > 8
    assert package | content <= names
    others = {name.split("/")[0] for name in names if not name.startswith("quizgame/")}
    assert all(name.endswith(".dist-info") for name in others), "nothing but the package and its description"


def test_installed_program_says_its_version(installed: Path, tmp_path: Path) -> None:
    done = run_installed(installed, tmp_path, "--version")
    where = subprocess.run(
        [sys.executable, "-P", "-c", "import quizgame; print(quizgame.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )
    assert where.stdout.startswith(str(installed)), "the tree's own package must not answer for the installed one"
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("quizgame ")


def test_installed_program_has_its_questions_and_its_blueprint(installed: Path, tmp_path: Path) -> None:
    listed = run_installed(installed, tmp_path, "list", "questions", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    bank = {question["id"] for question in json.loads(listed.stdout)}
    planned = run_installed(installed, tmp_path, "exam", "--plan", "--seed", "1", "--json")
    assert (planned.returncode, planned.stderr) == (0, "")
    chosen = {question["id"] for question in json.loads(planned.stdout)}
    assert len(chosen) == 60
    assert chosen <= bank


def test_installed_program_simulates_a_cluster(installed: Path, tmp_path: Path) -> None:
    done = run_installed(installed, tmp_path, "sh", "-c", "kubectl get nodes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "control-plane" in done.stdout


def test_installed_program_has_its_scenarios(installed: Path, tmp_path: Path) -> None:
    done = run_installed(installed, tmp_path, "run", "l7-method-denied", "-c", "brief")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("$ brief\n")


def test_installed_app_has_its_styles(installed: Path, tmp_path: Path) -> None:
    show_home = (
        "import asyncio\n"
        "from quizgame.tui.app import QuizgameApp\n"
        "from quizgame.errors import QuizgameError\n"
        "def nothing():\n"
        "    raise QuizgameError('no workspace')\n"
        "async def main():\n"
        "    app = QuizgameApp(nothing)\n"
        "    async with app.run_test():\n"
        "        print(len(app.stylesheet.rules) > 0)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", show_home],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
