"""What a scenario or lab names and what is not there, told where it is named rather than by its effects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from quizgame.addresses import is_ipv4
from quizgame.cluster.agent.pods import workload_of
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.objects import name_of, namespace_of
from quizgame.cluster.world import World
from quizgame.content.scenario.lab import Lab, TaskCheck
from quizgame.content.scenario.parts import ObjectName, Probe, Target, WorkloadName, parse_client, parse_target
from quizgame.content.scenario.scenario import Scenario
from quizgame.content.scenario.steps import EvidenceStep, RepairStep, Wanted
from quizgame.content.scenarios import DrawnScenario
from quizgame.content.validation import close_match
from quizgame.yamlsource.place import YamlProblem

Path = tuple[str | int, ...]
PEERS = frozenset(("from", "to", "pod", "service"))
"""Attributes of facts that may name something in a cluster."""
_PATTERN = frozenset("*?")


@dataclass(slots=True)
class Names:
    """What there is in some worlds, one of them or another."""

    contexts: Mapping[str, str]
    """Name of a cluster → its context; the empty name is the first one's."""
    pods: dict[str, set[str]] = field(default_factory=dict)
    """Context → its workloads and pods, as ``namespace/name``."""
    services: dict[str, set[str]] = field(default_factory=dict)
    """Context → its services, as ``namespace/name``."""
    outside: set[str] = field(default_factory=set)
    """DNS names outside."""
    kinds: set[str] = field(default_factory=set)
    """Kinds of objects that some API server serves."""
    namespaces: set[str] = field(default_factory=set)
    """Namespaces of all clusters."""

    def add(self, world: World) -> None:
        """Note what is in a world."""
        for context, cluster in world.clusters.items():
            pods = self.pods.setdefault(context, set())
            for pod in cluster.api.list("pods"):
                pods |= {f"{namespace_of(pod)}/{workload_of(pod)[0]}", f"{namespace_of(pod)}/{name_of(pod)}"}
            services = self.services.setdefault(context, set())
            services |= {f"{namespace_of(each)}/{name_of(each)}" for each in cluster.api.list("services")}
            self.kinds |= {resource.kind for resource in cluster.api.registry}
            self.namespaces |= {name_of(each) for each in cluster.api.list("namespaces")}
        self.outside |= set(fabric_of(world).outside.names)

    def everywhere(self) -> set[str]:
        """Workloads, pods and services of all clusters."""
        return set().union(*self.pods.values(), *self.services.values())


def reference_problems(drawn: DrawnScenario, names: Names) -> Iterator[tuple[Path, YamlProblem]]:
    """Everything named that is not there, with the path at which it is named.

    Args:
        drawn: The scenario or lab.
        names: What there is.
    """
    for path, probe in _probes(drawn):
        yield from _at(drawn, path, _probe_problems(probe, names))
    for number, traffic in enumerate(drawn.exercise.world.traffic):
        client = parse_client(traffic.from_)
        found = [
            *_workload_problems(client.workload, names),
            *_host_problems(client.workload, parse_target(traffic.to), names),
        ]
        yield from _at(drawn, ("world", "traffic", number), found)
    for path, wanted in _facts(drawn):
        yield from _at(drawn, path, _fact_problems(wanted, names))
    for path, named in _objects(drawn):
        yield from _at(drawn, (*path, "kind"), _kind_problems(named.kind, names))
        yield from _at(drawn, (*path, "namespace"), _namespace_problems(named.namespace, names))
    for path, cluster in _clusters(drawn):
        yield from _at(drawn, path, _cluster_problems(cluster, names))


def _at(drawn: DrawnScenario, path: Path, messages: Iterable[str]) -> Iterator[tuple[Path, YamlProblem]]:
    for message in messages:
        yield path, YamlProblem(drawn.key_place(*path), message)


# What names something


def _probes(drawn: DrawnScenario) -> Iterator[tuple[Path, Probe]]:
    exercise = drawn.exercise
    if isinstance(exercise, Scenario):
        yield from ((("symptoms", number), probe) for number, probe in enumerate(exercise.symptoms))
        for place, step in enumerate(exercise.steps):
            if isinstance(step, RepairStep):
                for group in ("restored", "still_denied", "closed", "untouched"):
                    yield from (
                        (("steps", place, group, number), probe) for number, probe in enumerate(getattr(step, group))
                    )
    else:
        for path, check in _checks(exercise):
            for kind in ("works", "fails"):
                probe = getattr(check, kind)
                if probe is not None:
                    yield (*path, kind), probe


def _checks(lab: Lab) -> Iterator[tuple[Path, TaskCheck]]:
    """All checks of a lab that are no groups."""

    def inside(checks: Sequence[TaskCheck], path: Path) -> Iterator[tuple[Path, TaskCheck]]:
        for number, check in enumerate(checks):
            here = (*path, number)
            yield here, check
            yield from inside(check.any or (), (*here, "any"))
            yield from inside(check.all or (), (*here, "all"))

    for place, task in enumerate(lab.tasks):
        yield from inside(task.done, ("tasks", place, "done"))


def _facts(drawn: DrawnScenario) -> Iterator[tuple[Path, Wanted]]:
    exercise = drawn.exercise
    if isinstance(exercise, Scenario):
        for place, step in enumerate(exercise.steps):
            if isinstance(step, EvidenceStep):
                yield ("steps", place, "fact"), step.fact
    else:
        for path, check in _checks(exercise):
            if check.seen is not None:
                yield (*path, "seen"), check.seen


def _objects(drawn: DrawnScenario) -> Iterator[tuple[Path, ObjectName]]:
    exercise = drawn.exercise
    if isinstance(exercise, Scenario):
        for place, step in enumerate(exercise.steps):
            if isinstance(step, RepairStep):
                yield from ((("steps", place, "keep", number), kept) for number, kept in enumerate(step.keep))
    else:
        for path, check in _checks(exercise):
            if check.object is not None:
                yield (*path, "object"), check.object


def _clusters(drawn: DrawnScenario) -> Iterator[tuple[Path, str]]:
    """Clusters that are named beside probes and facts."""
    for path, named in _objects(drawn):
        if named.cluster is not None:
            yield (*path, "cluster"), named.cluster
    if isinstance(drawn.exercise, Lab):
        for path, check in _checks(drawn.exercise):
            if check.cluster is not None:
                yield (*path, "cluster"), check.cluster


# Whether it is there


def _probe_problems(probe: Probe, names: Names) -> Iterator[str]:
    yield from _workload_problems(probe.client.workload, names)
    yield from _workload_problems(probe.target.workload, names)
    yield from _host_problems(probe.client.workload, probe.target, names)


def _workload_problems(workload: WorkloadName | None, names: Names) -> Iterator[str]:
    if workload is None:
        return
    if (context := names.contexts.get(workload.cluster)) is None:
        yield from _cluster_problems(workload.cluster, names)
        return
    wanted = f"{workload.namespace}/{workload.name}"
    known = names.pods.get(context, set())
    if wanted not in known:
        yield f'there is no workload "{wanted}" in {context}{close_match(wanted, sorted(known))}'


def _host_problems(client: WorkloadName | None, target: Target, names: Names) -> Iterator[str]:
    """A DNS name must be a service's of the client's cluster, or one outside."""
    host = target.host.rstrip(".").lower()
    if not host or is_ipv4(host) or host in names.outside or client is None:
        return
    name, _, rest = host.partition(".")
    wanted = f"{rest.partition('.')[0] or client.namespace}/{name}"
    known = names.services.get(names.contexts.get(client.cluster, ""), set())
    if wanted not in known:
        # Suggest what could be written there: a service of the same namespace by its bare name.
        bare = [each.removeprefix(f"{client.namespace}/") for each in sorted(known)]
        hint = close_match(host, [*bare, *sorted(names.outside)])
        yield f'the name "{target.host}" is no service\'s and none of world.outside.names{hint}'


def _fact_problems(wanted: Wanted, names: Names) -> Iterator[str]:
    for kind, attributes in wanted.leaves():
        for key, value in attributes.items():
            if _PATTERN & set(value):
                continue
            if key == "cluster" and value not in names.contexts.values():
                yield from _cluster_problems(value, names)
            if key == "kind":
                yield from _kind_problems(value, names)
            if key == "namespace":
                yield from _namespace_problems(value, names)
            if key in PEERS and "/" in value and value not in names.everywhere():
                hint = close_match(value, sorted(names.everywhere()))
                yield f'a {kind} fact names "{value}", and there is no such workload or service{hint}'


def _kind_problems(kind: str, names: Names) -> Iterator[str]:
    if kind.lower() not in {each.lower() for each in names.kinds}:
        yield f'no cluster has a kind "{kind}"{close_match(kind, sorted(names.kinds))}'


def _namespace_problems(namespace: str | None, names: Names) -> Iterator[str]:
    if namespace is not None and namespace not in names.namespaces:
        yield f'there is no namespace "{namespace}"{close_match(namespace, sorted(names.namespaces))}'


def _cluster_problems(cluster: str, names: Names) -> Iterator[str]:
    known = sorted({*filter(None, names.contexts), *names.contexts.values()})
    if cluster not in known:
        yield f'there is no cluster "{cluster}"{close_match(cluster, known)}; there are {", ".join(known)}'
