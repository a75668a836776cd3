"""``cilium-dbg policy``: the repository of one agent. Source: reference cilium-dbg, section 6."""

from __future__ import annotations

from collections.abc import Iterable

from quizgame.cluster.crds import minor_of
from quizgame.goflags.flagset import boolean, string
from quizgame.tools.cilium_dbg.call import Call, Row, Sub, Trailing, as_json, table, wants_json
from quizgame.tools.cilium_dbg.policy_facts import field_facts, shown_fields, tell_entries
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, lines, not_simulated


def _get(call: Call) -> Result:
    call.need_agent("Cannot get policy: ", "/v1/policy", ends="\n")
    if minor_of(call.agent.config.version) < (1, 19):
        return not_simulated("cilium-dbg policy get of Cilium 1.18, which prints its policies in another form,")
    shown = as_json(call.agent.repository.rules())[:-1]
    out = [Line(line.text, known) for line, known in tell_entries(call, shown)]
    return Result(stdout=[*out, *lines(f"Revision: {call.agent.repository.revision}\n")])


def _selectors(call: Call) -> Result:
    call.need_agent("Cannot get policy: ", "/v1/policy/selectors", has_hint=False, ends="\n")
    found = call.agent.repository.selectors()
    if wants_json(call):
        listed = [
            {
                "identities": list(each.identities),
                "labels": [{"key": label.key, "source": label.source, "value": label.value} for label in each.labels],
                "selector": each.text,
                "users": each.users,
            }
            for each in found
        ]
        return Result(stdout=as_json(listed))
    rows = []
    for each in found:
        numbers = [str(number) for number in each.identities]
        known = tuple(
            fact("selector", cluster=call.cluster, policy=policy.short, identities=",".join(numbers) or "none")
            for policy in each.policies
        )
        for policy in each.policies:
            known += shown_fields(each.text, field_facts(call, policy))
        named = " ".join(map(str, each.labels)) if call.flags.is_on("verbose") else each.policies[0].short
        shown = f"[{named}]" if call.flags.is_on("verbose") else named
        rows.append(selector_row(each.text, shown, each.users, numbers, known))
    return Result(stdout=selectors_table(rows))


def selector_row(text: str, label: str, users: int, identities: list[str], facts: tuple[Fact, ...] = ()) -> Row:
    """One selector; where it selects none, its row ends before the last column."""
    cells = (text, label, str(users))
    return Row((*cells, identities) if identities else cells, facts)


def selectors_table(rows: Iterable[Row]) -> list[Line]:
    """Selectors with the policy or the labels that they come from, their users and the identities they select."""
    return table([("SELECTOR", "LABELS", "USERS", "IDENTITIES")], rows, Trailing.ROWS)


COMMANDS = (
    Sub("policy get", "get [<labels>]", "Display policy node information", _get,
        lambda: [string("output", "json| yaml| jsonpath='{}'", short="o")]),
    Sub("policy selectors", "selectors", "Display cached information about selectors", _selectors,
        lambda: [
            boolean("verbose", "Show full labels", short="v"),
            string("output", "json| yaml| jsonpath='{}'", short="o"),
        ]),
)  # fmt: skip
