"""Records what bash and the GNU tools of this machine answer to the cases: ``python tests/shell/record_cases.py``.

Not a test. It writes ``cases/recorded.json``, against which the tests compare the simulation, so that they need no
real tools.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

CASES = Path(__file__).parent / "cases"
SHELL_PREFIX = re.compile(r"^(?:/bin/)?bash: (?:-c: )?(?:line \d+: )?", re.MULTILINE)


def answer(script: str, files: dict[str, str]) -> dict[str, str | int]:
    """Run a script in a fresh folder with these files; the shell's own messages lose their line numbers."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/root"}
    with tempfile.TemporaryDirectory() as place:
        for name, text in files.items():
            Path(place, name).write_text(text)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=place,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=environment,
            check=False,
        )
    return {
        "script": script,
        "stdout": done.stdout,
        "stderr": SHELL_PREFIX.sub("bash: ", done.stderr),
        "exit": done.returncode,
    }


def main() -> None:
    """Record every case."""
    files = json.loads((CASES / "files.json").read_text())
    versions = [
        subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
        for tool in ("bash", "grep", "sed", "sort")
    ]
    shell = (CASES / "bash.txt").read_text().strip("\n").split("\n---\n")
    text = (CASES / "text.txt").read_text().strip("\n").split("\n")
    recorded = {
        "recorded_with": versions,
        "shell": [answer(script, {}) for script in shell],
        "text": [answer(script, files) for script in text],
    }
    (CASES / "recorded.json").write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
