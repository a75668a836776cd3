"""Reaching a live server."""

from __future__ import annotations

from quizgame.goflags.flagset import FlagSet
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.command.security import TLS_PREFIX, check_handshake
from quizgame.hubble.command.settings import UNSIMULATED_SERVER_FLAGS
from quizgame.hubble.filters.predicate import NotSimulated
from quizgame.hubble.source import FlowSource

_NO_KUBECONFIG = (
    "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable"
)


def connect(flags: FlagSet, environment: HubbleEnvironment) -> FlowSource:
    """Return the server that the flags name; with ``--port-forward`` the one behind the forwarded port.

    Raises:
        CommandFailure: Relay cannot be forwarded to.
        NotSimulated: A flag changes how the connection is made.
        RpcError: Nothing answers.
    """
    for name in UNSIMULATED_SERVER_FLAGS:
        if flags[name].value:
            raise NotSimulated(f"--{name}")
    if flags.is_on("port-forward"):
        source = _forwarded(flags, environment)
    else:
        source = environment.connect(flags.text("server").removeprefix(TLS_PREFIX))
    check_handshake(flags)
    return source


def _forwarded(flags: FlagSet, environment: HubbleEnvironment) -> FlowSource:
    if environment.forward is None:
        raise CommandFailure(f"failed to create k8s port forwader: {_NO_KUBECONFIG}")
    return environment.forward(flags.text("kube-context"), flags.text("kube-namespace"))
