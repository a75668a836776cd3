"""Where flows come from: a server or a capture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from quizgame.errors import QuizgameError
from quizgame.goflags.quoting import quote
from quizgame.hubble.agentevent import GetAgentEventsResponse, GetEventsRequest
from quizgame.hubble.observer import GetFlowsRequest, GetFlowsResponse, NamespaceInfo, NodeInfo, ServerStatus


class RpcError(QuizgameError):
    """A call that failed, in gRPC's words.

    Args:
        code: Name of the status code, ``Unavailable``.
        description: What happened.
    """

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"rpc error: code = {code} desc = {description}")


def connection_refused(address: str) -> RpcError:
    """Return the error of a server that nothing listens for, ``127.0.0.1:4245``."""
    dial = f"transport: Error while dialing: dial tcp {address}: connect: connection refused"
    return RpcError("Unavailable", f"connection error: desc = {quote(dial)}")


def unreachable(host: str, port: str) -> RpcError:
    """Return the error of a server elsewhere: nothing answers at an address, and no other name is known."""
    if host.replace(".", "").isdigit():
        dial = f"transport: Error while dialing: dial tcp {host}:{port}: i/o timeout"
        return RpcError("Unavailable", f"connection error: desc = {quote(dial)}")
    return RpcError("Unavailable", "name resolver error: produced zero addresses")


class FlowSource(Protocol):
    """A Hubble server. Every call may raise `RpcError`; `get_flows` also what `answer.answer` raises."""

    @property
    def target(self) -> str:
        """The address as ``hubble status`` shows it."""

    def is_serving(self) -> bool:
        """Answer the health service."""

    def get_flows(self, request: GetFlowsRequest) -> Iterable[GetFlowsResponse]:
        """Stream what the request selects; a followed stream ends when the source says so."""

    def get_agent_events(self, request: GetEventsRequest) -> Iterable[GetAgentEventsResponse]:
        """Stream what agents told of themselves."""

    def get_debug_events(self, request: GetEventsRequest) -> Iterable[GetAgentEventsResponse]:
        """Stream the datapath's debug messages."""

    def server_status(self) -> ServerStatus:
        """Tell how full the buffers are."""

    def nodes(self) -> list[NodeInfo]:
        """Tell which nodes are known, in any order."""

    def namespaces(self) -> list[NamespaceInfo]:
        """Tell which namespaces had flows recently, in the server's order."""
