"""Flags that all commands share, and the settings that flags and environment make up together.

# Source: cilium/cilium v1.19 hubble/cmd/common/config/flags.go, hubble/pkg/defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizgame.goflags.durations import SECOND
from quizgame.goflags.errors import GoValueError
from quizgame.goflags.flagset import Flag, FlagSet, boolean, duration, string, string_slice, unsigned
from quizgame.goflags.numbers import parse_bool

SERVER_ADDRESS = "localhost:4245"
_ENVIRONMENT_PREFIX = "HUBBLE_"
_ONLY_WITH_FORWARD = "This option is only considered when --port-forward is set."


def config_path(environ: Mapping[str, str]) -> str:
    """Return where the configuration file would be."""
    folder = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME', '')}/.config"
    return f"{folder}/hubble/config.yaml"


def global_flags(environ: Mapping[str, str]) -> list[Flag]:
    """Return the flags that any command takes."""
    return [
        string("config", "Optional config file", default=config_path(environ)),
        boolean("debug", "Enable debug messages", short="D"),
    ]


def server_flags() -> list[Flag]:
    """Return the flags that tell how to reach a server."""
    pem = "The file must contain PEM encoded data."
    return [
        string(
            "server",
            "Address of a Hubble server. Ignored when --input-file or --port-forward is provided.",
            default=SERVER_ADDRESS,
        ),
        duration("timeout", "Hubble server dialing timeout", default=5 * SECOND),
        duration(
            "request-timeout",
            "Unary Request timeout. Only applies to non-streaming RPCs (ServerStatus, ListNodes, ListNamespaces).",
            default=12 * SECOND,
        ),
        boolean(
            "tls",
            "Specify that TLS must be used when establishing a connection to a Hubble server.\n"
            "By default, TLS is only enabled if the server address starts with 'tls://'.",
        ),
        boolean(
            "tls-allow-insecure",
            "Allows the client to skip verifying the server's certificate chain and host name.\n"
            "This option is NOT recommended as, in this mode, TLS is susceptible to machine-in-the-middle attacks.\n"
            "See also the 'tls-server-name' option which allows setting the server name.",
        ),
        string_slice(
            "tls-ca-cert-files", f"Paths to custom Certificate Authority (CA) certificate files.{_plural(pem)}"
        ),
        string(
            "tls-client-cert-file",
            "Path to the public key file for the client certificate to connect to a Hubble server (implies TLS).\n"
            + pem,
        ),
        string(
            "tls-client-key-file",
            "Path to the private key file for the client certificate to connect a Hubble server (implies TLS).\n" + pem,
        ),
        string(
            "tls-server-name",
            "Specify a server name to verify the hostname on the returned certificate "
            "(eg: 'instance.hubble-relay.cilium.io').",
        ),
        string("basic-auth-username", "Specify a username for basic auth"),
        string("basic-auth-password", "Specify a password for basic auth"),
        boolean(
            "port-forward",
            "Automatically forward the relay port to the local machine. "
            "Analoguous to running: 'cilium hubble port-forward'.",
            short="P",
        ),
        unsigned(
            "port-forward-port",
            f"Local port to forward to. 0 will select a random port. {_ONLY_WITH_FORWARD}",
            default=4245,
            bits=16,
            kind="uint16",
        ),
        string("kube-context", f"Kubernetes configuration context. {_ONLY_WITH_FORWARD}"),
        string("kube-namespace", f"Namespace Cilium is running in. {_ONLY_WITH_FORWARD}", default="kube-system"),
        string("kubeconfig", f"Path to the kubeconfig file. {_ONLY_WITH_FORWARD}"),
    ]


UNSIMULATED_SERVER_FLAGS = ("kubeconfig",)
"""Flags that would change how a live server is reached; with an input file they are ignored, as in the real tool."""


def _plural(sentence: str) -> str:
    return sentence.replace("file must", "files must")


def apply_settings(flags: FlagSet, names: Sequence[str], environ: Mapping[str, str], config: Mapping[str, Any]) -> None:
    """Set flags that the command line did not give: from ``HUBBLE_...`` variables, else from the configuration file."""
    for name in names:
        if name not in flags or flags.changed(name):
            continue
        value: Any = environ.get(_ENVIRONMENT_PREFIX + name.upper().replace("-", "_")) or config.get(name)
        if value is not None:
            flags[name].value = _cast(flags[name].kind, value)


def _cast(kind: str, value: Any) -> bool | str | list[str]:
    """Turn a setting into a flag's value; what is no boolean counts as false, a text is split into a list at spaces.

    # Source: spf13/cast ToBool, ToStringSlice.
    """
    if kind in ("strings", "stringArray"):
        return [str(item) for item in value] if isinstance(value, list) else str(value).split()
    if kind == "bool":
        if isinstance(value, bool):
            return value
        try:
            return parse_bool(str(value))
        except GoValueError:
            return False
    return str(value)
