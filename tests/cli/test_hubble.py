"""``quizgame hubble`` as a process: files, pipes, exit statuses, and what it does not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LINE = b'{"flow":{"time":"2026-02-03T09:00:00Z","verdict":"FORWARDED","Summary":"hello"}}\n'
PRINTED = b"Feb  3 09:00:00.000:  (unknown) <>  (unknown) UNKNOWN FORWARDED (hello)\n"


def quizgame(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "quizgame", *words], input=stdin, capture_output=True, check=False)


def test_a_file_and_standard_input(tmp_path: Path) -> None:
    capture = tmp_path / "flows.jsonl"
    capture.write_bytes(LINE * 2)
    done = quizgame("hubble", "observe", "--input-file", str(capture), "--last", "1")
    assert (done.stdout, done.stderr, done.returncode) == (PRINTED, b"", 0)
    done = quizgame("hubble", "observe", "--input-file", "-", stdin=LINE)
    assert (done.stdout, done.stderr, done.returncode) == (PRINTED, b"", 0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["observe", "--input-file", "/nope"], b"open /nope: no such file or directory\n"),
        (["observe", "--input-file", "/"], b"read /: is a directory\n"),
        (["observe", "--nope"], b"unknown flag: --nope\n"),
        (["obsrve"], b'unknown command "obsrve" for "hubble"\n\nDid you mean this?\n\tobserve\n\n'),
    ],
)
def test_mistakes(words: list[str], message: bytes) -> None:
    done = quizgame("hubble", *words)
    assert (done.stdout, done.stderr, done.returncode) == (b"", message, 1)


def test_only_a_local_server_can_be_absent() -> None:
    done = quizgame("hubble", "observe", "--server", "relay.example.com:80")
    assert (done.stderr, done.returncode) == (b"quizgame: a live Hubble server is not simulated\n", 3)
    done = quizgame("hubble", "observe", "--server", "localhost:1")
    assert b"dial tcp 127.0.0.1:1: connect: connection refused" in done.stderr


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path) -> None:
    capture = tmp_path / "flows.jsonl"
    capture.write_bytes(LINE * 20_000)
    command = f"{sys.executable} -m quizgame hubble observe --input-file {capture} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (PRINTED, b"")


def test_reading_a_capture_loads_no_cluster_and_no_screen(tmp_path: Path) -> None:
    capture = tmp_path / "flows.jsonl"
    capture.write_bytes(LINE)
    code = (
        "import sys; from quizgame.cli import main; "
        f"main(['hubble', 'observe', '--input-file', {str(capture)!r}]); "
        "print(sorted({name for name in sys.modules if name.split('.')[0] in "
        "('textual', 'pydantic', 'yaml', 'sqlite_utils', 're2') "
        "or name.startswith(('quizgame.cluster', 'quizgame.datapath', 'quizgame.tools', 'quizgame.policy'))}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == PRINTED + b"[]\n"
