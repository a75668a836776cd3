"""``cilium-dbg metrics list``. Source: reference cilium-dbg, section 15; cilium/cilium v1.19 pkg/metrics/cmd.go."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.goflags.flagset import string
from quizgame.tools.cilium_dbg.call import SOCKET_PROBLEM, Call, DbgError, Row, Sub, as_json, table, wants_json
from quizgame.tools.cilium_dbg.model.metrics import Metric, metrics_of
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, lines


def metrics_table(metrics: Sequence[Metric], facts: Sequence[tuple[Fact, ...]] = ()) -> list[Line]:
    """Metrics as the tool prints them."""
    known = facts or [()] * len(metrics)
    rows = [
        Row((each.name, each.label_text, f"{each.value:f}"), told) for each, told in zip(metrics, known, strict=True)
    ]
    return table([("Metric", "Labels", "Value")], rows)


def _list(call: Call) -> Result:
    if not call.agent.is_serving:
        raise DbgError(f"{SOCKET_PROBLEM.replace('cilium.sock', 'shell.sock')}\n")
    import re2  # it costs 15 ms, which other commands do not pay

    pattern = call.flags.text("match-pattern")
    try:
        wanted = re2.compile(pattern) if pattern else None
    except re2.error as bad:
        return Result(stdout=lines(f"<stdin>:0: metrics {pattern}: regex: {bad}\n"), exit=1)
    metrics = [
        each
        for each in metrics_of(call.context.session.world, call.agent)
        if wanted is None or wanted.search(each.name + each.label_text)
    ]
    if wants_json(call):
        shown = [{"name": each.name, "labels": dict(each.labels), "value": each.value} for each in metrics]
        return Result(stdout=as_json(shown, tuple(known for each in metrics for known in _facts(call, each))))
    # Source: the shell's answer ends in an empty line.
    return Result(stdout=[*metrics_table(metrics, [_facts(call, each) for each in metrics]), Line("")])


def _facts(call: Call, metric: Metric) -> tuple[Fact, ...]:
    labels = dict(metric.labels)
    if metric.name == "cilium_drop_count_total":
        words = (labels["reason"], f"{metric.value:f}")
        reason = labels["reason"]
        return (
            fact("flow", witnesses=words, cluster=call.cluster, node=call.agent.node, verdict="DROPPED",
                 reason=reason.upper().replace(" ", "_"), direction=labels["direction"]),
        )  # fmt: skip
    return ()


COMMANDS = (
    Sub("metrics list", "list", "List the agent's metrics", _list, lambda: [
        string("match-pattern", "Show only metrics that match", short="p"),
        string("output", "json| yaml| jsonpath='{}'", short="o"),
        string("shell-sock-path", "Socket of the shell", default="/var/run/cilium/shell.sock"),
    ]),
)  # fmt: skip
