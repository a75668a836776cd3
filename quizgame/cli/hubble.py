"""``quizgame hubble``: reads captured flows as the real command does."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from typing import BinaryIO

from quizgame.hubble.command.run import HubbleEnvironment, run_hubble
from quizgame.hubble.filters.predicate import NotSimulated
from quizgame.hubble.sink import StreamSink
from quizgame.hubble.source import FlowSource, connection_refused

_LOCAL = ("localhost", "127.0.0.1")


def add_arguments(_parser: ArgumentParser) -> None:
    """Add nothing: the words go to the command's own parser."""


def run_words(words: list[str]) -> int:
    """Run ``hubble WORDS``; return its exit status."""
    environment = HubbleEnvironment(
        now_ns=time.time_ns,
        connect=_connect,
        open_file=_open_file,
        stdin=sys.stdin.buffer,
        environ=os.environ,
        is_terminal=sys.stdout.isatty(),
    )
    return run_hubble(words, environment, StreamSink(sys.stdout.buffer, sys.stderr.buffer))


def _open_file(path: str) -> BinaryIO:
    return open(path, "rb", buffering=0)


def _connect(address: str) -> FlowSource:
    """Refuse: outside a simulated cluster there is no server."""
    host, _, port = address.rpartition(":")
    if host not in _LOCAL:
        raise NotSimulated("a live Hubble server")
    raise connection_refused(f"127.0.0.1:{port}")
