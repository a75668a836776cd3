"""What the programs in pods answer, where a world wants something other than the plain default.

By default an HTTP server answers 200 on every port that a pod's containers declare (else on the target ports of
the services that select the pod). A ``Server`` changes that for the pods it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Route:
    """An answer to some requests of one server."""

    method: str = "*"
    path: str = "*"
    """Shell patterns over the method and the path without its query."""
    status: int = 200
    body: str = ""

    def matches(self, method: str, path: str) -> bool:
        """Whether this route answers such a request."""
        return fnmatchcase(method, self.method) and fnmatchcase(path.partition("?")[0], self.path)


@dataclass(frozen=True, slots=True)
class Server:
    """What listens in some pods."""

    namespace: str
    pod: str
    """Shell patterns over the pod's namespace and name."""
    ports: tuple[int, ...] = ()
    """TCP ports it listens on, in place of the default ones; empty keeps those."""
    protocol: str = "http"
    """``http``, or ``tcp`` for a server that speaks something else (a database)."""
    routes: tuple[Route, ...] = ()
    """First match answers; no match answers 200."""
    latency_ms: int = 1
    is_ready: bool = True
    """Whether the readiness probe succeeds."""

    def serves(self, namespace: str, pod: str) -> bool:
        """Whether this is the server of that pod."""
        return fnmatchcase(namespace, self.namespace) and fnmatchcase(pod, self.pod)

    def answer(self, method: str, path: str) -> Route:
        """The route that answers a request."""
        return next((route for route in self.routes if route.matches(method, path)), Route())
