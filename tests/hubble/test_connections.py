"""How ``hubble`` reaches a server, and its configuration file.

Sources: cilium/cilium v1.19 hubble/cmd/common/{conn,validate}, hubble/cmd/config; contract: on the workstation
``hubble`` reaches the Relay of the current context without a port-forward.
"""

from __future__ import annotations

import pytest

from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import render
from quizgame.tools.shell.executor import Shell

NO_TLS = (
    'rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: '
    'tls: first record does not look like a TLS handshake"\n'
)
PEM = "printf -- '-----BEGIN CERTIFICATE-----\\nAA==\\n-----END CERTIFICATE-----\\n' > ca.crt"


@pytest.fixture(scope="module")
def base() -> World:
    return free_world()


@pytest.fixture
def shell(base: World) -> Shell:
    return free_shell(base.fork())


def run(shell: Shell, line: str) -> tuple[str, str, int]:
    result = shell.run_line(line)
    return render(result.stdout), render(result.stderr), result.exit


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--tls", NO_TLS),
        ("--server tls://localhost:4245", NO_TLS),
        ("--tls --tls-allow-insecure --tls-server-name x", NO_TLS),
        ("--tls --tls-ca-cert-files ca.crt", NO_TLS),
        ("--tls --tls-ca-cert-files no.crt", "cannot load cert 'no.crt': open no.crt: no such file or directory\n"),
        ("--tls --tls-ca-cert-files text", "cannot process cert 'text': must be a PEM encoded certificate\n"),
        ("--tls --tls-client-cert-file ca.crt --tls-client-key-file no", "open no: no such file or directory\n"),
        (
            "--tls-client-cert-file ca.crt",
            "certificate and private key are both required, but only one was provided\n",
        ),
        ("--tls-client-cert-file ca.crt --tls-client-key-file ca.crt", "transport layer security required\n"),
        ("--basic-auth-username me", "must specify both basic-auth-username and basic-auth-password\n"),
        (
            "--basic-auth-username me --basic-auth-password x",
            "failed to create gRPC client to 'localhost:4245': grpc: the credentials require transport level "
            "security (use grpc.WithTransportCredentials() to set)\n",
        ),
        (
            "--server relay.example:4245",
            "rpc error: code = Unavailable desc = name resolver error: produced zero addresses\n",
        ),
        (
            "--server 198.51.100.7:4245",
            'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: '
            'dial tcp 198.51.100.7:4245: i/o timeout"\n',
        ),
        ("-P --kube-context nope", 'failed to create k8s port forwader: context "nope" does not exist\n'),
        (
            "-P --kube-namespace default",
            'failed to port forward: failed to get service "hubble-relay": services "hubble-relay" not found\n',
        ),
    ],
)
def test_connections_that_fail(shell: Shell, flags: str, message: str) -> None:
    shell.run_line(f"{PEM}; echo x > text")
    assert run(shell, f"hubble observe {flags}") == ("", message, 1)


def test_tls_that_nothing_is_connected_with_does_not_matter(shell: Shell) -> None:
    shell.run_line("hubble observe --all -o jsonpb > flows")
    shown = run(shell, "hubble observe --input-file flows")
    assert run(shell, "hubble observe --tls --input-file flows") == shown
    assert run(shell, "hubble observe --tls-server-name x --tls-allow-insecure --input-file flows") == shown


def test_relay_is_reached_through_a_forwarded_port(shell: Shell) -> None:
    plain = run(shell, "hubble list nodes")
    assert plain[2] == 0
    assert run(shell, "hubble list nodes -P")[0].splitlines()[1].split()[:2] == plain[0].splitlines()[1].split()[:2]
    assert run(shell, "hubble list nodes -P --kube-context kind-kind --port-forward-port 0")[2] == 0
    shell.run_line("kubectl -n kube-system scale deployment hubble-relay --replicas 0; sleep 30")
    assert run(shell, "hubble observe -P")[1] == (
        'failed to port forward: failed to get service "hubble-relay": no pods found for service: hubble-relay\n'
    )


def test_port_forward_reaches_another_context() -> None:
    shell = free_shell(free_world(clusters=2))
    shown = run(shell, "hubble list nodes -P --kube-context kind-cluster-b")[0]
    assert "cluster-b/cluster-b-worker" in shown
    assert "cluster-a" not in shown


def test_an_agents_pod_has_no_kubeconfig(shell: Shell) -> None:
    _, complaint, status = run(shell, "kubectl -n kube-system exec ds/cilium -- hubble observe -P")
    assert complaint.startswith("failed to create k8s port forwader: invalid configuration: no configuration has been")
    assert status == 1


def test_settings_are_kept_in_the_file(shell: Shell) -> None:
    assert run(shell, "hubble config set server localhost:5000") == ("", "", 0)
    shell.run_line("hubble config set tls 1; hubble config set timeout 90s; hubble config set tls-ca-cert-files a,b")
    assert run(shell, "cat .config/hubble/config.yaml")[0] == (
        "server: localhost:5000\ntimeout: 1m30s\ntls: true\ntls-ca-cert-files:\n    - a\n    - b\n"
    )
    assert run(shell, "hubble config get timeout")[0] == "1m30s\n"
    assert run(shell, "hubble config get tls-ca-cert-files")[0] == "- a\n- b\n"
    assert "tls-ca-cert-files:\n    - a\n    - b\n" in run(shell, "hubble config view")[0]
    assert run(shell, "hubble status")[1] == "cannot load cert 'a': open a: no such file or directory\n"
    assert run(shell, "hubble config reset tls-ca-cert-files; hubble config set tls; hubble config set timeout")[2] == 0
    assert run(shell, "cat .config/hubble/config.yaml")[0] == (
        "server: localhost:5000\ntimeout: 5s\ntls: false\ntls-ca-cert-files: []\n"
    )
    assert run(shell, "hubble status")[0].startswith("Healthcheck (via localhost:5000): Ok\n")


def test_another_file_can_be_named(shell: Shell) -> None:
    shell.run_line("hubble config set --config /etc/h.yaml debug true")
    assert run(shell, "cat /etc/h.yaml")[0] == "debug: true\n"
    assert run(shell, "HUBBLE_CONFIG=/etc/h.yaml hubble config get debug")[0] == "true\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("set", "invalid arguments: set requires exactly 1 or 2 argument(s): got ''"),
        ("set a b c", "invalid arguments: set requires exactly 1 or 2 argument(s): got 'a b c'"),
        ("set nope 1", "unknown key: nope"),
        (
            "set tls maybe",
            'cannot assign value=maybe for key=tls, expected type=bool: strconv.ParseBool: parsing "maybe"',
        ),
        ("set timeout x", 'cannot assign value=x for key=timeout, expected type=duration: time: invalid duration "x"'),
        ("set port-forward-port 1", "unhandeld type uint16, please open an issue"),
        ("reset nope", "unknown key: nope"),
        ("reset a b", "invalid arguments: resset requires exactly 0 or 1 argument: got 'a b'"),
        ("reset", "unhandeld type uint16, please open an issue"),
    ],
)
def test_settings_that_cannot_be_written(shell: Shell, words: str, message: str) -> None:
    _, complaint, status = run(shell, f"hubble config {words}")
    assert complaint.startswith(message)
    assert status == 1


def test_the_configuration_can_be_mended_when_it_is_wrong(shell: Shell) -> None:
    shell.run_line("hubble config set basic-auth-username me")
    assert run(shell, "hubble observe")[1].startswith("must specify both basic-auth")
    assert run(shell, "hubble config get basic-auth-username") == ("me\n", "", 0)
    assert run(shell, "hubble config reset basic-auth-username; hubble observe")[2] == 0
