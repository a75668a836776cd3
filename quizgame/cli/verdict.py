"""``quizgame verdict``: what policy does to each probe, in a world made of manifests alone."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from quizgame.addresses import is_ip
from quizgame.cli.main import Exit
from quizgame.cli.manifests import manifest_files
from quizgame.errors import QuizgameError
from quizgame.policy.model import EnforcementMode
from quizgame.policy.probe_parsing import parse_probe
from quizgame.policy.world import (
    PolicyWorld,
    Probe,
    ProbeOutcome,
    UnreadableObject,
    WorldSettings,
    build_world,
)
from quizgame.yamlsource.loader import Document, load_document, read_documents
from quizgame.yamlsource.place import YamlError, YamlProblem
from quizgame.yamlsource.scalars import Dialect

_PROBLEMS_SHOWN = 20
_TOO_DEEP = "nested too deeply: a probe needs three levels"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the verb's options."""
    parser.add_argument(
        "--manifests",
        metavar="PATH",
        nargs="+",
        action="extend",
        required=True,
        help="YAML files, or folders of them, with Kubernetes objects",
    )
    parser.add_argument(
        "--case",
        metavar="FILE",
        help="YAML: policyEnforcementMode, clusterName, dns, initPods, nodeSelectorLabels; other keys are ignored",
    )
    parser.add_argument("--probes", metavar="FILE", required=True, help="one JSON object a line; - is standard input")


def run(args: Namespace) -> int:
    """Print each probe with its verdict; policies that are refused are told on stderr."""
    settings, probes = _read_settings(args.case), _read_probes(args.probes)
    addresses = [peer.address for probe in probes.good for peer in (probe.asked.source, probe.asked.destination)]
    addresses += [address for each in settings.names.values() for address in each]
    # Who asks about IPv6 has a cluster with it; probes of an IPv4 cluster do not see the difference.
    settings = replace(settings, dual_stack=any(":" in address for address in addresses))
    documents = [document for path in args.manifests for document in _read_manifests(Path(path))]
    objects = list(_objects(documents))
    try:
        world = build_world([manifest for _, manifest in objects], settings)
    except UnreadableObject as error:
        raise QuizgameError(error.message, source=objects[error.index][0]) from error
    lines, problems = _answer(world, probes)
    for rejection in world.rejections:
        place = objects[rejection.index][0]
        who = "api-server" if rejection.by_api_server else "agent"
        sys.stderr.write(f"quizgame: {place}: {rejection.name} rejected by {who}: {rejection.message}\n")
    if problems:
        for problem in problems[:_PROBLEMS_SHOWN]:
            sys.stderr.write(f"quizgame: {problem}\n")
        if len(problems) > _PROBLEMS_SHOWN:
            sys.stderr.write(f"quizgame: and {len(problems) - _PROBLEMS_SHOWN} more\n")
        return Exit.USAGE
    sys.stdout.write("".join(lines))
    return Exit.PROBLEM if world.rejections else Exit.DONE


def _read_manifests(path: Path) -> Iterator[Document]:
    for file in manifest_files(path):
        yield from read_documents(file, dialect=Dialect.KUBERNETES)


def _objects(documents: list[Document]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each object with its place; the items of a List are objects of their own."""
    problems = []
    for document in documents:
        for path, data in _items(document):
            if isinstance(data, dict) and isinstance(data.get("kind"), str) and _has_metadata(data):
                yield str(document.place(path)), data
            else:
                message = "no Kubernetes object: expected a mapping with kind and metadata.name"
                problems.append(YamlProblem(document.place(path), message))
    if problems:
        raise YamlError(problems)


def _items(document: Document) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    data = document.data
    if isinstance(data, dict) and data.get("kind") == "List" and isinstance(data.get("items"), list):
        for index, item in enumerate(data["items"]):
            yield ("items", index), item
    else:
        yield (), data


def _has_metadata(data: dict[str, Any]) -> bool:
    metadata = data.get("metadata")
    return isinstance(metadata, dict) and isinstance(metadata.get("name"), str)


def _read_settings(case: str | None) -> WorldSettings:
    if case is None:
        return WorldSettings()
    path = Path(case)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise QuizgameError(f"cannot read: {error.strerror}", source=case) from error
    document = load_document(text, case, dialect=Dialect.KUBERNETES)
    return _CaseReader(document).read()


class _CaseReader:
    """Reads the keys of a case file that matter, and gathers what is wrong with them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._problems: list[YamlProblem] = []

    def read(self) -> WorldSettings:
        data = self._document.data
        if not isinstance(data, dict):
            self._report((), "expected a mapping")
            data = {}
        settings = WorldSettings(
            mode=self._mode(data.get("policyEnforcementMode")),
            cluster_name=self._cluster_name(data.get("clusterName")),
            names=self._names(data.get("dns")),
            init_pods=frozenset(self._init_pods(data.get("initPods"))),
            node_selectors=self._switch(data, "nodeSelectorLabels"),
        )
        if self._problems:
            raise YamlError(self._problems)
        return settings

    def _mode(self, value: Any) -> EnforcementMode:
        if value is None:
            return EnforcementMode.DEFAULT
        try:
            return EnforcementMode(value)
        except ValueError:
            expected = ", ".join(mode.value for mode in EnforcementMode)
            self._report(("policyEnforcementMode",), f'unknown mode "{value}": expected one of {expected}')
            return EnforcementMode.DEFAULT

    def _switch(self, data: Mapping[str, Any], key: str) -> bool:
        value = data.get(key, False)
        if not isinstance(value, bool):
            self._report((key,), "expected true or false")
            return False
        return value

    def _cluster_name(self, value: Any) -> str:
        if value is None:
            return "default"
        if not isinstance(value, str):
            self._report(("clusterName",), f"{value!r} is no text: put it in quotes")
        return str(value)

    def _names(self, value: Any) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        if value is None:
            return names
        if not isinstance(value, dict):
            self._report(("dns",), "expected a mapping of names to lists of addresses")
            return names
        for name, addresses in value.items():
            if not isinstance(addresses, list):
                self._report(("dns", name), "expected a list of addresses")
                continue
            for index, address in enumerate(addresses):
                if not is_ip(str(address)):
                    self._report(("dns", name, index), f'"{address}" is no address')
            names[name] = [str(address) for address in addresses if is_ip(str(address))]
        return names

    def _init_pods(self, value: Any) -> list[str]:
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(pod, str) for pod in value):
            self._report(("initPods",), "expected a list of namespace/name")
            return []
        return value

    def _report(self, path: tuple[str | int, ...], message: str) -> None:
        self._problems.append(YamlProblem(self._document.place(path), message))


@dataclass(frozen=True, slots=True)
class _Line:
    """A probe as it was read."""

    number: int
    data: dict[str, Any]
    asked: Probe


@dataclass(frozen=True, slots=True)
class _Probes:
    """All lines of the file of probes."""

    good: list[_Line]
    problems: list[tuple[int, str]]
    """By line number."""
    source: str


def _read_probes(probes: str) -> _Probes:
    source = "STDIN" if probes == "-" else probes
    try:
        text = sys.stdin.buffer.read() if probes == "-" else Path(probes).read_bytes()
    except OSError as error:
        raise QuizgameError(f"cannot read: {error.strerror}", source=probes) from error
    found = _Probes([], [], source)
    decoder = msgspec.json.Decoder()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            data = decoder.decode(line)
            found.good.append(_Line(number, data, parse_probe(data)))
        except msgspec.DecodeError as error:
            found.problems.append((number, f"not JSON: {error}"))
        except RecursionError:
            found.problems.append((number, _TOO_DEEP))
        except QuizgameError as error:
            found.problems.append((number, str(error)))
    return found


def _answer(world: PolicyWorld, probes: _Probes) -> tuple[list[str], list[str]]:
    """Return the lines to print, and what is wrong with the probes."""
    lines: list[str] = []
    problems = list(probes.problems)
    encoder = msgspec.json.Encoder()
    for line in probes.good:
        try:
            outcome = world.decide(line.asked)
            lines.append(encoder.encode(line.data | _shown(outcome)).decode() + "\n")
        except QuizgameError as error:
            problems.append((line.number, str(error)))
        except RecursionError:
            problems.append((line.number, _TOO_DEEP))
    return lines, [f"{probes.source}:{number}:1: {message}" for number, message in sorted(problems)]


def _shown(outcome: ProbeOutcome) -> dict[str, str | None]:
    return {
        "egress": _word(outcome.egress_allowed),
        "ingress": _word(outcome.ingress_allowed),
        "l7": _word(outcome.request_allowed),
        "verdict": outcome.verdict,
    }


def _word(allowed: bool | None) -> str | None:
    return None if allowed is None else "allowed" if allowed else "denied"
