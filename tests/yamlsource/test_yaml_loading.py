"""Loading YAML: what is read, what is refused, and where it says the trouble is."""

from __future__ import annotations

from pathlib import Path

import pytest

from quizgame.yamlsource.loader import Limits, load_document, load_documents, read_documents
from quizgame.yamlsource.place import YamlError
from quizgame.yamlsource.scalars import Dialect


def refusal(text: str | bytes, dialect: Dialect = Dialect.PACK, limits: Limits | None = None) -> str:
    with pytest.raises(YamlError) as caught:
        load_documents(text, "f.yaml", dialect=dialect, limits=limits or Limits())
    return str(caught.value)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("5", 5),
        ("0o17", 15),
        ("017", 15),
        ("0x1F", 31),
        ("-0b101", -5),
        ("1_000", 1000),
        ("1.20", 1.2),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("on", True),
        ("No", False),
        ("~", None),
        ("", None),
        ("null", None),
        # Go turns a manifest into JSON, which has neither times nor base-60 numbers.
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T10:00:00Z", "2026-01-02T10:00:00Z"),
        ("12:30:00", "12:30:00"),
        ("190:20:30", "190:20:30"),
        ("1.2.3", "1.2.3"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("'5'", "5"),
        ('"on"', "on"),
        ("+", "+"),
        (".", "."),
    ],
)
def test_plain_scalars_mean_what_kubernetes_reads(scalar: str, value: object) -> None:
    assert load_document(f"a: {scalar}\n", "f", dialect=Dialect.KUBERNETES).data == {"a": value}


def test_y_and_n_are_booleans_in_manifests_and_text_in_packs() -> None:
    text = "a: y\nb: N\n"
    assert load_document(text, "f", dialect=Dialect.KUBERNETES).data == {"a": True, "b": False}
    assert load_document(text, "f", dialect=Dialect.PACK).data == {"a": "y", "b": "N"}


def test_keys_are_text_of_their_value_in_manifests_and_as_written_in_packs() -> None:
    text = "80: a\non: b\n0x10: c\n"
    assert load_document(text, "f", dialect=Dialect.KUBERNETES).data == {"80": "a", "true": "b", "16": "c"}
    assert load_document(text, "f", dialect=Dialect.PACK).data == {"80": "a", "on": "b", "0x10": "c"}


def test_merge_keys_give_defaults_that_own_keys_override() -> None:
    text = "base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\n"
    assert load_document(text, "f").data["own"] == {"x": 1, "y": 3}


def test_documents_without_content_are_left_out() -> None:
    documents = load_documents("---\na: 1\n---\n# nothing\n---\nb: 2\n", "f")
    assert [document.data for document in documents] == [{"a": 1}, {"b": 2}]


def test_places_of_values_keys_items_and_missing_parts() -> None:
    document = load_document("top:\n  list:\n  - one\n  - {two: 2}\n", "p.yaml")
    assert str(document.place(("top", "list", 1, "two"))) == "p.yaml:4:11"
    assert str(document.key_place(("top", "list", 1, "two"))) == "p.yaml:4:6"
    assert str(document.key_place(("top", "list"))) == "p.yaml:2:3"
    assert str(document.place(("top", "list", 0))) == "p.yaml:3:5"
    # What is missing has the place of what should hold it.
    assert document.place(("top", "nosuch", "deeper")) == document.place(("top",))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1", 'duplicate key "a" (first on line 1)'),
        ("a:\n\tb: 1\n", "f.yaml:2:1", "TAB"),
        ("a:\n    b: 1\n  c: 2\n", "f.yaml:3:3", "did not find expected key"),
        ("a: [1, 2\nb: 3\n", "f.yaml:2:2", "did not find expected"),
        ("a: b: c\n", "f.yaml:1:5", "mapping values are not allowed"),
        ("a: *nosuch\n", "f.yaml:1:4", "alias"),
        ("a: &x [*x]\n", "f.yaml:1:4", "alias refers to a value that contains it"),
        ("a: !!python/name:os.system\n", "f.yaml:1:4", "unknown tag"),
        ("a: !!int seven\n", "f.yaml:1:4", '"seven" is no !!int'),
        ("{[a]: 1}\n", "f.yaml:1:2", "a key must be a single word"),
        ("a: {<<: 1}\n", "f.yaml:1:9", "<< merges mappings only"),
        ("a: \x01\n", "f.yaml:1:1", "unreadable character"),
    ],
)
def test_malformed_text_is_refused_at_its_place(text: str, place: str, words: str) -> None:
    message = refusal(text)
    assert message.startswith(f"{place}: ")
    assert words in message


def test_text_that_is_not_utf8_is_refused_at_the_byte() -> None:
    assert refusal(b"a: 1\nb: \xff\n") == "f.yaml:2:4: not UTF-8: save the file as UTF-8"


def test_all_duplicate_keys_are_told_at_once() -> None:
    assert refusal("a: 1\na: 2\nb: 1\nb: 2\n").count("duplicate key") == 2


def test_alias_bomb_is_refused_before_it_expands() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 12)]
    assert "aliases stand for more than" in refusal("\n".join(lines))


def test_depth_nodes_and_bytes_are_bounded() -> None:
    assert "nested more than 8 levels" in refusal("a: " + "[" * 20 + "]" * 20, limits=Limits(depth=8))
    assert "more than 50 values" in refusal("[" + "x, " * 100 + "]", limits=Limits(nodes=50))
    assert "larger than 1 KiB" in refusal("#" * 2000, limits=Limits(bytes=1024))
    assert "depth" in refusal("[" * 100_000)


def test_one_document_is_expected_where_one_is_asked_for() -> None:
    with pytest.raises(YamlError, match=r"f:3:1: a second document"):
        load_document("a: 1\n---\nb: 2\n", "f")
    with pytest.raises(YamlError, match="the file is empty"):
        load_document("# only a comment\n", "f")


def test_unreadable_file_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(YamlError, match=r"nosuch\.yaml:1:1: cannot read"):
        read_documents(tmp_path / "nosuch.yaml")
    file = tmp_path / "one.yaml"
    file.write_text("a: ü\n", encoding="utf-8")
    assert read_documents(file)[0].data == {"a": "ü"}
