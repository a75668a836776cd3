"""The flags of ``cilium connectivity``. Source: reference cilium-cli, section 6 (names, defaults)."""

from __future__ import annotations

from quizgame.goflags.flagset import Flag, boolean, duration, integer, string, string_map, string_slice, unsigned
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium.call import Call, Sub
from quizgame.tools.cilium.connectivity.options import VALIDATION_MODES
from quizgame.tools.cilium.connectivity.workloads import PREFIX


def _flags() -> list[Flag]:
    return [
        boolean("all-flows", "Print all flows of flow validation"),
        string("assume-cilium-version", "Version of Cilium to assume"),
        boolean("cleanup", "Remove what earlier runs left, and run no test"),
        duration("connect-timeout", "How long a connection may take to come up", default=2 * SECOND),
        boolean("curl-insecure", "Give curl --insecure"),
        boolean("debug", "Print debugging messages", short="d"),
        boolean("exit-zero-on-failure", "End with status 0 even where tests fail"),
        string("external-cidr", "IPv4 prefix of the external targets", default="1.0.0.0/8"),
        string("external-ip", "IPv4 address of the external target", default="1.1.1.1"),
        string("external-other-ip", "Another external IPv4 address", default="1.0.0.1"),
        string("external-other-target", "Name of another external target", default="k8s.io."),
        string("external-target", "Name of the external target", default="one.one.one.one."),
        string(
            "flow-validation",
            "Flow validation by Hubble { disabled | warning | strict }",
            default="warning",
            choices=VALIDATION_MODES,
        ),
        boolean("force-deploy", "Deploy the test's workloads anew"),
        boolean("hubble", "Use Hubble for flow validation and for troubleshooting", default=True),
        boolean("include-unsafe-tests", "Run tests that may change the nodes"),
        string("multi-cluster", "Context of another cluster to test across"),
        duration("post-test-sleep", "Pause after each test"),
        boolean("print-flows", "Print the flows of each test"),
        duration("request-timeout", "How long a request may take", default=10 * SECOND),
        unsigned("retry", "Retries of failed connections to external targets", default=3),
        duration("retry-delay", "Pause between those retries", default=3 * SECOND),
        boolean("single-node", "Run only what can run on one node"),
        string_slice("test", "Run tests that match one of these regular expressions; with ! before it one excludes"),
        integer("test-concurrency", "How many namespaces to test in at once", default=1),
        string("test-namespace", "Prefix of the namespaces of the test", default=PREFIX),
        duration("timeout", "How long all tests may take"),
        boolean("timestamp", "Print the time before each message", short="t"),
        boolean("verbose", "Print informational messages of passed tests too", short="v"),
    ]


def _other_flags() -> list[Flag]:
    """Flags of the real tool that the simulation does not have."""
    return [
        string("agent-daemonset-name", "Name of the agents' DaemonSet", default="cilium"),
        string("agent-pod-selector", "Label of the agents' pods", default="k8s-app=cilium"),
        boolean("collect-sysdump-on-failure", "Collect a sysdump when a test fails"),
        unsigned("curl-parallel", "How many requests curl makes at once"),
        string("hubble-server", "Address of Hubble for flow validation", default="localhost:4245"),
        boolean("include-conn-disrupt-test", "Run the connection disruption test"),
        string_slice("ip-families", "IP families to test", default=("ipv4", "ipv6")),
        string("junit-file", "File for a JUnit report"),
        string_map("junit-property", "`map` of properties to add to the JUnit report"),
        string("k8s-version", "Kubernetes version where it cannot be found out"),
        string_map("namespace-labels", "`map` of labels for the test's namespaces"),
        string_slice("node-cidr", "Prefixes that cover all nodes"),
        string_map("node-selector", "`map` of labels of the nodes for the test's pods"),
        boolean("pause-on-fail", "Stop at a failed test", short="p"),
        boolean("print-image-artifacts", "Print the images of the test"),
        string("service-type", "Type of the test's services", default="NodePort"),
        string_slice("tolerations", "Tolerations for the test's pods"),
    ]


def _run(call: Call) -> None:
    from quizgame.tools.cilium.connectivity.run import run_test  # the other commands have no use for the tests

    run_test(call)


COMMANDS = (
    Sub("connectivity test", "test", "Test whether traffic flows as it should", _run,
        lambda: [*_flags(), *_other_flags()], refused_flags=frozenset(flag.name for flag in _other_flags())),
)  # fmt: skip
