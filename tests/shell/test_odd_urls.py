"""URLs that name no host or port: the clients in pods say so and end."""

from __future__ import annotations

import pytest

from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import render
from quizgame.tools.shell.executor import Shell


@pytest.fixture(scope="module")
def shell() -> Shell:
    shell = free_shell(free_world(clusters=1, workers=1, seed=0, manifests=[]))
    assert shell.run_line("kubectl run client --image=registry.example.com/client").exit == 0
    return shell


# Source: curl's exit status 3 is CURLE_URL_MALFORMAT; BusyBox ends with 1 whatever happened.
@pytest.mark.parametrize(
    ("line", "status", "wanted"),
    [
        ("curl 'http://[0]/'", 3, "bad range in URL position 9"),
        ("curl '.['", 3, "bad range in URL position 3"),
        ("curl http://host:99999/", 3, "Port number was not a decimal number between 0 and 65535"),
        ("wget -O- 'http://a[0]b/'", 1, "bad address"),
        ("wget -O- http://host:http/", 1, "bad port 'http'"),
        ("wget -O- http://host:99999/", 1, "bad port '99999'"),
    ],
)
def test_a_malformed_url_is_refused(shell: Shell, line: str, status: int, wanted: str) -> None:
    result = shell.run_line(f"kubectl exec client -- {line}")
    assert result.exit == status
    assert wanted in render(result.stderr)
