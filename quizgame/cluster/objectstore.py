"""Where one API server keeps its objects: by resource and name, with a change log and an index of owners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.objects import KubeObject

Key = tuple[str, str]
"""Namespace (empty for cluster-scoped kinds) and name."""

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"

LOG_LIMIT = 20_000
"""Changes kept for watchers; whoever lags behind further has to list again."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change log; a watch event."""

    version: int
    """The resource version that this change made."""
    type: str
    """``ADDED``, ``MODIFIED`` or ``DELETED``."""
    resource: str
    """Qualified plural, ``deployments.apps``."""
    object: KubeObject
    """The object after the change; for ``DELETED`` its last state."""
    previous: KubeObject | None = None
    """The object before, for ``MODIFIED``."""

    @property
    def key(self) -> Key:
        """Namespace and name."""
        metadata = self.object["metadata"]
        return metadata.get("namespace", ""), metadata["name"]


class ObjectStore:
    """Objects, their change log and indexes. Stored objects are shared and never changed in place."""

    __slots__ = ("_dropped", "_log", "_names", "_objects", "_owned", "generated", "incarnations", "version")

    def __init__(self) -> None:
        self.version = 0
        """The last resource version given out."""
        self.generated: dict[tuple[str, ...], int] = {}
        """How many names were generated for a purpose."""
        self.incarnations: dict[tuple[str, str, str], int] = {}
        """How many objects of a resource, namespace and name are gone."""
        self._objects: dict[str, dict[str, dict[str, KubeObject]]] = {}
        """By resource, namespace and name."""
        self._names: dict[tuple[str, str], tuple[str, ...]] = {}
        """Names of a resource in a namespace, sorted; dropped when one comes or goes."""
        self._owned: dict[str, tuple[tuple[str, Key], ...]] = {}
        self._log: list[Change] = []
        self._dropped = 0

    def fork(self) -> ObjectStore:
        """A store with the same content that goes its own way; costs a copy of the tables, not of the objects."""
        twin = ObjectStore()
        twin.version = self.version
        twin.generated = dict(self.generated)
        twin.incarnations = dict(self.incarnations)
        twin._objects = {
            resource: {namespace: dict(table) for namespace, table in spaces.items()}
            for resource, spaces in self._objects.items()
        }
        twin._names = dict(self._names)
        twin._owned = dict(self._owned)
        twin._log = list(self._log)
        twin._dropped = self._dropped
        return twin

    def get(self, resource: str, key: Key) -> KubeObject | None:
        """The object, or ``None``."""
        spaces = self._objects.get(resource)
        table = spaces.get(key[0]) if spaces else None
        return table.get(key[1]) if table else None

    def of(self, resource: str, namespace: str | None = None) -> list[KubeObject]:
        """Objects of a resource by namespace and name; of one namespace, or of all (``None``)."""
        spaces = self._objects.get(resource)
        if not spaces:
            return []
        wanted = sorted(spaces) if namespace is None else [namespace]
        found: list[KubeObject] = []
        for each in wanted:
            table = spaces.get(each)
            if table:
                found += [table[name] for name in self._sorted_names(resource, each, table)]
        return found

    def _sorted_names(self, resource: str, namespace: str, table: dict[str, KubeObject]) -> tuple[str, ...]:
        names = self._names.get((resource, namespace))
        if names is None:
            names = self._names[resource, namespace] = tuple(sorted(table))
        return names

    def count(self, resource: str) -> int:
        """How many objects a resource has."""
        return sum(map(len, self._objects.get(resource, {}).values()))

    def in_namespace(self, namespace: str) -> list[tuple[str, Key]]:
        """Everything in a namespace, by resource and name."""
        return [
            (resource, (namespace, name))
            for resource, spaces in sorted(self._objects.items())
            for name in sorted(spaces.get(namespace, ()))
        ]

    def owned_by(self, uid: str) -> tuple[tuple[str, Key], ...]:
        """What names this owner in its references, in order of creation."""
        return self._owned.get(uid, ())

    def put(self, resource: str, key: Key, node: KubeObject) -> KubeObject:
        """Store under the next resource version.

        Args:
            resource: Qualified plural.
            key: Namespace and name.
            node: The object; a fresh ``metadata`` with the new ``resourceVersion`` is put into a copy of its top level.

        Returns:
            The object as stored.
        """
        self.version += 1
        stored = {**node, "metadata": {**node["metadata"], "resourceVersion": str(self.version)}}
        table = self._objects.setdefault(resource, {}).setdefault(key[0], {})
        previous = table.get(key[1])
        table[key[1]] = stored
        if previous is None:
            self._names.pop((resource, key[0]), None)
        self._index(resource, key, previous, stored)
        self._record(Change(self.version, MODIFIED if previous else ADDED, resource, stored, previous))
        return stored

    def remove(self, resource: str, key: Key) -> KubeObject:
        """Take an object out; the log keeps its last state under a new version."""
        self.version += 1
        last = self._objects[resource][key[0]].pop(key[1])
        self._names.pop((resource, key[0]), None)
        self._index(resource, key, last, None)
        counter = (resource, *key)
        self.incarnations[counter] = self.incarnations.get(counter, 0) + 1
        gone = {**last, "metadata": {**last["metadata"], "resourceVersion": str(self.version)}}
        self._record(Change(self.version, DELETED, resource, gone))
        return gone

    def changes_since(self, version: int) -> list[Change]:
        """Every change after a resource version, oldest first.

        Raises:
            ApiError: ``Expired``: the log no longer reaches back so far.
        """
        if version < self._dropped:
            raise ApiError(410, "Expired", f"too old resource version: {version} ({self._dropped})")
        return self._log[version - self._dropped :]

    def _record(self, change: Change) -> None:
        self._log.append(change)
        if len(self._log) > 2 * LOG_LIMIT:
            surplus = len(self._log) - LOG_LIMIT
            del self._log[:surplus]
            self._dropped += surplus

    def _index(self, resource: str, key: Key, old: KubeObject | None, new: KubeObject | None) -> None:
        before, after = set(_owners(old)), set(_owners(new))
        if before == after:
            return
        entry = (resource, key)
        for uid in sorted(before - after):
            left = tuple(each for each in self._owned[uid] if each != entry)
            if left:
                self._owned[uid] = left
            else:
                del self._owned[uid]
        for uid in sorted(after - before):
            self._owned[uid] = (*self._owned.get(uid, ()), entry)


def _owners(node: KubeObject | None) -> Iterator[str]:
    if node is not None:
        for reference in node["metadata"].get("ownerReferences") or ():
            yield reference["uid"]
