"""Every recorded run of the real command line, against ours: files, live servers, status and lists."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from quizgame.hubble.agentevent import GetAgentEventsResponse, GetEventsRequest
from quizgame.hubble.answer import answer
from quizgame.hubble.command.run import HubbleEnvironment, run_hubble
from quizgame.hubble.masks import MASK_1_19_4
from quizgame.hubble.observer import (
    GetFlowsRequest,
    GetFlowsResponse,
    GetNamespacesResponse,
    GetNodesResponse,
    NamespaceInfo,
    NodeInfo,
    ServerStatus,
)
from quizgame.hubble.protojson.reader import parse_message
from quizgame.hubble.sink import RecordingSink
from quizgame.hubble.source import FlowSource, RpcError, connection_refused

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "hubble"
NOW = 1_790_000_000 * 1_000_000_000
Case = dict[str, Any]


def load(name: str) -> list[Case]:
    path = ORACLE / name
    return [json.loads(line) for line in path.read_text().split("\n") if line] if path.exists() else []


def cases(name: str) -> pytest.MarkDecorator:
    loaded = load(name)
    if not loaded:
        return pytest.mark.parametrize("case", [pytest.param({}, marks=pytest.mark.skip(f"no {name} beside the repo"))])
    return pytest.mark.parametrize("case", loaded, ids=lambda case: case["id"])


@cache
def buffer(name: str) -> tuple[GetFlowsResponse, ...]:
    lines = [line for line in (ORACLE / name).read_text().split("\n") if line]
    records = [parse_message(GetFlowsResponse, line) for line in lines]
    return tuple(record for record in records if record.flow is not None)


class Server:
    """Answers as the stand-in did that the oracle was recorded with."""

    target = "localhost:4245"

    def __init__(self, case: Case) -> None:
        self._case = case

    def is_serving(self) -> bool:
        return bool(self._case["healthy"])

    def get_flows(self, request: GetFlowsRequest) -> Iterator[GetFlowsResponse]:
        return answer(buffer(self._case["flows"]), request)

    def get_agent_events(self, request: GetEventsRequest) -> Iterator[GetAgentEventsResponse]:
        raise RpcError("Unimplemented", str(request))

    get_debug_events = get_agent_events

    def server_status(self) -> ServerStatus:
        return parse_message(ServerStatus, json.dumps(self._case["response"]))

    def nodes(self) -> list[NodeInfo]:
        return parse_message(GetNodesResponse, json.dumps(self._case["response"])).nodes

    def namespaces(self) -> list[NamespaceInfo]:
        return parse_message(GetNamespacesResponse, json.dumps(self._case["response"])).namespaces


def open_file(path: str) -> BinaryIO:
    return (ORACLE / path).open("rb")


def run(case: Case, *, live: bool) -> tuple[str, str, int]:
    def connect(_address: str) -> FlowSource:
        if live:
            return Server(case)
        raise connection_refused("127.0.0.1:4245")

    stdin = io.BytesIO((ORACLE / case["stdin"]).read_bytes() if case.get("stdin") else b"")
    environment = HubbleEnvironment(
        now_ns=lambda: NOW,
        connect=connect,
        open_file=open_file,
        stdin=stdin,
        default_field_mask=MASK_1_19_4,
    )
    sink = RecordingSink()
    status = run_hubble(case["args"], environment, sink)
    return sink.stdout, sink.stderr, status


def comparable(stderr: str, tags: list[str]) -> str:
    text = re.sub(r"^time=\S+", "time=<TIME>", stderr, flags=re.MULTILINE).replace("\u00a0", " ")
    if "stderr-loose" in tags:
        return "\n".join(re.sub(r'(msg="[^"]*").*', r"\1", line) for line in text.split("\n"))
    return text


@cases("cases.jsonl")
def test_file(case: Case) -> None:
    if "cel" in case["tags"]:
        stdout, stderr, status = run(case, live=False)
        assert (stdout, stderr, status) == ("", "quizgame: --cel-expression is not simulated\n", 3)
        return
    stdout, stderr, status = run(case, live=False)
    assert stdout == case["stdout"]
    assert comparable(stderr, case["tags"]) == comparable(case["stderr"], case["tags"])
    assert status == case["exit"]


@cases("cases.jsonl")
def test_errors_about_bad_input_are_the_parsers_own(case: Case) -> None:
    _, stderr, _ = run(case, live=False)
    if "cel" not in case["tags"]:
        assert comparable(stderr, []) == comparable(case["stderr"], [])


@cases("live_cases.jsonl")
def test_live(case: Case) -> None:
    assert run(case, live=True) == (case["stdout"], case["stderr"], case["exit"])


@cases("server_cases.jsonl")
def test_server(case: Case) -> None:
    assert run(case, live=True) == (case["stdout"], case["stderr"], case["exit"])


GOLDEN = ORACLE.parents[1] / "reference" / "golden" / "bad-input"


@pytest.mark.skipif(not GOLDEN.exists(), reason="no reference folder beside the repo")
@pytest.mark.parametrize(
    ("words", "name", "status"),
    [
        (["list", "foo"], "hubble-list-unknown", 0),
        ([], "hubble-noarg", 0),
        (["observe", "foo"], "hubble-observe-extra", 1),
        (["observe"], "hubble-observe-unreachable", 1),
        (["status"], "hubble-status-unreachable", 1),
        (["obsrve"], "hubble-unknown-command", 1),
        (["observe", "--nosuch"], "hubble-unknown-flag", 1),
    ],
)
def test_mistyped_command_lines(words: list[str], name: str, status: int) -> None:
    stdout, stderr, exit_status = run({"args": words, "id": name}, live=False)
    expected = (GOLDEN / f"{name}.txt").read_text()
    # The recording's home directory stands in the default of --config.
    assert re.sub('default ".*config.yaml"', "CONFIG", stdout) == re.sub('default ".*config.yaml"', "CONFIG", expected)
    error = GOLDEN / f"{name}.stderr.txt"
    assert stderr.rstrip("\n") == (error.read_text().rstrip("\n") if error.exists() else "")
    assert exit_status == status
