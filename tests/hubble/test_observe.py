"""``hubble observe`` over a small capture: what each format prints, what flags select, what mistakes are told."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

Run = Callable[..., tuple[str, str, int]]
OBSERVE = ("observe", "--input-file", "flows")


def test_compact(hubble: Run) -> None:
    stdout, stderr, status = hubble(*OBSERVE)
    assert stdout == (
        "Feb  3 09:00:00.100: default/xwing:40000 (ID:5001) <> empire/deathstar-7b8c-x2x9z:80 (ID:5002) "
        "policy-verdict:none INGRESS DENIED (TCP Flags: SYN)\n"
        "Feb  3 09:00:00.100: default/xwing:40000 (ID:5001) <> empire/deathstar-7b8c-x2x9z:80 (ID:5002) "
        "Policy denied DROPPED (TCP Flags: SYN)\n"
        "Feb  3 09:00:01.000: default/xwing:40000 (ID:5001) -> empire/deathstar-7b8c-x2x9z:80 (ID:5002) "
        "policy-verdict:L3-L4 EGRESS ALLOWED (TCP Flags: SYN)\n"
        "Feb  3 09:00:01.002: default/xwing:40000 (ID:5001) <- empire/deathstar-7b8c-x2x9z:80 (ID:5002) "
        "to-endpoint FORWARDED (TCP Flags: SYN, ACK)\n"
        "Feb  3 09:00:02.000: default/xwing:40000 (ID:5001) -> empire/deathstar-7b8c-x2x9z:80 (ID:5002) "
        "http-request FORWARDED (HTTP/1.1 PUT http://deathstar/v1/exhaust%20port?a=1)\n"
        "Feb  3 09:00:03.000: default/xwing:5353 (ID:5001) -> dns.example.com,ns1.example.com:53 (world) "
        "dns-request proxy FORWARDED (DNS Query api.example.com. A)\n"
        "Feb  3 09:00:04.000 EVENTS LOST: UNKNOWN_LOST_EVENT_SOURCE CPU(1) 17\n"
    )
    assert stderr == "Feb  3 09:00:05.000 [hubble-relay]: 1 nodes are unavailable: kind/kind-worker3\n"
    assert status == 0


def test_dict_separates_records_and_does_not_swap_replies(hubble: Run) -> None:
    stdout, _, _ = hubble(*OBSERVE, "-o", "dict", "-t", "trace", "-t", "drop", "--print-node-name")
    assert stdout == (
        "  TIMESTAMP: Feb  3 09:00:00.100\n"
        "       NODE: kind/kind-worker\n"
        "     SOURCE: default/xwing:40000\n"
        "DESTINATION: empire/deathstar-7b8c-x2x9z:80\n"
        "       TYPE: Policy denied\n"
        "    VERDICT: DROPPED\n"
        "    SUMMARY: TCP Flags: SYN\n"
        "------------\n"
        "  TIMESTAMP: Feb  3 09:00:01.002\n"
        "       NODE: kind/kind-worker2\n"
        "     SOURCE: empire/deathstar-7b8c-x2x9z:80\n"
        "DESTINATION: default/xwing:40000\n"
        "       TYPE: to-endpoint\n"
        "    VERDICT: FORWARDED\n"
        "    SUMMARY: TCP Flags: SYN, ACK\n"
    )


def test_table_with_addresses(hubble: Run) -> None:
    stdout, _, _ = hubble(*OBSERVE, "-o", "table", "--numeric", "--last", "3", "--time-format", "rfc3339milli")
    assert stdout == (
        "TIMESTAMP              SOURCE                      DESTINATION     TYPE                VERDICT     SUMMARY\n"
        "2026-02-03T09:00:03Z   [2001:db8::1]:5353          10.61.99.7:53   dns-request proxy   FORWARDED   "
        "DNS Query api.example.com. A\n"
        "2026-02-03T09:00:04Z   UNKNOWN_LOST_EVENT_SOURCE   -               EVENTS LOST         -           "
        "CPU(1) - 17\n"
    )


def test_json_prints_what_it_read(hubble: Run) -> None:
    everything = b"".join(
        line.encode() + b"\n" for text in hubble(*OBSERVE, "-o", "jsonpb")[:2] for line in text.splitlines()
    )
    stdout, stderr, _ = hubble(*OBSERVE, "-o", "json", data=everything)
    assert (stdout + stderr).encode() == everything


def test_older_json_prints_the_flow_alone(hubble: Run) -> None:
    stdout, stderr, _ = hubble(*OBSERVE, "-o", "json", "--uuid", "u-2", environ={"HUBBLE_COMPAT": "legacy-json-output"})
    assert stdout.startswith('{"time":"2026-02-03T09:00:00.100000001Z","uuid":"u-2","verdict":"DROPPED"')
    assert stderr == ""


def test_names_of_policies(hubble: Run) -> None:
    stdout, _, _ = hubble(*OBSERVE, "--print-policy-names", "-t", "policy-verdict", "--verdict", "FORWARDED")
    assert "EGRESS ALLOWED BY out (CiliumNetworkPolicy) (TCP" in stdout


def test_colours_need_a_terminal_or_always(hubble: Run) -> None:
    words = (*OBSERVE, "--last", "1", "-t", "trace")
    painted = (
        "Feb  3 09:00:01.002: \x1b[36mdefault/xwing:\x1b[33m40000\x1b[0m\x1b[0m \x1b[35m(ID:5001)\x1b[0m <- "
        "\x1b[36mempire/deathstar-7b8c-x2x9z:\x1b[33m80\x1b[0m\x1b[0m \x1b[35m(ID:5002)\x1b[0m to-endpoint "
        "\x1b[32mFORWARDED\x1b[0m (TCP Flags: SYN, ACK)\n"
    )
    assert hubble(*words, terminal=True)[0] == painted
    assert hubble(*words, "--color", "ALWAYS")[0] == painted
    assert "\x1b" not in hubble(*words, terminal=True, environ={"NO_COLOR": "1"})[0]
    assert "\x1b" not in hubble(*words, terminal=True, environ={"TERM": "dumb"})[0]


def test_control_characters_from_the_data_are_shown(hubble: Run) -> None:
    data = b'{"flow":{"Summary":"\\u001b[31mred\\u001b[2J\\r"}}\n'
    assert "(^[[31mred^[[2J\\r)" in hubble(*OBSERVE, data=data)[0]
    assert "(\x1b[31mred^[[2J\\r)" in hubble(*OBSERVE, "--color", "always", data=data)[0]


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        (["--first", "2"], [0, 0]),
        (["--last", "2"], [4]),
        (["--since", "2026-02-03T09:00:02Z", "--until", "2026-02-03T10:00:03+01:00"], [2, 3]),
        (["--until", "2026-02-03T09:00Z"], []),
        (["--since", "2026-02-03T09:00:01.9999999999Z", "--until", "2026-02-03T09:00:03,0Z"], [2, 3]),
        (["--since", "1m"], []),
        (["--follow", "--until", "2026-02-03T09:00Z", "--last", "3"], [3, 4]),
        (["--all", "-6"], [3]),
        (["--last", "1000000", "--verdict", "DROPPED"], [0, 0]),
    ],
)
def test_which_part_is_shown(hubble: Run, words: list[str], seconds: list[int]) -> None:
    stdout, _, status = hubble(*OBSERVE, "-s", *words)
    assert [int(line[13:15]) for line in stdout.splitlines()] == seconds
    assert status == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--verdict", "x", "--nope"], 'invalid argument "x" for "--verdict" flag: invalid --verdict value: x'),
        (["--not"], "trailing --not found in the arguments"),
        (["-o", "yaml", "--first", "1", "--all"], "invalid output format: yaml"),
        (["--field-mask", "time", "-o", "tab"], "tab output format is not compatible with custom field mask"),
        (["--first", "1", "--follow"], "cannot set both --first and --follow"),
        (["--until", "3"], "failed to parse the until time: failed to convert 3 to time"),
        (
            ["--since", "Feb  3 09:00:00.000"],
            "failed to parse the since time: failed to convert Feb  3 09:00:00.000 to time",
        ),
        (["--allowlist", "{"], "invalid --allowlist flag: failed to decode '{': unexpected EOF"),
        (
            ["--denylist", "nope"],
            "invalid --denylist flag: failed to decode 'nope': invalid character 'n' looking for beginning of value",
        ),
        (
            ["--allowlist", '{"verdict":["NO"]}'],
            "invalid --allowlist flag: failed to decode '{\"verdict\":[\"NO\"]}': "
            'proto: (line 1:13): invalid value for enum field verdict: "NO"',
        ),
        (
            ["-o", "json", "--field-mask", "source.workloads.name"],
            'failed to construct field mask: proto: invalid path "source.workloads.name" for message "flow.Flow"',
        ),
        (["--last", "1000001"], "--last must be <= 1_000_000, got 1000001"),
        (["--last", "1000001", "--port", "x"], 'invalid source port filter: invalid port "x": '
         'strconv.ParseUint: parsing "x": invalid syntax'),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_the_tools_order_and_words(hubble: Run, words: list[str], message: str) -> None:
    assert hubble(*OBSERVE, *words) == ("", message + "\n", 1)


def test_a_missing_file(hubble: Run) -> None:
    assert hubble("observe", "--input-file", "no.jsonl") == ("", "open no.jsonl: no such file or directory\n", 1)


def test_no_server(hubble: Run) -> None:
    error = (
        'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: '
        'dial tcp 127.0.0.1:4245: connect: connection refused"\n'
    )
    assert hubble("observe") == ("", error, 1)
    assert hubble("status") == ("", "failed getting status: " + error, 1)
    assert hubble("list", "nodes") == ("", error, 1)


@pytest.mark.parametrize(
    "words",
    [
        ["observe", "--input-file", "flows", "--cel-expression", "true"],
        ["config", "set", "server", "x"],
        ["completion", "bash"],
        ["observe", "--kubeconfig", "x"],
    ],
)
def test_what_is_not_simulated_says_so(hubble: Run, words: list[str]) -> None:
    stdout, stderr, status = hubble(*words)
    assert (stdout, status) == ("", 3)
    assert stderr.startswith("quizgame: ")
    assert stderr.endswith(" is not simulated\n")


def test_raw_filters_are_printed_without_reading(hubble: Run) -> None:
    words = ("observe", "--input-file", "no.jsonl", "--print-raw-filters")
    assert hubble(*words) == ("{}\n", "", 0)
    stdout, _, _ = hubble(*words, "-A", "--not", "--from-pod", "x", "--allowlist", '{"reply":[true]} {}')
    assert stdout == (
        'allowlist:\n    - \'{"source_pod":["/"]}\'\n    - \'{"destination_pod":["/"]}\'\n'
        "    - '{\"reply\":[true]}'\n    - '{}'\ndenylist:\n    - '{\"source_pod\":[\"x\"]}'\n"
    )


def test_raw_filters_are_yaml(hubble: Run) -> None:
    words = ("observe", "--print-raw-filters", "--uuid")
    assert hubble(*words, "it's <b>é")[0] == "allowlist:\n    - '{\"uuid\":[\"it''s \\u003cb\\u003eé\"]}'\n"
    assert hubble(*words, "🐝")[0] == 'allowlist:\n    - "{\\"uuid\\":[\\"\\U0001F41D\\"]}"\n'


@pytest.mark.parametrize("value", ["4:to-stack", "trace:to-moon", "drop:x"])
def test_sub_types_have_names_after_a_named_trace_only(hubble: Run, value: str) -> None:
    _, stderr, status = hubble(*OBSERVE, "-t", value)
    assert status == 1
    assert f"unable to parse event sub-type '{value.partition(':')[2]}', not a known sub-type name" in stderr


def test_lists_from_the_environment(hubble: Run) -> None:
    environ = {"HUBBLE_ALLOWLIST": '{"uuid":["u-1"]}', "HUBBLE_DENYLIST": '{"uuid":["u-2"]}'}
    assert len(hubble(*OBSERVE, environ=environ)[0].splitlines()) == 1


def test_gzip_and_line_ends(hubble: Run) -> None:
    plain = b'{"flow":{"Summary":"one"}}\r\n{"flow":{"Summary":"two"}}'
    expected = hubble(*OBSERVE, data=plain)
    assert expected[0].count("\n") == 2
    assert hubble(*OBSERVE, data=gzip.compress(plain)) == expected
    assert hubble(*OBSERVE, data=gzip.compress(plain[:28]) + gzip.compress(plain[28:])) == expected
    assert hubble(*OBSERVE, data=gzip.compress(plain)[:-9])[1:] == ("read flows: unexpected EOF\n", 1)


def test_a_line_may_have_65535_bytes(hubble: Run) -> None:
    def line(length: int) -> bytes:
        return b'{"flow":{"Summary":"' + b"x" * (length - 23) + b'"}}'

    assert len(line(65_535)) == 65_535
    assert hubble(*OBSERVE, data=line(65_535) + b"\n" + line(100))[2] == 0
    stdout, stderr, status = hubble(*OBSERVE, data=line(100) + b"\n" + line(65_536) + b"\n" + line(100))
    assert (stdout.count("\n"), stderr, status) == (1, "bufio.Scanner: token too long\n", 1)


def test_help_lists_every_filter_flag(hubble: Run) -> None:
    stdout, stderr, status = hubble("observe", "flows", "--help")
    assert (stderr, status) == ("", 0)
    for heading in ("Selectors", "Filters", "Raw-Filters", "Formatting", "Flow Format", "Server", "Other", "Global"):
        assert f"\n{heading} Flags:\n" in stdout
    for flag in ("--from-fqdn filter", "-t, --type filter", "-4, --ipv4 filter[=v4]", "--last uint"):
        assert flag in stdout


def test_version(hubble: Run) -> None:
    assert hubble("--version") == ("hubble v1.19.4\r\n", "", 0)
    assert hubble("version")[0] == "hubble v1.19.4@HEAD-75d3a68 compiled with go1.26.5 on linux/amd64\n"


def test_raw_filters_work_as_a_configuration_file(hubble: Run) -> None:
    raw = hubble("observe", "--print-raw-filters", "--verdict", "DROPPED", "--not", "-t", "drop")[0].encode()
    words = ("observe", "--config", "flows", "--print-raw-filters")
    assert hubble(*words, data=raw)[0].encode() == raw
    assert hubble(*words, data=b"allowlist: [")[0] == "{}\n"
    assert hubble("config", "get", "server", "--config", "flows", data=b"Server: relay:1")[0] == "relay:1\n"


def test_settings(hubble: Run) -> None:
    stdout, _, _ = hubble("config", "view", environ={"HUBBLE_SERVER": "relay:1", "HOME": "/home/me"})
    assert "server: relay:1\n" in stdout
    assert "config: /home/me/.config/hubble/config.yaml\n" in stdout
    assert hubble("config", "get", "timeout") == ("5s\n", "", 0)
    assert hubble("config", "get", "nope") == ("", "unknown key: nope\n", 1)
