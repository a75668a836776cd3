"""``quizgame sh`` as a process, as the contract has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: {containers: [{name: c, image: example/c}]}\n"


def sh(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "quizgame", "sh", *words]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, text=True)


def lines(*commands: str) -> list[str]:
    return [word for command in commands for word in ("-c", command)]


def test_one_cluster_with_two_workers(capfd: pytest.CaptureFixture[str]) -> None:
    done = sh(*lines("kubectl config current-context", "kubectl get nodes -o name", "cilium status | head -4"))
    assert done.stdout.splitlines()[:4] == [
        "kind-kind", "node/kind-control-plane", "node/kind-worker", "node/kind-worker2"
    ]  # fmt: skip
    assert "OK" in done.stdout
    assert done.returncode == 0


def test_two_clusters_are_not_joined(tmp_path: Path) -> None:
    done = sh("--clusters", "2", "--nodes", "1", *lines(
        "kubectl config get-contexts -o name",
        "kubectl config current-context",
        "kubectl --context kind-cluster-b get nodes -o name",
        "for c in kind-cluster-a kind-cluster-b; do kubectl --context $c -n kube-system get cm cilium-config"
        " -o jsonpath='{.data.cluster-name} {.data.cluster-id}{\"\\n\"}'; done",
    ))  # fmt: skip
    assert done.stdout.splitlines() == [
        "kind-cluster-a", "kind-cluster-b", "kind-cluster-a",
        "node/cluster-b-control-plane", "node/cluster-b-worker",
        "cluster-a 1", "cluster-b 2",
    ]  # fmt: skip


def test_streams_and_status_are_the_commands_own() -> None:
    done = sh(*lines("echo out; echo err >&2", "nonsense", "false"))
    assert (done.stdout, done.stderr) == ("out\nerr\n"[:4], "err\nbash: line 1: nonsense: command not found\n") or (
        done.stdout == "out\n" and done.stderr.endswith("nonsense: command not found\n")
    )
    assert done.returncode == 1
    assert sh(*lines("true", "exit 7", "echo never")).returncode == 7


def test_lines_from_standard_input_go_together_where_they_belong_together() -> None:
    done = sh(stdin="cat <<EOF\na\nb\nEOF\nfor i in 1 2\ndo echo $i\ndone\nexit 3\necho never\n")
    assert (done.stdout, done.returncode) == ("a\nb\n1\n2\n", 3)


def test_manifests_are_applied_in_order_and_ready(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.yaml").write_text(POD % "beta")
    (folder / "a.yaml").write_text(POD % "alpha")
    single = tmp_path / "single.yaml"
    single.write_text(POD % "gamma")
    done = sh("--manifests", str(folder), "--manifests", str(single), *lines("kubectl get pods --no-headers"))
    assert [line.split()[:3] for line in done.stdout.splitlines()] == [
        [name, "1/1", "Running"] for name in ("alpha", "beta", "gamma")
    ]


def test_a_refused_manifest_is_told_and_the_others_are_applied(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x}\nspecc: {}\n"
    )
    (tmp_path / "good.yaml").write_text(POD % "alpha")
    done = sh("--manifests", str(tmp_path), *lines("kubectl get pods -o name"))
    assert (done.stdout, done.returncode) == ("pod/alpha\n", 0)
    assert done.stderr.startswith(f"quizgame: {tmp_path}/bad.yaml (document 1): ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--manifests", "/no/such"], "quizgame: /no/such: no such file or folder"),
        (["--clusters", "0"], "argument --clusters: expected a number from 1 to 8, found '0'"),
        (["--nodes", "many"], "argument --nodes: expected a number from 1 to 50, found 'many'"),
    ],
)
def test_wrong_use_exits_with_2(words: list[str], message: str) -> None:
    done = sh(*words, "-c", "true")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_yaml_bomb_is_refused(tmp_path: Path) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10))
    bomb = tmp_path / "bomb.yaml"
    bomb.write_text(f"l0: &l0 [x]\n{levels}\n")
    done = sh("--manifests", str(bomb), "-c", "true")
    assert done.returncode == 2
    assert done.stderr.startswith(f"quizgame: {bomb}:")


def test_why_and_what_if_are_open() -> None:
    done = sh(*lines("kubectl run a --image example/c", "kubectl run b --image example/c", "sleep 5", "why a b 80"))
    assert "default/a -> default/b:80/TCP: delivered, and nothing listens on the port" in done.stdout


def test_a_person_gets_a_prompt() -> None:
    child = pexpect.spawn(sys.executable, ["-m", "quizgame", "sh"], encoding="utf-8", timeout=60, echo=False)
    child.expect_exact("$ ")
    child.sendline("for i in 1 2")
    child.expect_exact("> ")
    child.sendline("do echo item$i; done")
    child.expect_exact("item1")
    child.expect_exact("item2")
    child.expect_exact("$ ")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
