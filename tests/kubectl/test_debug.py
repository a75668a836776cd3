"""``kubectl debug``: a container more in a pod, and a pod on a node. Source: golden ``kubectl/debug-pod``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.tools.output import Result, render

Kubectl = Callable[..., Result]
LEGACY = (
    "--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a "
    'profile, for example "--profile=general".\n'
)


def out(result: Result) -> str:
    return render(result.stdout)


def test_a_pod_gets_a_container_more(kubectl: Kubectl) -> None:
    result = kubectl("debug xwing --image=busybox")
    name = out(result).removeprefix("Defaulting debug container name to ").removesuffix(".\n")
    assert (result.exit, render(result.stderr), name[:9], len(name)) == (0, LEGACY, "debugger-", 14)
    assert out(kubectl("get pod xwing -o jsonpath={.spec.ephemeralContainers[*].name}")) == name
    assert out(kubectl(f"exec xwing -c {name} -- hostname")) == "xwing\n"
    assert render(kubectl("exec xwing -- hostname").stderr) == (
        f'Defaulted container "spaceship" out of: spaceship, {name} (ephem)\n'
    )
    described = out(kubectl("describe pod xwing"))
    assert f"Ephemeral Containers:\n  {name}:\n" in described
    again = kubectl(f"debug xwing --image=busybox -c {name} --profile=general")
    assert render(again.stderr) == f'error: pod xwing already contains a container named "{name}"\n'


def test_a_command_beside_an_image_without_tools(kubectl: Kubectl) -> None:
    debug = "-n kube-system debug deploy/coredns -it --image=nicolaka/netshoot --profile=general -c look"
    result = kubectl(f"{debug} -- cat /etc/resolv.conf")
    assert (result.exit, "nameserver" in out(result)) == (0, True)
    states = "{.items[*].status.ephemeralContainerStatuses[*].state.terminated.reason}"
    assert out(kubectl(f"-n kube-system get pods -l k8s-app=kube-dns -o jsonpath={states}")) == "Completed"


def test_a_pod_on_a_node(kubectl: Kubectl) -> None:
    result = kubectl("debug node/kind-worker -it --image=nicolaka/netshoot --profile=general -- ip route")
    first, *routes = out(result).splitlines()
    assert first.startswith("Creating debugging pod node-debugger-kind-worker-")
    assert first.endswith(" with container debugger on node kind-worker.")
    assert any(route.startswith("default via") for route in routes)
    assert out(
        kubectl("get pods -l app.kubernetes.io/managed-by=kubectl-debug -o jsonpath={.items[*].spec.nodeName}")
    ) == ("kind-worker")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("debug", "error: NAME is required for debug\n"),
        ("debug xwing", "error: you must specify --image or --copy-to with --set-image\n"),
        ("debug xwing --image=x --profile=nosuch", "error: unknown profile: nosuch\n"),
        ("debug nosuch --image=x --profile=general", 'Error from server (NotFound): pods "nosuch" not found\n'),
        ("debug node/nosuch --image=x --profile=general", 'Error from server (NotFound): nodes "nosuch" not found\n'),
    ],
)
def test_mistakes(kubectl: Kubectl, line: str, said: str) -> None:
    result = kubectl(line)
    assert result.exit == 1
    assert render(result.stderr).startswith(said)


@pytest.mark.parametrize("line", ["debug xwing -it --image=x", "debug xwing --copy-to=y --image=x"])
def test_what_is_not_simulated_says_so(kubectl: Kubectl, line: str) -> None:
    result = kubectl(line)
    assert (result.exit, "is not simulated" in render(result.stderr)) == (3, True)
