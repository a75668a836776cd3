"""Each filter flag, by what it leaves of the sample: 0 verdict, 1 drop, 2 allowed, 3 reply, 4 HTTP, 5 DNS, 6 lost."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from quizgame.hubble.filters.labelselector import RecordedLabels, parse_selector
from quizgame.hubble.filters.netip import parse_address, parse_prefix
from quizgame.hubble.filters.predicate import FilterError
from quizgame.hubble.filters.regexes import compile_re2
from quizgame.hubble.filters.requesturi import request_path
from quizgame.hubble.observer import GetFlowsResponse

Run = Callable[..., tuple[str, str, int]]
LOST = 6
"""Index of the lost-event record."""


def shown(hubble: Run, records: list[GetFlowsResponse], *words: str) -> list[int]:
    stdout, stderr, status = hubble("observe", "--input-file", "flows", "-o", "jsonpb", "-s", *words)
    assert (stderr, status) == ("", 0)
    times = [record.time for record in records]
    return [times.index(json.loads(line)["time"]) for line in stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--uuid", "u-1"], [0]),
        (["--uuid", ""], [2, 3, 4, 5]),
        (["--verdict", "DROPPED"], [0, 1]),
        (["--drop-reason-desc", "POLICY_DENIED"], [0, 1]),
        (["-t", "drop"], [1]),
        (["-t", "drop:133"], [1]),
        (["-t", "trace:to-endpoint"], [3]),
        (["-t", "0:0"], [0, 2, 3, 4, 5]),
        (["--protocol", "TCP"], [0, 1, 2, 3, 4]),
        (["--protocol", "dns"], [5]),
        (["--protocol", "icmp"], []),
        (["--port", "40000"], [0, 1, 2, 3, 4]),
        (["--from-port", "80"], [3]),
        (["--to-port", "0"], []),
        (["--tcp-flags", "syn,ack"], [3]),
        (["--tcp-flags", "SYN"], [0, 1, 2, 3]),
        (["--ip", "10.0.0.2"], [0, 1, 2, 3, 4]),
        (["--to-ip", "10.61.0.0/16"], [5]),
        (["--ip", "2001:DB8::1"], []),
        (["--from-ip", "2001:db8::/32"], [5]),
        (["--snat-ip", "10.0.0.0/8"], []),
        (["-4"], [0, 1, 2, 3, 4]),
        (["--ip-version", "none"], []),
        (["--fqdn", "*.EXAMPLE.com."], [5]),
        (["--to-fqdn", "example.com"], []),
        (["-l", "org=empire"], [0, 1, 2, 3, 4]),
        (["--from-label", "k8s:class in (xwing,tiefighter)"], [0, 1, 2, 4, 5]),
        (["--to-label", "cidr:10.61.0.0/16"], [5]),
        (["--to-label", "!org"], [5, LOST]),
        (["--node-label", "zone"], [0]),
        (["--identity", "world"], [5]),
        (["--from-identity", "0x138A"], [3]),
        (["--identity", "0"], []),
        (["--workload", "Deployment/"], [0, 1, 2, 3, 4]),
        (["--from-workload", "Pod/xwing"], [0, 1, 2, 4, 5]),
        (["--pod", "xwing"], [0, 1, 2, 3, 4, 5]),
        (["--pod", "deathstar"], []),
        (["--to-pod", "/death"], [0, 1, 2, 4]),
        (["-n", "empire"], [0, 1, 2, 3, 4]),
        (["--from-namespace", "empire"], [3]),
        (["-A"], [0, 1, 2, 3, 4, 5]),
        (["--service", "empire/death"], [4]),
        (["--node-name", "kind/"], [0, 1, 2, 3, 4]),
        (["--node-name", "*2"], [3]),
        (["--node-name", "default/kind-worker"], [5]),
        (["--cluster", "kind"], [0, 1, 2, 3, 4, 5]),
        (["--to-cluster", "kin*"], []),
        (["--http-status", "2+"], []),
        (["--http-method", "put"], [4]),
        (["--http-path", "^/v1/exhaust port$"], [4]),
        (["--http-url", r"\?a=\d"], [4]),
        (["--http-header", "X-Id:a:b"], [4]),
        (["--trace-id", ""], [0, 1, 2, 3, 4, 5, LOST]),
        (["--trace-id", "1"], []),
        (["--ip-trace-id", "4"], []),
        (["--traffic-direction", "Egress"], [2]),
        (["--interface", ""], []),
        (["--encrypted"], [3]),
        (["--unencrypted"], [0, 1, 2, 4, 5, LOST]),
        (["--allowlist", '{"reply":[false]}'], [0, 1, 2, 4, 5]),
        (["--allowlist", '{"dns_query":["^api"]}'], [5]),
        (["--allowlist", "{}"], [0, 1, 2, 3, 4, 5, LOST]),
        (["--verdict", "DROPPED", "--allowlist", '{"protocol":["dns"]}'], [0, 1, 5]),
        (["--not", "--verdict", "FORWARDED", "--not", "--protocol", "tcp"], [0, 1, 5, LOST]),
        (["--not", "--pod", "/death"], [5, LOST]),
        (["--pod", "/death", "--port", "80"], [0, 1, 2, 3, 4]),
        (["--denylist", '{"source_pod":["/"]}'], [LOST]),
    ],
)
def test_flag(hubble: Run, records: list[GetFlowsResponse], words: list[str], expected: list[int]) -> None:
    # Source: the reference's section 4, kind by kind.
    assert shown(hubble, records, *words) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fqdn", "a.."], "multiple trailing dots in pattern"),
        (["--fqdn", " "], "empty pattern"),
        (["--node-name", "é"], "'é': invalid rune in pattern"),
        (["--pod", ""], "invalid filter, name must not be empty"),
        (["--to-service", ""], "invalid destination service filter: invalid filter, name must not be empty"),
        (["--cluster", ""], "invalid filter, name must not be empty"),
        (["--ip", "1.2.3"], 'invalid IP address "1.2.3" in filter: ParseAddr("1.2.3"): IPv4 address too short'),
        (["--http-url", "a**"], "invalid http url filter: a**: error parsing regexp: "
         "invalid nested repetition operator: `**`"),
        (["--allowlist", '{"dns_query":["\\\\"]}'], "invalid DNS query filter: failed to compile regexp: "
         "error parsing regexp: trailing backslash at end of expression: ``"),
        (["-t", "drop", "--http-header", "a:b"],
         "filtering by http headers requires the event type filter to only match 'l7' events"),
        (["-l", "a=b,"], "invalid source label filter: found '', expected: identifier after ','"),
        (["--node-label", "a (b)"], "invalid node label filter: unable to parse requirement: found '(', "
         "expected: in, notin, =, ==, !=, gt, lt"),
    ],
)  # fmt: skip
def test_malformed_values(hubble: Run, words: list[str], message: str) -> None:
    assert hubble("observe", "--input-file", "flows", *words) == ("", message + "\n", 1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from-ip", "1.1.1.1", "--pod", "x"], "filters --from-ip and --pod cannot be combined"),
        (["--namespace", "a", "--ip", "1.1.1.1"], "filters --ip and --namespace cannot be combined"),
        (["--to-label", "a", "-l", "b"], "filters --label and --to-label cannot be combined"),
        (["-A", "--pod", "ns/x"], 'namespace conflict: "" does not contain "ns/x"'),
        (["--from-pod", "a/x", "--from-service", "y"], 'namespace of service "y" conflict with pod "a"'),
        (
            ["--from-namespace", "a", "--from-namespace", "b", "--from-pod", "c/x"],
            'namespace conflict: "a" does not contain "c/x"',
        ),
    ],
)
def test_clashing_flags(hubble: Run, words: list[str], message: str) -> None:
    stdout, stderr, status = hubble("observe", "--input-file", "flows", *words)
    assert (stdout, status) == ("", 1)
    assert stderr.endswith(f" flag: {message}\n")


def test_negated_flags_are_checked_among_themselves(hubble: Run) -> None:
    words = ("observe", "--input-file", "flows", "--from-ip", "1.1.1.1", "--not")
    assert hubble(*words, "--pod", "x")[2] == 0
    assert hubble(*words, "--pod", "x", "--not", "--fqdn", "a")[1] == (
        'invalid argument "a" for "--fqdn" flag: filters --fqdn and --pod cannot be combined\n'
    )


@pytest.mark.parametrize(
    ("selector", "labels", "matches"),
    [
        ("app=a", ["k8s:app=a"], True),
        ("app==a,tier!=web", ["k8s:app=a"], True),
        ("container:app", ["k8s:app=a"], False),
        ("any:app", ["container:app=a"], True),
        ("app=b", ["k8s:app=a", "container:app=b"], False),
        ("reserved:world", ["reserved:world"], True),
        ("app notin (a, b)", ["k8s:app=c"], True),
        ("app in ()", ["k8s:app="], True),
        ("port>80", ["k8s:port=81"], True),
        ("port<80", ["k8s:port=x"], False),
        ("plain=x", ["plain=x"], True),
        ("k8s:plain", ["plain=x"], False),
        ("cidr:2001-db8--0/32", ["cidr:2001-db8-1--0/48"], True),
        ("cidr:10.0.0.0/24", ["cidr:10.0.0.0/16"], False),
        ("", [], True),
    ],
)
def test_label_selectors(selector: str, labels: list[str], matches: bool) -> None:
    assert parse_selector(selector).matches(RecordedLabels.parse(labels)) is matches


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a=(", "unable to parse requirement: found '(', expected: identifier"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("=b", "unable to parse requirement: <nil>: Invalid value: \"any.\": name part must consist of "),
        ("a=b_", 'unable to parse requirement: values[0][any.a]: Invalid value: "b_": a valid label must be '),
        ("a>x", 'unable to parse requirement: values[0]: Invalid value: "x": for \'Gt\', \'Lt\' operators, the value '),
        ("a/b/c", 'unable to parse requirement: <nil>: Invalid value: "any.a/b/c": a qualified name must consist of '),
    ],
)  # fmt: skip
def test_malformed_selectors(selector: str, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_selector(selector)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://h/a%20b?x#y", "/a b"),
        ("/a#b", "/a#b"),
        ("*", "*"),
        ("h:80", ""),
        ("a/b", None),
        ("", None),
        ("http://h/%zz", None),
        ("http://h h/", None),
        ("http://[::1]:80/x", "/x"),
        ("http://h:x/", None),
        ("http://u:p@h", ""),
        ("//h/x", "//h/x"),
        ("\x01", None),
    ],
)
def test_paths_as_go_reads_them(url: str, path: str | None) -> None:
    # Source: Go net/url ParseRequestURI.
    assert request_path(url) == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unable to parse IP"),
        ("1.2.3.4.5", "IPv4 address too long"),
        ("01.2.3.4", "IPv4 field has octet with leading zero"),
        ("1..2.3", 'IPv4 field must have at least one digit (at ".2.3")'),
        ("1.2.3.x", 'unexpected character (at "x")'),
        ("::1::", 'multiple :: in address (at ":")'),
        ("1:2", "address string too short"),
        ("12345::", 'each group must have 4 or fewer digits (at "12345::")'),
        ("::g", 'each colon-separated field must have at least one digit (at "g")'),
        ("fe80::1%", "zone must be a non-empty string"),
        ("%eth0", "missing IPv6 address"),
        ("1:2:3:4:5:6:7:8:9", 'trailing garbage after address (at "9")'),
    ],
)
def test_addresses_as_go_refuses_them(text: str, message: str) -> None:
    # Source: Go net/netip ParseAddr.
    with pytest.raises(Exception) as caught:  # noqa: PT011  -- the text is what counts
        parse_address(text)
    assert str(caught.value).endswith(f"): {message}")


def test_prefixes() -> None:
    assert parse_prefix("10.0.0.9/8").contains(parse_address("10.255.0.1"))
    assert not parse_prefix("::/0").contains(parse_address("10.0.0.1"))
    assert parse_prefix("::ffff:1.2.3.4/128").address.number == 0xFFFF01020304
    for text in ("10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/33"):
        with pytest.raises(Exception, match=r"netip\.ParsePrefix"):
            parse_prefix(text)


def test_expressions_are_re2() -> None:
    assert compile_re2(r"(?i)^AB+$")("abbb")
    # A pattern that makes backtracking engines explode.
    assert not compile_re2("(a*)*$b")("a" * 2000)
