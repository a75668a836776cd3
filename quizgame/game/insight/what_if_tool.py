"""``what-if``: which flows a manifest would change, before it is applied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quizgame.cluster.build import apply_manifest
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.objects import dig
from quizgame.cluster.world import World
from quizgame.errors import QuizgameError
from quizgame.game.scenario.matrix import CONNECTION, Matrix, Pair, asks_for, changed_requests, matrix_of
from quizgame.goflags.times import SECOND
from quizgame.policy.parsing import policy_key
from quizgame.policy.validation import validate_layer1, validate_layer2
from quizgame.tools.folder import FileProblem, read_file
from quizgame.tools.output import Line, Result, failure, lines, render
from quizgame.tools.session import Session
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.place import YamlError
from quizgame.yamlsource.scalars import Dialect

USAGE = "usage: what-if -f FILE [-f FILE]...   (- is standard input)"
SETTLING_S = 60
"""Simulated seconds that the manifest has to take effect in the fork."""
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._~/-]*")
_POLICIES = ("ciliumnetworkpolicies.cilium.io", "ciliumclusterwidenetworkpolicies.cilium.io")


@dataclass(frozen=True, slots=True)
class WhatIfTool:
    """``what-if -f FILE`` (a ``Tool``)."""

    name: str = "what-if"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """List what would change if the manifests were applied in the current context."""
        files = list(_files(argv[1:]))
        if not files or None in files:
            return failure(USAGE, 2)
        try:
            documents = [each for name in files if name is not None for each in _documents(name, session, stdin)]
        except (FileProblem, YamlError) as error:
            return failure(f"what-if: {error}")
        twin = session.world.fork()
        # The fork only settles: traffic would change nothing that a manifest decides.
        twin.steppers = ()
        for cluster in twin.clusters.values():
            for agent in agents_of(cluster):
                agent.fqdn.postpone(SETTLING_S * SECOND)  # what DNS has taught goes by time, not by the manifest
        asks = asks_for(_paths(twin, [document for _, document in documents]))
        before = matrix_of(twin, asks)
        refusals: list[QuizgameError] = []
        for name, document in documents:
            apply_manifest(twin.cluster, name, [document], refusals.append)
        twin.advance(SETTLING_S)
        told = list(_differences(before, matrix_of(twin, asks)))
        refused = [f"what-if: {refusal}\n" for refusal in refusals]
        refused += [f"what-if: {complaint}\n" for _, document in documents for complaint in _complaints(document)]
        return Result(
            lines("\n".join(told) + "\n"), [line for text in refused for line in lines(text)], 1 if refused else 0
        )


def _complaints(document: Mapping[str, Any]) -> Iterator[str]:
    """What agents have against a policy that the API server takes: it would have no effect."""
    complaint = validate_layer2(document)
    if complaint is not None and validate_layer1(document) is None:
        yield f"{policy_key(document)} would have no effect: {complaint}"


def _files(arguments: Sequence[str]) -> Iterator[str | None]:
    """The files named; ``None`` for what is no use of the command."""
    rest = iter(arguments)
    for argument in rest:
        if argument in ("-f", "--filename"):
            yield next(rest, None)
        elif argument.startswith(("-f=", "--filename=")):
            yield argument.partition("=")[2]
        elif argument.startswith("-f") and len(argument) > 2:
            yield argument[2:]
        else:
            yield None


def _documents(name: str, session: Session, stdin: Sequence[Line]) -> Iterator[tuple[str, dict[str, Any]]]:
    text = render(stdin if name == "-" else read_file(session, name))
    source = "STDIN" if name == "-" else name
    for document in load_documents(text, source, dialect=Dialect.KUBERNETES):
        if isinstance(document.data, dict):
            yield source, _in_namespace(document.data, session)


def _in_namespace(manifest: dict[str, Any], session: Session) -> dict[str, Any]:
    """A manifest without namespace goes where the current context points, as with kubectl."""
    namespace = session.namespaces.get(session.world.current_context)
    kind = session.world.cluster.api.registry.for_kind(
        str(manifest.get("apiVersion", "")), str(manifest.get("kind", ""))
    )
    metadata = manifest.get("metadata") or {}
    if not namespace or kind is None or not kind[0].namespaced:
        return manifest
    if not isinstance(metadata, dict) or metadata.get("namespace"):
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


def _paths(world: World, documents: Sequence[Mapping[str, Any]]) -> set[str]:
    """The paths that HTTP rules of old and new policies name, as far as they are plain ones."""
    policies = [
        *(each for each in documents if validate_layer1(each) is None),
        *(each for resource in _POLICIES for c in world.clusters.values() for each in c.api.store.of(resource)),
    ]
    return {path for policy in policies for path in _http_paths(policy) if _PLAIN_PATH.fullmatch(path)}


def _http_paths(policy: Mapping[str, Any]) -> Iterator[str]:
    rules = [policy.get("spec"), *(policy.get("specs") or ())]
    for rule in rules:
        for direction in ("ingress", "egress"):
            for part in dig(rule, direction, default=()) or ():
                for ports in part.get("toPorts") or () if isinstance(part, dict) else ():
                    for http in dig(ports, "rules", "http", default=()) or ():
                        if isinstance(http.get("path"), str):
                            yield http["path"]


def _differences(before: Matrix, after: Matrix) -> Iterator[str]:
    opens = closes = 0
    for pair in sorted({*before, *after}):
        more, less = changed_requests(before, after, pair)
        if more:
            opens += 1
            yield f"+ {_told(pair, more)}"
        if less:
            closes += 1
            yield f"- {_told(pair, less)}"
    yield f"{opens} would open, {closes} would close" if opens or closes else "no flow would change"


def _told(pair: Pair, requests: frozenset[str]) -> str:
    """The pair, with the requests where it is not about the whole connection."""
    return str(pair) if CONNECTION in requests else f"{pair}: {', '.join(sorted(requests))}"


WHAT_IF = WhatIfTool()
