"""Bounded loading of YAML: compose once, check the node tree, then construct plain data from it.

Rules for this file: nothing is constructed before size, depth and alias expansion are known to be within bounds,
and every complaint has a place. Custom tags construct nothing: they are problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from quizgame.yamlsource.place import Place, YamlError, YamlProblem
from quizgame.yamlsource.scalars import BOOL, FLOAT, INT, MERGE, NULL, STR, Dialect, Scalar, resolve_plain

MAP = "tag:yaml.org,2002:map"
SEQ = "tag:yaml.org,2002:seq"

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one YAML text, all documents together."""

    bytes: int = 8 * 1024 * 1024
    depth: int = 64
    nodes: int = 1_000_000
    """Nodes as written."""
    expanded: int = 2_000_000
    """Nodes after every alias is replaced by what it stands for."""
    problems: int = 200
    """How many problems are gathered before loading gives up."""


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document as plain data, with the places of its parts."""

    data: Any
    """``dict``, ``list``, ``str``, ``int``, ``float``, ``bool`` or ``None``, nested."""
    source: str
    """The name of the file, as it was given."""
    root: Node

    def place(self, path: Path_ = ()) -> Place:
        """Return where the value at this path starts.

        A path that leads nowhere gives the place of the last part that exists: for a missing key its parent.
        """
        return self._walk(path, key=False)

    def key_place(self, path: Path_) -> Place:
        """Return where the key at the end of this path stands (for an item of a list, the item)."""
        return self._walk(path, key=True)

    def row_place(self, path: Path_, row: int) -> Place:
        """Return where a row of the text at this path stands, counted from 0.

        Rows have lines of their own in literal blocks alone; elsewhere it is the place of the text.
        """
        node, place = self._node(path), self.place(path)
        if isinstance(node, ScalarNode) and node.style == "|":
            return Place(self.source, place.line + 1 + row, 1)
        return place

    def _node(self, path: Path_) -> Node | None:
        node = self.root
        for part in path:
            entry = _child(node, part)
            if entry is None:
                return None
            node = entry[1]
        return node

    def _walk(self, path: Path_, *, key: bool) -> Place:
        node, mark = self.root, self.root.start_mark
        for part in path:
            entry = _child(node, part)
            if entry is None:
                break
            key_node, node = entry
            mark = key_node.start_mark if key else node.start_mark
        return Place(self.source, mark.line + 1, mark.column + 1)


def _child(node: Node, part: str | int) -> tuple[Node, Node] | None:
    """Return the key and value nodes of one part; in a list both are the item."""
    if isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        item = node.value[part]
        return item, item
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            if isinstance(key_node, ScalarNode) and key_node.value == str(part):
                return key_node, value_node
    return None


def load_documents(
    text: str | bytes,
    source: str,
    *,
    dialect: Dialect = Dialect.PACK,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Document]:
    """Load every document of a text; documents without content are left out.

    Args:
        text: The YAML; bytes are UTF-8.
        source: What to call the text in places: a file name, or ``STDIN``.
        dialect: How plain scalars and keys are read.
        limits: Bounds; beyond them nothing is constructed.

    Raises:
        YamlError: All problems found, each with its place.
    """
    checked = _decode(text, source, limits)
    composer = _Composer(checked, source, dialect, limits)
    roots = composer.compose()
    constructor = _Constructor(source, dialect, limits)
    if "*" in checked:
        constructor.check_expansion(roots)
    documents = [Document(constructor.construct(root), source, root) for root in roots]
    if constructor.problems:
        raise YamlError(constructor.problems)
    return [document for document in documents if document.data is not None]


def load_document(
    text: str | bytes,
    source: str,
    *,
    dialect: Dialect = Dialect.PACK,
    limits: Limits = DEFAULT_LIMITS,
) -> Document:
    """Load a text that holds exactly one document; see `load_documents`."""
    documents = load_documents(text, source, dialect=dialect, limits=limits)
    if not documents:
        raise YamlError([YamlProblem(Place(source, 1, 1), "the file is empty: expected one YAML document")])
    if len(documents) > 1:
        place = documents[1].place()
        raise YamlError([YamlProblem(place, "a second document: expected one, remove the --- before it")])
    return documents[0]


def read_documents(path: Path, *, dialect: Dialect = Dialect.PACK, limits: Limits = DEFAULT_LIMITS) -> list[Document]:
    """Load every document of a file.

    Raises:
        YamlError: The file cannot be read, or what `load_documents` raises.
    """
    try:
        with path.open("rb") as stream:
            text = stream.read(limits.bytes + 1)
    except OSError as error:
        raise YamlError([YamlProblem(Place(str(path), 1, 1), f"cannot read: {error.strerror}")]) from error
    return load_documents(text, str(path), dialect=dialect, limits=limits)


def _decode(text: str | bytes, source: str, limits: Limits) -> str:
    size = len(text)
    if size > limits.bytes:
        message = f"the file is larger than {limits.bytes // 1024} KiB: split it"
        raise YamlError([YamlProblem(Place(source, 1, 1), message)])
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise YamlError([YamlProblem(Place(source, line, column), "not UTF-8: save the file as UTF-8")]) from error


class _Composer(CParser):
    """libyaml's parser, with tags resolved by this module and depth and nodes counted as they appear."""

    def __init__(self, text: str, source: str, dialect: Dialect, limits: Limits) -> None:
        try:
            super().__init__(text)
        except yaml.YAMLError as error:
            raise YamlError([_located(error, source)]) from error
        self._source = source
        self._dialect = dialect
        self._limits = limits
        self._depth = 0
        self._nodes = 0

    def compose(self) -> list[Node]:
        roots: list[Node] = []
        try:
            while self.check_node():
                roots.append(cast("Node", self.get_node()))
        except yaml.YAMLError as error:
            raise YamlError([_located(error, self._source)]) from error
        finally:
            self.dispose()
        return roots

    def descend_resolver(self, parent: Node | None, index: object) -> None:
        self._depth += 1
        self._nodes += 1
        if self._depth > self._limits.depth or self._nodes > self._limits.nodes:
            mark = parent.start_mark if parent is not None else None
            if self._depth > self._limits.depth:
                message = f"nested more than {self._limits.depth} levels deep: flatten it"
            else:
                message = f"more than {self._limits.nodes} values: split the file"
            raise yaml.MarkedYAMLError(problem=message, problem_mark=mark)

    def ascend_resolver(self) -> None:
        self._depth -= 1

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> str:
        if kind is ScalarNode:
            return resolve_plain(value, self._dialect)[0] if implicit[0] else STR
        return MAP if kind is MappingNode else SEQ


def _located(error: yaml.YAMLError, source: str) -> YamlProblem:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source, 1, 1)
        message = str(error.problem or error.context)
        if "cannot start any token" in message:
            message += " (a TAB? indent with spaces)"
        return YamlProblem(place, message)
    if isinstance(error, yaml.reader.ReaderError):
        return YamlProblem(Place(source, 1, 1), f"unreadable character at position {error.position}: {error.reason}")
    return YamlProblem(Place(source, 1, 1), str(error))


class _Constructor:
    """Turns checked node trees into plain data and gathers problems."""

    def __init__(self, source: str, dialect: Dialect, limits: Limits) -> None:
        self.problems: list[YamlProblem] = []
        self._source = source
        self._dialect = dialect
        self._limits = limits
        self._scalars: dict[str, Callable[[ScalarNode], Scalar]] = {
            STR: lambda node: cast("str", node.value),
            NULL: lambda node: None,
            BOOL: self._typed,
            INT: self._typed,
            FLOAT: self._typed,
            MERGE: lambda node: cast("str", node.value),
        }

    def check_expansion(self, roots: list[Node]) -> None:
        """Refuse aliases that refer to their own parents, or that stand for too many nodes."""
        total = 0
        for root in roots:
            total += self._expanded_size(root, {}, set())
            if total > self._limits.expanded:
                message = f"its aliases stand for more than {self._limits.expanded} values: write fewer"
                raise YamlError([self._problem(root, message)])

    def _expanded_size(self, node: Node, sizes: dict[int, int], open_nodes: set[int]) -> int:
        key = id(node)
        if key in sizes:
            return sizes[key]
        if key in open_nodes:
            raise YamlError([self._problem(node, "an alias refers to a value that contains it")])
        open_nodes.add(key)
        size = 1
        if isinstance(node, MappingNode):
            for key_node, value_node in node.value:
                size += self._expanded_size(key_node, sizes, open_nodes)
                size += self._expanded_size(value_node, sizes, open_nodes)
        elif isinstance(node, SequenceNode):
            for item in node.value:
                size += self._expanded_size(item, sizes, open_nodes)
        open_nodes.discard(key)
        sizes[key] = size
        return size

    def construct(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            build = self._scalars.get(node.tag)
            if build is not None:
                return build(node)
        elif isinstance(node, MappingNode):
            if node.tag == MAP:
                return self._mapping(node)
        elif node.tag == SEQ:
            return [self.construct(item) for item in node.value]
        self._report(node, f"unknown tag {_short_tag(node.tag)}: only plain data is allowed")
        return None

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        built: dict[str, Any] = {}
        lines: dict[str, int] = {}
        merged: list[dict[str, Any]] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._report(key_node, "a key must be a single word or text")
                continue
            if key_node.tag == MERGE:
                merged.extend(self._merged(value_node))
                continue
            key = self._key(key_node)
            if key in lines:
                self._report(key_node, f'duplicate key "{key}" (first on line {lines[key]})')
                continue
            lines[key] = key_node.start_mark.line + 1
            built[key] = self.construct(value_node)
        for mapping in merged:
            for key, value in mapping.items():
                built.setdefault(key, value)
        return built

    def _merged(self, node: Node) -> list[dict[str, Any]]:
        values = (
            [self.construct(item) for item in node.value] if isinstance(node, SequenceNode) else [self.construct(node)]
        )
        if not all(isinstance(value, dict) for value in values):
            self._report(node, "<< merges mappings only")
            return []
        return values

    def _key(self, node: ScalarNode) -> str:
        if self._dialect is Dialect.PACK or node.tag == STR:
            return cast("str", node.value)
        value = resolve_plain(node.value, self._dialect)[1]
        if isinstance(value, bool):
            return "true" if value else "false"
        return "null" if value is None else str(value)

    def _typed(self, node: ScalarNode) -> Scalar:
        tag, value = resolve_plain(node.value, self._dialect)
        if tag != node.tag and not (tag == INT and node.tag == FLOAT):
            self._report(node, f'"{node.value}" is no {_short_tag(node.tag)}')
        return value

    def _report(self, node: Node, message: str) -> None:
        self.problems.append(self._problem(node, message))
        if len(self.problems) >= self._limits.problems:
            raise YamlError(self.problems)

    def _problem(self, node: Node, message: str) -> YamlProblem:
        mark = node.start_mark
        return YamlProblem(Place(self._source, mark.line + 1, mark.column + 1), message)


def _short_tag(tag: str) -> str:
    return "!!" + tag.removeprefix("tag:yaml.org,2002:") if tag.startswith("tag:yaml.org,2002:") else tag
