"""The options that every kubectl command takes."""

from __future__ import annotations

from quizgame.goflags.flagset import Flag, boolean, integer, string, string_array


def global_flags() -> list[Flag]:
    """Options that the simulation honours; verbosity and time limits have no effect on what is printed."""
    return [
        string("context", "The name of the kubeconfig context to use"),
        string("namespace", "If present, the namespace scope for this CLI request", short="n"),
        string(
            "request-timeout", "The length of time to wait before giving up on a single server request", default="0"
        ),
        integer("v", "number for the log level verbosity", short="v", kind="Level"),
    ]


def refused_global_flags() -> list[Flag]:
    """Options that name another server, user or kubeconfig; there is none in the simulation."""
    return [
        string("as", "Username to impersonate for the operation"),
        string_array("as-group", "Group to impersonate for the operation"),
        string("as-uid", "UID to impersonate for the operation"),
        string("cache-dir", "Default cache directory"),
        string("certificate-authority", "Path to a cert file for the certificate authority"),
        string("client-certificate", "Path to a client certificate file for TLS"),
        string("client-key", "Path to a client key file for TLS"),
        string("cluster", "The name of the kubeconfig cluster to use"),
        boolean("disable-compression", "If true, opt-out of response compression for all requests to the server"),
        boolean("insecure-skip-tls-verify", "If true, the server's certificate will not be checked for validity"),
        string("kubeconfig", "Path to the kubeconfig file to use for CLI requests."),
        string("kuberc", "Path to the kuberc file to use for preferences."),
        boolean("match-server-version", "Require server version to match client version"),
        string("password", "Password for basic authentication to the API server"),
        string("profile", "Name of profile to capture", default="none"),
        string("profile-output", "Name of the file to write the profile to", default="profile.pprof"),
        string("server", "The address and port of the Kubernetes API server", short="s"),
        string("tls-server-name", "Server name to use for server certificate validation"),
        string("token", "Bearer token for authentication to the API server"),
        string("user", "The name of the kubeconfig user to use"),
        string("username", "Username for basic authentication to the API server"),
        boolean("warnings-as-errors", "Treat warnings received from the server as errors"),
        string("vmodule", "comma-separated list of pattern=N settings for file-filtered logging"),
    ]
