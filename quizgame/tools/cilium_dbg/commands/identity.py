"""``cilium-dbg identity``: numbers and the labels behind them. Source: reference cilium-dbg, section 5."""

from __future__ import annotations

from collections import Counter

from quizgame.goflags.flagset import boolean, string, string_slice
from quizgame.policy.identity import RESERVED_LABELS
from quizgame.tools.cilium_dbg.call import Call, DbgError, Sub, as_json, wants_json
from quizgame.tools.cilium_dbg.listings_text import Model, identities_table, used_identities_table
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Result

HIGHEST_LISTED_RESERVED = 8


def labels_of(call: Call, identity: int) -> tuple[str, ...]:
    """Labels of an identity as the agent knows them; empty where it does not."""
    reserved = RESERVED_LABELS.get(identity)
    if reserved is not None and identity:
        return tuple(str(label) for label in reserved)
    return call.agent.labels_of(identity)


def identity_facts(call: Call, identity: int, labels: tuple[str, ...]) -> tuple[Fact, ...]:
    """What a reader of an identity's labels learns."""
    return tuple(
        fact("identity", witnesses=(label,), cluster=call.cluster, identity=identity, label=label) for label in labels
    )


def _list(call: Call) -> Result:
    prefix = f"Cannot get identities for given labels [{' '.join(call.args)}]. err: "
    call.need_agent(prefix, "/v1/identity", has_hint=False, ends="\n")
    if call.flags.is_on("endpoints"):
        return _in_use(call)
    numbers = [*range(1, HIGHEST_LISTED_RESERVED + 1), *sorted(call.agent.identities)]
    local = call.agent.local_identities
    numbers += sorted(set(local.entries().values())) if local is not None else []
    numbers += sorted(call.agent.node_identities.values())
    found = [(number, labels_of(call, number)) for number in numbers]
    if call.args:
        found = [(number, labels) for number, labels in found if all(_has(labels, word) for word in call.args)]
    if wants_json(call):
        known = tuple(each for number, labels in found for each in identity_facts(call, number, labels))
        return Result(stdout=as_json([{"id": number, "labels": list(labels)} for number, labels in found], known))
    models = [{"id": number, "labels": list(labels)} for number, labels in found]
    return Result(stdout=identities_table(models, lambda model: _facts(call, model)))


def _facts(call: Call, model: Model) -> tuple[Fact, ...]:
    return identity_facts(call, int(model["id"]), tuple(model["labels"]))


def _has(labels: tuple[str, ...], word: str) -> bool:
    return any(word in (label, label.partition(":")[2]) or label.startswith(f"{word}=") for label in labels)


def _in_use(call: Call) -> Result:
    uses = Counter(int(each.identity) for each in call.agent.endpoints.values())
    models = [
        {"identity": {"id": number, "labels": list(labels_of(call, number))}, "refCount": count}
        for number, count in sorted(uses.items())
    ]
    if wants_json(call):
        return Result(stdout=as_json(models))
    return Result(stdout=used_identities_table(models, lambda model: _facts(call, model)))


def _get(call: Call) -> Result:
    wanted = call.flags.texts("label")
    if not call.args and not wanted:
        raise DbgError("Invalid identity ID\n", stdout=call.help_text)
    call.need_agent("Cannot get identity: ", "/v1/identity", has_hint=False, ends="\n")
    if wanted:
        found = [
            number for number, labels in call.agent.identities.items() if all(_has(labels, each) for each in wanted)
        ]
        if not found:
            raise DbgError(f"Cannot get identity for given labels {wanted}: [GET /identity][404] getIdentityNotFound\n")
        number = found[0]
    else:
        number = int(call.args[0]) if call.args[0].isdecimal() else -1
    labels = labels_of(call, number)
    if not labels:
        word = call.args[0]
        raise DbgError(f"Cannot get identity for given ID {word}: [GET /identity/{{id}}][404] getIdentityIdNotFound\n")
    facts = identity_facts(call, number, labels)
    if wants_json(call):
        return Result(stdout=as_json([{"id": number, "labels": list(labels)}], facts))
    return Result(stdout=identities_table([{"id": number, "labels": list(labels)}], lambda _model: facts))


COMMANDS = (
    Sub(
        "identity list", "list [LABELS]", "List identities", _list,
        lambda: [
            boolean("endpoints", "list identities of locally managed endpoints"),
            string("output", "json| yaml| jsonpath='{}'", short="o"),
        ],
        aliases=("ls",),
    ),
    Sub(
        "identity get", "get", "Retrieve information about an identity", _get,
        lambda: [string_slice("label", "Label to lookup"), string("output", "json| yaml| jsonpath='{}'", short="o")],
    ),
)  # fmt: skip
