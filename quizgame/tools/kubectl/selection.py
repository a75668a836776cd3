"""Which objects a command line names: types, names, selectors and files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.objects import KubeObject
from quizgame.cluster.resources import Resource
from quizgame.errors import QuizgameError
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, ServerError

NO_SUCH_OBJECT_HELP = """You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'"""


@dataclass(frozen=True, slots=True)
class Served:
    """A kind in one of its versions."""

    resource: Resource
    version: str

    @property
    def api_version(self) -> str:
        """``apiVersion`` of objects in this version."""
        return self.resource.group_version(self.version)


@dataclass(frozen=True, slots=True)
class Target:
    """One object that a command is about."""

    served: Served
    namespace: str
    """Empty for a cluster-scoped kind."""
    name: str
    node: KubeObject | None = None
    """The object as stored, where it was looked up."""

    @property
    def resource(self) -> Resource:
        """Its kind."""
        return self.served.resource

    @property
    def title(self) -> str:
        """``deployment.apps/web``, as confirmations begin."""
        return f"{self.resource.prefix}/{self.name}"


def in_version(served: Served, node: Mapping[str, Any]) -> KubeObject:
    """The object as the server gives it in the version asked for."""
    return {**node, "apiVersion": served.api_version}


def resolve_type(call: Call, word: str) -> tuple[Served, ...]:
    """The kinds that a word names: one, or those of a category.

    Raises:
        KubectlError: no kind has this name.
    """
    found = call.api.registry.resolve(word)
    if found is not None:
        return (Served(*found),)
    category = call.api.registry.category(word)
    if category:
        return tuple(Served(each, each.version) for each in _ordered(word, category))
    raise KubectlError(f'the server doesn\'t have a resource type "{word}"')


# Source: kubectl pkg/... category expander: ``all`` is a list of the client's own.
_ALL = (
    "pods", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "statefulsets",
    "horizontalpodautoscalers", "cronjobs", "jobs",
)  # fmt: skip


def _ordered(word: str, category: tuple[Resource, ...]) -> Sequence[Resource]:
    if word != "all":
        return category
    return sorted(category, key=lambda each: _ALL.index(each.plural) if each.plural in _ALL else len(_ALL))


def resolve_types(call: Call, words: str) -> tuple[Served, ...]:
    """The kinds that ``pods,svc`` names."""
    return tuple(served for word in words.split(",") if word for served in resolve_type(call, word))


def warn_of_version(call: Call, served: Served) -> None:
    """Say what the server says about a version that is going away."""
    resource = served.resource
    if served.version in resource.deprecated:
        used, better = (
            f"{resource.group_version(each)} {resource.kind}" for each in (served.version, resource.version)
        )
        call.warn(f"{used} is deprecated; use {better}")
    elif resource.qualified == "endpoints":
        call.warn("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")


def scope_of(call: Call, served: Served) -> str:
    """The namespace in which objects of a kind are looked up; empty for a cluster-scoped one."""
    return call.namespace if served.resource.namespaced else ""


@dataclass(frozen=True, slots=True)
class Named:
    """What the positional words name."""

    types: tuple[Served, ...] = ()
    names: tuple[str, ...] = ()
    """Names that go with each type; none: all objects of the types."""
    pairs: tuple[tuple[Served, str], ...] = ()
    """Objects given as ``TYPE/NAME``."""

    def targets(self, call: Call) -> Iterator[Target]:
        """The objects named one by one, not yet looked up."""
        for served, name in self.pairs or [(served, name) for served in self.types for name in self.names]:
            yield Target(served, scope_of(call, served), name)


def parse_names(call: Call, words: Sequence[str]) -> Named:
    """Read ``TYPE [NAME …]``, ``TYPE,TYPE``, or ``TYPE/NAME …``.

    Raises:
        KubectlError: with kubectl's words for each way of getting it wrong.
    """
    # Source: kubernetes cli-runtime pkg/resource/builder.go ResourceTypeOrNameArgs, SplitResourceArgument.
    if not words:
        return Named()
    if any("/" in word for word in words):
        return Named(pairs=tuple(_pair(call, word) for word in words))
    types = resolve_types(call, words[0])
    return Named(types, tuple(words[1:]))


def _pair(call: Call, word: str) -> tuple[Served, str]:
    if "/" not in word:
        raise KubectlError(
            "there is no need to specify a resource type as a separate argument when passing arguments "
            "in resource/name form "
            "(e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"
        )
    parts = word.split("/")
    if len(parts) != 2:
        raise KubectlError("arguments in resource/name form may not have more than one slash")
    if not all(parts):
        raise KubectlError("arguments in resource/name form must have a single resource and name")
    found = resolve_type(call, parts[0])
    if len(found) != 1:
        raise KubectlError("arguments in resource/name form must have a single resource and name")
    return found[0], parts[1]


def look_up(call: Call, target: Target) -> Target:
    """The target with its object.

    Raises:
        ApiError: ``NotFound``.
    """
    return replace(target, node=call.api.get(target.resource, target.name, target.namespace))


def listed(
    call: Call, types: Iterable[Served], *, everywhere: bool = False, labels: str = "", fields: str = ""
) -> Iterator[Target]:
    """All objects of some kinds, filtered by selectors.

    Raises:
        ServerError: a selector that the server cannot read.
    """
    for served in types:
        resource = served.resource
        namespace = None if everywhere or not resource.namespaced else call.namespace
        try:
            found = call.api.list(resource, namespace, label_selector=labels, field_selector=fields)
        except ApiError as error:
            # Source: apiserver pkg/endpoints/handlers: golden get-bad-selector.
            what = f"{resource.group}/{served.version}, Resource={resource.plural}"
            doing = f'Unable to find "{what}" that match label selector "{labels}", field selector "{fields}"'
            raise ServerError(error, doing) from None
        for node in found:
            metadata = node["metadata"]
            yield Target(served, metadata.get("namespace", ""), metadata["name"], node)


def existing(call: Call, words: Sequence[str], *, everywhere: bool = False, labels: str = "") -> list[Target]:
    """Look up what the words name, for commands that need the objects.

    Raises:
        QuizgameError: nothing is named, something is named wrongly, or the first that is not there.
    """
    named = parse_names(call, words)
    if not named.types and not named.pairs:
        raise KubectlError(NO_SUCH_OBJECT_HELP)
    if named.pairs or named.names:
        check_name_options(named, everywhere=everywhere, labels=labels)
        return [look_up(call, target) for target in named.targets(call)]
    if not labels and not everywhere:
        raise KubectlError("resource(s) were provided, but no name was specified")
    return list(listed(call, named.types, everywhere=everywhere, labels=labels))


def check_name_options(named: Named, *, everywhere: bool, labels: str) -> None:
    """Refuse names together with ``-l`` or ``-A``."""
    if (named.names or named.pairs) and labels:
        raise KubectlError("name cannot be provided when a selector is specified")
    if (named.names or named.pairs) and everywhere:
        raise KubectlError("a resource cannot be retrieved by name across all namespaces")


def gather(targets: Iterable[Target], call: Call) -> tuple[list[Target], list[QuizgameError]]:
    """Look up each target; returns those that are there and the failures."""
    found: list[Target] = []
    errors: list[QuizgameError] = []
    for target in targets:
        try:
            found.append(look_up(call, target))
        except ApiError as error:
            errors.append(error)
    return found, errors
