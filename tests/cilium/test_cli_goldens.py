"""Commands of ``cilium``, ``hubble`` and the shell that depend on little state answer as the real ones did.

Both streams and the exit status are compared, help pages by their kind alone (their words are our own).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import render

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")

INSTALLED = """
bad-bad-duration bad-config-get-unknown bad-config-no-sub bad-encrypt-status-oldname bad-endpoint-list-old
bad-flag-needs-arg bad-monitor-old bad-no-args bad-service-list-old bad-unknown-command bad-unknown-command2
bad-unknown-flag bad-unknown-shorthand bad-unknown-subcommand bad-unknown-subcommand2 bgp-help
clustermesh-connect-badctx clustermesh-disable clustermesh-disconnect-noctx clustermesh-enable-bad-service-type
clustermesh-help clustermesh-status-default-cluster-noservice config-delete-arg-missing config-delete-missing-key
config-help config-set config-set-arg-missing config-set-restart config-view connectivity-help
connectivity-test-cleanup encryption-help encryption-key-status-nosecret hubble-disable hubble-enable
hubble-enable-help hubble-help hubble-port-forward hubble-ui-disabled install-help install-list-versions status-help
uninstall upgrade-restart upgrade-set-kpr
"""
NOT_INSTALLED = """
bgp-peers-not-installed bgp-routes-not-installed clustermesh-enable-not-installed clustermesh-status-not-installed
config-set-not-installed config-view-not-installed connectivity-test-not-installed encryption-status-not-installed
hubble-enable-not-installed hubble-port-forward-not-installed hubble-ui-not-installed uninstall-again
"""
WITHOUT_RELAY = "hubble-port-forward-disabled"
OF_OTHER_TOOLS = """
bash-is-dir bash-ls-missing bash-no-such-file cilium-version-extra hubble-list-unknown hubble-noarg
hubble-unknown-command hubble-unknown-flag
"""
OF_OTHER_TOOLS_WITHOUT_RELAY = "hubble-observe-unreachable hubble-status-unreachable"


@pytest.fixture(scope="module")
def installed() -> World:
    return free_world()


@pytest.fixture(scope="module")
def absent(installed: World) -> World:
    world = installed.fork()
    free_shell(world).run_line("cilium uninstall --wait")
    return world


@pytest.fixture(scope="module")
def silent(installed: World) -> World:
    world = installed.fork()
    free_shell(world).run_line("cilium hubble disable")
    world.advance(30)
    return world


def entry(name: str) -> dict[str, Any]:
    index = json.loads((GOLDEN / "index.json").read_text())
    return next(each for each in index if each["id"] == name)


def play(world: World, name: str) -> None:
    golden = entry(name)
    result = free_shell(world.fork()).run_line(golden["command"])
    stderr = (GOLDEN / golden["stderr"]).read_text() if "stderr" in golden else ""
    assert (render(result.stderr), result.exit) == (stderr, golden["exit_code"])
    stdout = (GOLDEN / golden["stdout"]).read_text()
    if "Usage:" in stdout:
        assert "Usage:" in render(result.stdout)
    else:
        assert render(result.stdout) == stdout


@pytest.mark.parametrize("name", INSTALLED.split())
def test_where_cilium_is_installed(installed: World, name: str) -> None:
    play(installed, f"cilium-cli/{name}")


@pytest.mark.parametrize("name", NOT_INSTALLED.split())
def test_where_cilium_is_not_installed(absent: World, name: str) -> None:
    play(absent, f"cilium-cli/{name}")


@pytest.mark.parametrize("name", WITHOUT_RELAY.split())
def test_where_relay_is_not_installed(silent: World, name: str) -> None:
    play(silent, f"cilium-cli/{name}")


@pytest.mark.parametrize("name", OF_OTHER_TOOLS.split())
def test_bad_input(installed: World, name: str) -> None:
    play(installed, f"bad-input/{name}")


@pytest.mark.parametrize("name", OF_OTHER_TOOLS_WITHOUT_RELAY.split())
def test_bad_input_without_relay(silent: World, name: str) -> None:
    play(silent, f"bad-input/{name}")
