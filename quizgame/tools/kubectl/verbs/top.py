"""``kubectl top``: the simulated clusters have no metrics server."""

from __future__ import annotations

from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.verb import Verb


def _flags() -> list[Flag]:
    return [
        boolean("all-namespaces", "If present, list the requested objects across all namespaces.", short="A"),
        boolean("containers", "If present, print usage of containers within a pod."),
        boolean("no-headers", "If present, print output without headers."),
        string("selector", "Selector (label query) to filter on.", short="l"),
        string("sort-by", "If non-empty, sort list using specified field."),
    ]


def _run(call: Call) -> None:
    raise KubectlError("Metrics API not available")


NODE = Verb(_run, "[NAME | -l label]", _flags)
POD = Verb(_run, "[NAME | -l label]", _flags)
