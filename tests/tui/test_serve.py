"""``quizgame serve`` in a process of its own, asked as a browser would ask."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientWSTimeout, WSMsgType

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_listens(port: int) -> None:
    """The server says where it is just before it listens there."""
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise


def serve(home: Path, *words: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "QUIZGAME_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "quizgame", "serve", *words],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    process = serve(tmp_path, "--port", str(port))
    assert process.stdout is not None
    assert f"http://127.0.0.1:{port}" in process.stdout.readline()
    wait_until_it_listens(port)
    yield port
    process.terminate()
    process.communicate(timeout=30)


def ask(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def websocket_headers(origin: str) -> dict[str, str]:
    return {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": origin,
    }


def test_the_page_is_served_on_loopback(server: int) -> None:
    status, page = ask(server, "/")
    assert status == 200
    assert f"ws://127.0.0.1:{server}/ws" in page


def test_pages_of_other_sites_are_refused(server: int) -> None:
    status, text = ask(server, "/ws", websocket_headers("https://evil.example"))
    assert status == 403
    assert "pages of" in text


async def test_the_app_itself_comes_through_the_socket_of_the_page(server: int) -> None:
    own = {"Origin": f"http://127.0.0.1:{server}"}
    seen = b""
    async with (
        ClientSession() as session,
        session.ws_connect(
            f"http://127.0.0.1:{server}/ws?width=80&height=24", headers=own, timeout=ClientWSTimeout(ws_receive=30)
        ) as page,
    ):
        while b"Network Policy" not in seen:
            message = await page.receive()
            assert message.type in (WSMsgType.BINARY, WSMsgType.TEXT)
            if message.type is WSMsgType.BINARY:
                seen += message.data
    assert b"Practise" in seen


def test_without_a_terminal_the_app_says_so(tmp_path: Path) -> None:
    environ = {**os.environ, "QUIZGAME_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environ.pop("TEXTUAL_DRIVER", None)
    done = subprocess.run(
        [sys.executable, "-m", "quizgame"], env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.startswith("quizgame: the app needs a terminal")
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = serve(tmp_path, "--port", str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.startswith("quizgame: cannot listen on 127.0.0.1:")
    assert "Traceback" not in errors
