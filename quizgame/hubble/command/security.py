"""What the flags on TLS and basic authentication ask of a connection, and how a server without TLS answers.

# Source: cilium/cilium v1.19 hubble/cmd/common/validate (order and texts), hubble/cmd/common/conn/tls.go, auth.go.
"""

from __future__ import annotations

from quizgame.goflags.flagset import FlagSet
from quizgame.goflags.quoting import quote
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.source import RpcError

TLS_PREFIX = "tls://"
_NO_TLS = "transport: authentication handshake failed: tls: first record does not look like a TLS handshake"
_MAX_PEM_BYTES = 1 << 20


def uses_tls(flags: FlagSet) -> bool:
    """Whether the connection is to speak TLS."""
    return flags.is_on("tls") or flags.text("server").startswith(TLS_PREFIX)


def check_connection_flags(flags: FlagSet, environment: HubbleEnvironment) -> None:
    """Check what every command checks before it does anything, also those that connect to nothing.

    Raises:
        CommandFailure: The flags do not fit together, or a file cannot be used.
    """
    if bool(flags.text("basic-auth-username")) is not bool(flags.text("basic-auth-password")):
        raise CommandFailure("must specify both basic-auth-username and basic-auth-password")
    certificate, key = flags.text("tls-client-cert-file"), flags.text("tls-client-key-file")
    if bool(certificate) is not bool(key):
        raise CommandFailure("certificate and private key are both required, but only one was provided")
    if certificate and not uses_tls(flags):
        raise CommandFailure("transport layer security required")
    if not uses_tls(flags):
        return
    for path in flags.texts("tls-ca-cert-files"):
        try:
            text = _read(environment, path)
        except CommandFailure as failure:
            raise CommandFailure(f"cannot load cert '{path}': {failure.message}") from None
        if "-----BEGIN CERTIFICATE-----" not in text:
            raise CommandFailure(f"cannot process cert '{path}': must be a PEM encoded certificate")
    if certificate:
        for path, what in ((certificate, "certificate"), (key, "key")):
            if "-----BEGIN " not in _read(environment, path):
                raise CommandFailure(f"tls: failed to find any PEM data in {what} input")


def check_handshake(flags: FlagSet) -> None:
    """Let a server that speaks no TLS answer: Hubble Relay as installed, and an agent's socket.

    Raises:
        CommandFailure: Credentials would go over an open connection.
        RpcError: The client wants TLS.
    """
    if uses_tls(flags):
        raise RpcError("Unavailable", f"connection error: desc = {quote(_NO_TLS)}")
    if flags.text("basic-auth-username"):
        raise CommandFailure(
            f"failed to create gRPC client to '{flags.text('server')}': grpc: the credentials require transport level "
            "security (use grpc.WithTransportCredentials() to set)"
        )


def _read(environment: HubbleEnvironment, path: str) -> str:
    try:
        with environment.open_file(path) as file:
            return file.read(_MAX_PEM_BYTES).decode(errors="replace")
    except IsADirectoryError:
        raise CommandFailure(f"read {path}: is a directory") from None
    except (OSError, ValueError) as failure:
        reason = (getattr(failure, "strerror", None) or "invalid argument").lower()
        raise CommandFailure(f"open {path}: {reason}") from None
