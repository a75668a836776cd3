"""What could be typed next of a kubectl command line: commands, flags and their values, kinds, names, programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.objects import KubeObject, dig, labels_of
from quizgame.cluster.resources import Resource
from quizgame.cluster.world import Cluster
from quizgame.goflags.completing import Place, flag_words, place_in
from quizgame.tools import worldnames
from quizgame.tools.kubectl.commands import ROOT
from quizgame.tools.kubectl.explaining import explained
from quizgame.tools.kubectl.finding import find_command, flag_set
from quizgame.tools.kubectl.manifests import REFUSED_FILE_FLAGS
from quizgame.tools.kubectl.pods import container_names, default_container
from quizgame.tools.pod.completing import pod_proposals
from quizgame.tools.session import Session


@dataclass(frozen=True, slots=True)
class _Asked:
    """An unfinished command line, and what it is about."""

    session: Session
    cluster: Cluster
    namespace: str
    place: Place

    @property
    def word(self) -> str:
        """The part of the last word that is completed."""
        return self.place.last[len(self.place.lead) :]

    def resource(self, word: str) -> Resource | None:
        """The kind that a word names."""
        found = self.cluster.api.registry.resolve(word)
        return found[0] if found is not None else None

    def names(self, kind: str) -> Iterator[str]:
        """Names of the objects of a kind that are not on the line yet."""
        resource = self.resource(kind)
        if resource is not None:
            named = self.place.args
            yield from (each for each in worldnames.names(self.cluster, resource, self.namespace) if each not in named)


Propose = Callable[[_Asked], Iterable[str]]


def proposals(words: Sequence[str], session: Session) -> Iterator[str]:
    """Words that could stand in place of the last one; what is refused is not among them.

    Args:
        words: The command line without the program's name; the last word is unfinished, maybe empty.
        session: Whose world and namespaces they are about.
    """
    *done, last = words
    row, path, rest = find_command(done)
    verb = row.load() if row.target else None
    flags, refused = flag_set(verb)
    refused_names = REFUSED_FILE_FLAGS | {flag.name for flag in refused}
    place = place_in(flags, [*rest, last])
    if place.is_flag:
        if verb is not None or row is ROOT:
            yield from flag_words(flags, place, refused_names)
        return
    cluster = worldnames.cluster_at(session.world, place.text("context"))
    if cluster is None:
        return
    namespace = place.text("namespace") or session.namespaces.get(cluster.context, "default")
    asked = _Asked(session, cluster, namespace, place)
    if place.flag is not None:
        if place.flag.name not in refused_names:
            found: Iterable[str] = place.flag.choices or _VALUES.get(place.flag.name, _nothing)(asked)
            yield from (place.lead + value for value in found)
        return
    if not place.args and place.args_before_dash < 0:
        yield from (child.name for child in row.children if child.is_simulated)
    yield from _SUBJECTS.get(path.removeprefix("kubectl "), _nothing)(asked)


def _nothing(_asked: _Asked) -> Iterable[str]:
    return ()


def _contexts(asked: _Asked) -> Iterable[str]:
    return worldnames.contexts(asked.session.world) if not asked.place.args or asked.place.flag else ()


def _namespaces(asked: _Asked) -> Iterable[str]:
    return worldnames.namespaces(asked.cluster)


def _containers(asked: _Asked) -> Iterable[str]:
    pod = _pod(asked)
    return container_names(pod) if pod is not None else ()


def _subjects(asked: _Asked) -> Iterator[KubeObject]:
    """The objects that a selector on the line chooses among: of the named kind, else pods."""
    kind = asked.place.args[0].partition(",")[0].partition("/")[0] if asked.place.args else "pods"
    resource = asked.resource(kind)
    if resource is not None and resource.is_stored:
        namespace = "" if _is_everywhere(asked) or not resource.namespaced else asked.namespace
        yield from asked.cluster.api.list(resource, namespace)


def _labels(asked: _Asked) -> Iterable[str]:
    """``KEY=VALUE`` after what is written up to the last comma."""
    before, comma, _ = asked.word.rpartition(",")
    pairs = {f"{key}={value}" for node in _subjects(asked) for key, value in labels_of(node).items()}
    return (f"{before}{comma}{pair}" for pair in sorted(pairs))


def _label_keys(asked: _Asked) -> Iterable[str]:
    return {key for node in _subjects(asked) for key in labels_of(node)}


def _groups(asked: _Asked) -> Iterable[str]:
    return {resource.group for resource in asked.cluster.api.registry if resource.group}


_VALUES: dict[str, Propose] = {
    "api-group": _groups,
    "container": _containers,
    "context": _contexts,
    "for": lambda asked: _with_slash(asked, ()),
    "label-columns": _label_keys,
    "namespace": _namespaces,
    "selector": _labels,
}
"""Proposes values of flags that have no fixed choices."""


# Positional words


def _kinds(asked: _Asked, only: Sequence[str] = ()) -> Iterator[str]:
    for resource in asked.cluster.api.registry:
        if resource.is_stored and (not only or resource.plural in only):
            yield resource.plural
            yield from resource.short_names


def _objects(*only: str, takes_many: bool = True) -> Propose:
    """``TYPE NAME…`` or ``TYPE/NAME…``, of any kind or of some."""

    def propose(asked: _Asked) -> Iterator[str]:
        args = asked.place.args
        if "/" in asked.word or any("/" in each for each in args):
            if not args or takes_many:
                yield from _with_slash(asked, only)
        elif not args:
            typed = asked.word.rpartition(",")[0]
            lead = f"{typed}," if typed else ""
            yield from (lead + kind for kind in _kinds(asked, only))
        elif (len(args) == 1 or takes_many) and not _is_everywhere(asked):
            yield from asked.names(args[0].partition(",")[0])

    return propose


def _is_everywhere(asked: _Asked) -> bool:
    return "all-namespaces" in asked.place.given


def _with_slash(asked: _Asked, only: Sequence[str]) -> Iterator[str]:
    kind, slash, _ = asked.word.partition("/")
    if not slash:
        yield from (f"{each}/" for each in _kinds(asked, only))
        return
    resource = asked.resource(kind)
    if resource is not None and (not only or resource.plural in only):
        named = asked.place.args
        words = (f"{kind}/{name}" for name in worldnames.names(asked.cluster, resource, asked.namespace))
        yield from (word for word in words if word not in named)


def _named(kind: str, *, takes_many: bool = False) -> Propose:
    """Names of objects of one kind."""
    return lambda asked: asked.names(kind) if takes_many or not asked.place.args else ()


_WITH_PODS = ("daemonsets", "deployments", "pods", "replicasets", "services", "statefulsets")


def _pod_words(asked: _Asked) -> Iterator[str]:
    """A pod's name, or a workload as ``TYPE/NAME``."""
    if asked.place.args:
        return
    if "/" not in asked.word:
        yield from asked.names("pods")
    if asked.word:
        yield from _with_slash(asked, _WITH_PODS)


def _pod(asked: _Asked) -> KubeObject | None:
    """The pod that the first word stands for; ``None`` where there is none."""
    kind, slash, name = asked.place.args[0].partition("/") if asked.place.args else ("", "", "")
    resource = asked.resource(kind if slash else "pods")
    if resource is None or not kind:
        return None
    try:
        node = asked.cluster.api.get(resource, name if slash else kind, asked.namespace)
    except ApiError:
        return None
    if resource.kind == "Pod":
        return node
    structured = dig(node, "spec", "selector")
    if not structured:
        return None
    chosen = {"matchLabels": structured} if resource.kind == "Service" else structured
    selector = selector_of(chosen)
    pods = asked.cluster.api.list("pods", asked.namespace)
    return next((pod for pod in pods if matches(selector, labels_of(pod))), None)


def _in_pod(asked: _Asked) -> Iterator[str]:
    place = asked.place
    if place.args_before_dash < 0:
        yield from _pod_words(asked)
        return
    pod = _pod(asked)
    if pod is not None and place.args_before_dash == 1:
        container = place.text("container") or default_container(pod)[0]
        yield from pod_proposals(asked.session, asked.cluster, pod, container, [*place.args[1:], place.last])


def _paths(asked: _Asked) -> Iterable[str]:
    """A kind, or a path of fields below one."""
    if asked.place.args:
        return ()
    above, dot, _ = asked.word.rpartition(".")
    kind, *steps = above.split(".")
    resource = asked.resource(kind) if dot else None
    if resource is None:
        return _kinds(asked)
    fields = explained(resource).fields
    for step in steps:
        inner = (fields or {}).get(step)
        fields = inner.fields if inner is not None else None
    return (f"{above}.{name}" for name in fields or ())


def _topics(asked: _Asked) -> Iterator[str]:
    row, _, rest = find_command(asked.place.args)
    if not rest:
        yield from (child.name for child in row.children if child.is_simulated)


_WORKLOADS = ("daemonsets", "deployments", "statefulsets")
_TEMPLATED = (*_WORKLOADS, "replicasets")
_SUBJECTS: dict[str, Propose] = {
    "annotate": _objects(),
    "apply view-last-applied": _objects(),
    "config get-contexts": _contexts,
    "config set-context": _contexts,
    "config use-context": _contexts,
    "cordon": _named("nodes", takes_many=True),
    "debug": _pod_words,
    "delete": _objects(),
    "describe": _objects(),
    "drain": _named("nodes", takes_many=True),
    "edit": _objects(),
    "exec": _in_pod,
    "explain": _paths,
    "expose": _objects("deployments", "pods", "replicasets", "services", takes_many=False),
    "get": _objects(),
    "help": _topics,
    "label": _objects(),
    "logs": lambda asked: _containers(asked) if len(asked.place.args) == 1 else _pod_words(asked),
    "patch": _objects(takes_many=False),
    "port-forward": _pod_words,
    "rollout history": _objects(*_WORKLOADS),
    "rollout pause": _objects("deployments"),
    "rollout restart": _objects(*_WORKLOADS),
    "rollout resume": _objects("deployments"),
    "rollout status": _objects(*_WORKLOADS, takes_many=False),
    "rollout undo": _objects(*_WORKLOADS, takes_many=False),
    "scale": _objects("deployments", "replicasets", "statefulsets"),
    "set env": _objects(*_TEMPLATED, takes_many=False),
    "set image": _objects(*_TEMPLATED, takes_many=False),
    "taint": _objects("nodes"),
    "top node": _named("nodes"),
    "top pod": _named("pods"),
    "uncordon": _named("nodes", takes_many=True),
    "wait": _objects(),
}
"""Proposes positional words, by the command's path."""
