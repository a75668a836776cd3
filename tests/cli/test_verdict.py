"""``quizgame verdict``: lines in, lines out, and clear words about what is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from quizgame.cli.main import main

WORLD = """
apiVersion: v1
kind: Pod
metadata: {name: deathstar, labels: {class: deathstar}}
---
apiVersion: v1
kind: Pod
metadata: {name: xwing, labels: {class: xwing}}
"""
CLOSED = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: closed}
spec: {endpointSelector: {matchLabels: {class: deathstar}}, ingress: [{}]}
"""
BROKEN = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: broken}
spec: {endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "70000"}]}]}]}
"""
PROBE = {"id": 1, "from": {"pod": "xwing"}, "to": {"pod": "default/deathstar"}, "port": 80, "note": "kept"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "world.yaml").write_text(WORLD)
    (tmp_path / "m" / "policy.yaml").write_text(CLOSED)
    (tmp_path / "p.jsonl").write_text(json.dumps(PROBE) + "\n")
    return tmp_path


def run(*words: str) -> int:
    return main(["verdict", *words])


def test_each_line_comes_back_with_its_verdict_in_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    probes = [PROBE, PROBE | {"id": 2, "from": {"ip": "203.0.113.7"}, "to": {"pod": "xwing"}}]
    (folder / "p.jsonl").write_text("\n".join(json.dumps(probe) for probe in probes) + "\n\n")
    assert run("--manifests", "m", "--probes", "p.jsonl") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        probes[0] | {"egress": "allowed", "ingress": "denied", "l7": None, "verdict": "DROPPED"},
        probes[1] | {"egress": "allowed", "ingress": "allowed", "l7": None, "verdict": "FORWARDED"},
    ]


def test_probes_may_come_from_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Input:
        buffer = io.BytesIO(json.dumps(PROBE).encode())

    monkeypatch.setattr("sys.stdin", Input())
    assert run("--manifests", "m/world.yaml", "--probes", "-") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "FORWARDED"


def test_case_file_sets_the_mode_and_ignores_other_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "case.yaml").write_text("policyEnforcementMode: never\ndescription: whatever\n")
    assert run("--manifests", "m", "--case", "case.yaml", "--probes", "p.jsonl") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "FORWARDED"


def test_a_refused_policy_is_told_left_out_and_makes_status_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "m" / "policy.yaml").write_text(CLOSED.replace("closed", "other") + "---" + BROKEN)
    assert run("--manifests", "m", "--probes", "p.jsonl") == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["ingress"] == "denied"
    assert printed.err == (
        "quizgame: m/policy.yaml:7:1: CiliumNetworkPolicy default/broken rejected by agent: Invalid "
        'CiliumNetworkPolicy spec: unable to parse port: strconv.ParseUint: parsing "70000": value out of range\n'
    )


def test_unknown_fields_are_dropped_as_the_api_server_drops_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "m" / "policy.yaml").write_text(CLOSED.replace("metadata:", "description: x\nmetadata:"))
    assert run("--manifests", "m", "--probes", "p.jsonl") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "DROPPED"


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        ("{", "p.jsonl:1:1: not JSON"),
        ("[1]", "a probe must be an object"),
        ('{"a":' * 20_000 + "1" + "}" * 20_000, "nested too deeply"),
        ('{"from": {"pod": "default/xwng"}, "to": {"pod": "xwing"}, "port": 80}', 'did you mean "default/xwing"?'),
        ('{"from": {"entity": "hots"}, "to": {"pod": "xwing"}, "port": 80}', 'did you mean "host"?'),
        ('{"from": {"pod": "xwing"}, "port": 80}', '"to" is missing'),
        ('{"from": {"pod": "xwing"}, "to": {"ip": "1.2.3"}, "port": 80}', 'the ip "1.2.3": expected an address'),
        ('{"from": {"pod": "xwing"}, "to": {"pod": "xwing"}, "port": "80"}', '"port" is "80": expected a number'),
        ('{"from": {"pod": "xwing"}, "to": {"pod": "xwing"}, "port": 80, "protocol": "tpc"}', '"protocol" is "tpc"'),
        (
            '{"from": {"pod": "xwing"}, "to": {"pod": "xwing"}, "port": 80, "http": 1}',
            '"http" is 1: expected an object',
        ),
    ],
)
def test_a_bad_probe_is_told_with_its_line(
    probe: str, words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "p.jsonl").write_text(probe + "\n")
    assert run("--manifests", "m", "--probes", "p.jsonl") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("quizgame: p.jsonl:1:1: ")
    assert words in printed.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--manifests", "nosuch", "--probes", "p.jsonl"), "nosuch: no such file or folder"),
        (("--manifests", "empty", "--probes", "p.jsonl"), "empty: no YAML file in this folder"),
        (("--manifests", "m", "--probes", "nosuch.jsonl"), "nosuch.jsonl: cannot read: No such file or directory"),
        (("--manifests", "m", "--probes", "p.jsonl", "--case", "no.yaml"), "no.yaml: cannot read"),
        (("--manifests", "m", "--probes", "p.jsonl", "--case", "bad.yaml"), 'bad.yaml:1:24: unknown mode "sometimes"'),
        (("--manifests", "bad.yaml", "--probes", "p.jsonl"), "bad.yaml:1:1: no Kubernetes object"),
        (
            ("--manifests", "pod.yaml", "--probes", "p.jsonl"),
            'pod.yaml:2:1: Pod x: spec.containers[0].ports[0].protocol: Unsupported value: "tpc": supported values: ',
        ),
        (("--manifests", "tab.yaml", "--probes", "p.jsonl"), "tab.yaml:2:1: "),
    ],
)
def test_missing_and_malformed_files_are_told_with_status_two(
    words: tuple[str, ...], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty").mkdir()
    (folder / "bad.yaml").write_text("policyEnforcementMode: sometimes\n")
    pod = "{kind: Pod, metadata: {name: x}, spec: {containers: [{ports: [{containerPort: 1, protocol: tpc}]}]}}"
    (folder / "pod.yaml").write_text(f"---\n{pod}\n")
    (folder / "tab.yaml").write_text("a:\n\tb: 1\n")
    assert run(*words) == 2
    assert message in capsys.readouterr().err


NODES = """
apiVersion: v1
kind: Node
metadata: {name: top, labels: {node-role.kubernetes.io/control-plane: ""}}
status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}
---
apiVersion: v1
kind: Node
metadata: {name: side, labels: {kubernetes.io/hostname: side}}
status: {addresses: [{type: InternalIP, address: 172.18.0.3}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: nodes}
spec:
  endpointSelector: {matchLabels: {class: xwing}}
  ingress: [{fromNodes: [{matchLabels: {"node-role.kubernetes.io/control-plane": ""}}]}]
"""


@pytest.mark.parametrize(("switch", "seen"), [("true", ["FORWARDED", "DROPPED"]), ("false", ["FORWARDED"] * 2)])
def test_nodes_are_peers_by_label_where_that_is_on(
    folder: Path, capsys: pytest.CaptureFixture[str], switch: str, seen: list[str]
) -> None:
    (folder / "m" / "nodes.yaml").write_text(NODES)
    (folder / "case.yaml").write_text(f"nodeSelectorLabels: {switch}\n")
    probes = [PROBE | {"from": {"ip": ip}, "to": {"pod": "xwing"}} for ip in ("172.18.0.2", "172.18.0.3")]
    (folder / "p.jsonl").write_text("\n".join(map(json.dumps, probes)))
    run("--manifests", "m", "--probes", "p.jsonl", "--case", "case.yaml")
    assert [json.loads(line)["verdict"] for line in capsys.readouterr().out.splitlines()] == seen


def test_switch_must_be_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "case.yaml").write_text("nodeSelectorLabels: perhaps\n")
    assert run("--manifests", "m", "--probes", "p.jsonl", "--case", "case.yaml") != 0
    assert "expected true or false" in capsys.readouterr().err
