"""Reaching a live server."""

from __future__ import annotations

from quizgame.goflags.flagset import FlagSet
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.settings import SERVER_ADDRESS, UNSIMULATED_SERVER_FLAGS
from quizgame.hubble.filters.predicate import NotSimulated
from quizgame.hubble.source import FlowSource


def connect(flags: FlagSet, environment: HubbleEnvironment) -> FlowSource:
    """Return the server that the flags name; with ``--port-forward`` the one behind the forwarded port.

    Raises:
        NotSimulated: A flag changes how the connection is made.
        RpcError: Nothing answers.
    """
    for name in UNSIMULATED_SERVER_FLAGS:
        if flags[name].value:
            raise NotSimulated(f"--{name}")
    address = flags.text("server")
    if flags.is_on("port-forward"):
        address = SERVER_ADDRESS
    return environment.connect(address)
