"""What a run of the connectivity test was asked for. Source: reference cilium-cli, section 6 (flags and defaults)."""

from __future__ import annotations

from dataclasses import dataclass

from quizgame.goflags.flagset import FlagSet
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium.connectivity.workloads import PREFIX

VALIDATION_MODES = ("disabled", "warning", "strict")


@dataclass(frozen=True, slots=True)
class Options:
    """The flags of one run that shape what it does, as values."""

    prefix: str = PREFIX
    """What the names of the test's namespaces begin with."""
    external_target: str = "one.one.one.one."
    external_other_target: str = "k8s.io."
    external_ip: str = "1.1.1.1"
    external_other_ip: str = "1.0.0.1"
    external_cidr: str = "1.0.0.0/8"
    connect_timeout_s: float = 2
    request_timeout_s: float = 10
    retries: int = 3
    """Of requests to targets outside, where a test expects an answer."""
    retry_delay_s: float = 3
    is_insecure: bool = False
    runs_unsafe: bool = False
    validation: str = "warning"
    """Whether Hubble's flows are looked at; ``strict`` fails an action whose flows are not what they should be."""

    @property
    def namespace(self) -> str:
        """Where the clients and servers of the tests live."""
        return f"{self.prefix}-1"

    @property
    def clusterwide_namespaces(self) -> tuple[str, str]:
        """Where the clients of the cluster-wide policies live."""
        return f"{self.prefix}-ccnp1", f"{self.prefix}-ccnp2"

    @property
    def namespaces(self) -> tuple[str, ...]:
        """All namespaces of the test."""
        return (self.namespace, *self.clusterwide_namespaces)


def options_of(flags: FlagSet) -> Options:
    """Read the options from the command line."""
    return Options(
        prefix=flags.text("test-namespace"),
        external_target=flags.text("external-target"),
        external_other_target=flags.text("external-other-target"),
        external_ip=flags.text("external-ip"),
        external_other_ip=flags.text("external-other-ip"),
        external_cidr=flags.text("external-cidr"),
        connect_timeout_s=flags.number("connect-timeout") / SECOND,
        request_timeout_s=flags.number("request-timeout") / SECOND,
        retries=flags.number("retry"),
        retry_delay_s=flags.number("retry-delay") / SECOND,
        is_insecure=flags.is_on("curl-insecure"),
        runs_unsafe=flags.is_on("include-unsafe-tests"),
        validation=flags.text("flow-validation"),
    )
