"""Output formats: YAML as go-yaml writes it, JSONPath, custom columns, templates."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizgame.tools.kubectl.ages import human_duration
from quizgame.tools.kubectl.describe.generic import smart_label
from quizgame.tools.kubectl.describe.quantities import parse_quantity, total
from quizgame.tools.kubectl.formats.jsonpath import JsonPath, printed
from quizgame.tools.kubectl.formats.jsonpath_parse import JsonPathError
from quizgame.tools.kubectl.formats.yaml_out import sorted_keys, yaml_text
from quizgame.tools.output import Result, render
from quizgame.yamlsource.loader import load_document
from quizgame.yamlsource.scalars import Dialect

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden" / "kubectl"
RECORDED = [
    path
    for path in sorted(GOLDEN.glob("*yaml.txt"))
    if "kyaml" not in path.name and path.read_text().startswith("apiV")
]
Kubectl = Callable[..., Result]


@pytest.mark.skipif(not GOLDEN.exists(), reason="the reference outputs are not beside this repository")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_real_yaml_survives_reading_and_writing(path: Path) -> None:
    text = path.read_text()
    assert yaml_text(load_document(text, path.name, dialect=Dialect.KUBERNETES).data) == text


# Source: go-yaml v2 resolve.go and libyaml's emitter; each was checked against outputs of the real tool or their rules.
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("80", '"80"'),
        ("true", '"true"'),
        ("yes", '"yes"'),
        ("n", '"n"'),
        ("null", '"null"'),
        ("", '""'),
        ("~", '"~"'),
        ("1.5", '"1.5"'),
        ("1e3", '"1e3"'),
        ("0x1f", '"0x1f"'),
        ("2026-11-23", '"2026-11-23"'),
        ("12:30", '"12:30"'),
        ("10.244.0.0/24", "10.244.0.0/24"),
        ("100m", "100m"),
        ("1Gi", "1Gi"),
        ("v1.35.0", "v1.35.0"),
        ("a:b", "a:b"),
        ("*", "'*'"),
        ("a: b", "'a: b'"),
        ("# x", "'# x'"),
        ("- x", "'- x'"),
        ("it's: so", "'it''s: so'"),
        (" x", "' x'"),
        ("@x", "'@x'"),
        ("x #y", "'x #y'"),
        ("a\tb", '"a\\tb"'),
        ("ü", "ü"),
    ],
)
def test_strings_are_quoted_as_go_yaml_does(value: str, text: str) -> None:
    assert yaml_text({"k": value}) == f"k: {text}\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb\n", "k: |\n  a\n  b\n"),
        ("a\nb", "k: |-\n  a\n  b\n"),
        ("a\n\n", "k: |+\n  a\n\n"),
        ("a \nb", 'k: "a \\nb"\n'),
    ],
)
def test_several_lines_become_a_block(value: str, text: str) -> None:
    assert yaml_text({"k": value}) == text


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=120)
KEYS = st.text("abcdefgh.-/1", min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_reads_back(value: object) -> None:
    text = yaml_text({"k": value})
    assert load_document(text, "x", dialect=Dialect.KUBERNETES).data == {"k": value}


def test_keys_are_in_go_yamls_order() -> None:
    # Source: go-yaml v2 sorter.go: numbers by value, letters after other characters.
    assert sorted_keys({"a10": 1, "a2": 1, "b": 1, "a-b": 1, "ab": 1}) == ["a-b", "a2", "a10", "ab", "b"]


DATA = {
    "items": [
        {"n": "a", "labels": {"x.y/z": "1"}, "c": [{"type": "R", "s": "T"}, {"type": "Q", "s": "F"}]},
        {"n": "b", "p": 3},
    ]
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.items[*].n}", "a b"),
        ('{range .items[*]}{.n}{"\\t"}{.p}{"\\n"}{end}', "a\t\nb\t3\n"),
        ('{.items[0].c[?(@.type=="R")].s}', "T"),
        ("{.items[?(@.p>2)].n}", "b"),
        ("{.items[?(@.p)].n}", "b"),
        ("{.items[-1].n}", "b"),
        ("{.items[0:1].n}", "a"),
        ("{..type}", "R Q"),
        (r"{.items[0].labels.x\.y/z}", "1"),
        ("{.items[0]['n','labels']}", 'a {"x.y/z":"1"}'),
        ("{.items[0].labels}", '{"x.y/z":"1"}'),
        ("names: {.items[*]['n']}!", "names: a b!"),
        ("{.nope}", ""),
        ("{.items[*].c[*].s}", "T F"),
    ],
)
def test_jsonpath_finds(template: str, text: str) -> None:
    assert "".join(printed(found) for found in JsonPath(template).results(DATA)) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{.items[*}", "unterminated array"),
        ("{.items", "unclosed action"),
        ("{.items[x]}", "invalid array index x"),
        ("{|}", "unrecognized character in action: U+007C '|'"),
        ("{end}", "not in range, nothing to end"),
        ('{"abc}', "unterminated quoted string"),
        ("{.items[?(@.a==1]}", "unterminated filter"),
    ],
)
def test_jsonpath_refuses_in_the_real_words(template: str, message: str) -> None:
    with pytest.raises(JsonPathError) as caught:
        JsonPath(template)
    assert caught.value.message == message


def test_jsonpath_out_of_bounds_says_so(kubectl: Kubectl) -> None:
    result = kubectl("get pods -o jsonpath={.items[9].metadata.name}")
    first, *_ = render(result.stderr).splitlines()
    assert first == (
        'error: error executing jsonpath "{.items[9].metadata.name}": Error executing template: '
        "array index out of bounds: index 9, length 4. Printing more information for debugging the template:"
    )
    assert result.exit == 1


def test_json_parses_and_lists_are_lists(kubectl: Kubectl) -> None:
    document = json.loads(render(kubectl("get pods,svc -o json").stdout))
    assert document["kind"] == "List"
    assert {item["kind"] for item in document["items"]} == {"Pod", "Service"}
    assert json.loads(render(kubectl("get pod xwing -o json").stdout))["kind"] == "Pod"


def test_yaml_gives_back_what_was_applied(kubectl: Kubectl) -> None:
    first = render(kubectl("get deploy deathstar -o yaml").stdout)
    assert render(kubectl("apply -f -", stdin=first).stderr) == ""
    spec = [render(kubectl("get deploy deathstar -o jsonpath={.spec}").stdout), first]
    assert json.loads(spec[0]) == load_document(first, "x", dialect=Dialect.KUBERNETES).data["spec"]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{range .items}}{{.metadata.name}} {{end}}", "tiefighter "),
        ('{{range .items}}{{if eq .metadata.name "tiefighter"}}yes{{else}}no{{end}}{{end}}', "yes"),
        ('{{range .items}}{{index .metadata.labels "class"}}{{end}}', "tiefighter"),
        ("{{len .items}}", "1"),
        ('{{range .items}}{{printf "%s/%s" .metadata.namespace .metadata.name}}{{end}}', "default/tiefighter"),
        ("{{range .items}}{{.nope}}{{end}}", "<no value>"),
    ],
)
def test_go_templates_run(kubectl: Kubectl, template: str, text: str) -> None:
    assert render(kubectl("get", "pods", "-l", "class=tiefighter", "-o", f"go-template={template}").stdout) == text


def test_custom_columns_and_no_headers(kubectl: Kubectl) -> None:
    columns = "custom-columns=NAME:.metadata.name,X:.spec.nope"
    shown = render(kubectl("get", "pods", "xwing", "-o", columns).stdout)
    assert shown == "NAME    X\nxwing   <none>\n"
    assert render(kubectl("get", "pods", "xwing", "-o", columns, "--no-headers").stdout) == "xwing   <none>\n"


# Source: reference kubectl.md, section 1.
@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (95, "95s"),
        (119, "119s"),
        (240, "4m"),
        (312, "5m12s"),
        (8220, "137m"),
        (19200, "5h20m"),
        (97200, "27h"),
        (273600, "3d4h"),
        (400 * 86400, "400d"),
        (770 * 86400, "2y40d"),
    ],
)
def test_ages_are_short(seconds: int, text: str) -> None:
    assert human_duration(seconds) == text


# Source: golden kubectl/describe-*.
@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("endpointSelector", "Endpoint Selector"),
        ("toFQDNs", "To Fqd Ns"),
        ("toCIDR", "To Cidr"),
        ("apiVersion", "API Version"),
        ("uid", "UID"),
        ("localASN", "Local Asn"),
        ("egress-node", "Egress - Node"),
        ("k8s-app", "k8s-app"),
        ("ipv4", "ipv4"),
        ("k8s:org", "k8s:org"),
        ("podCIDRs", "Pod Cid Rs"),
        ("class", "Class"),
        ("security-labels", "Security - Labels"),
    ],
)
def test_keys_become_titles(key: str, title: str) -> None:
    assert smart_label(key) == title


@pytest.mark.parametrize(
    ("parts", "text"),
    [(("100m", "0"), "100m"), (("1", "500m"), "1500m"), (("10Mi", "1Gi"), "1034Mi"), ((), "0"), (("2", "2"), "4")],
)
def test_quantities_add_up(parts: tuple[str, ...], text: str) -> None:
    assert str(total(parse_quantity(part) for part in parts)) == text
