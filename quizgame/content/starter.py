"""The starter file of ``quizgame new question``: a pack that passes every check, with the format explained in it.

The comments are the descriptions in the models, so that they say what the format is.
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from pydantic import BaseModel

from quizgame.content.model import API_VERSION
from quizgame.content.proofs import Proof
from quizgame.content.questions import (
    FillIn,
    Matching,
    MultipleChoice,
    NearMiss,
    Option,
    Ordering,
    Pair,
    QuestionPack,
    SequenceEntry,
    SingleChoice,
    Spot,
    SpotLine,
)

_COLUMN = 100

_EXHIBIT = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: web
spec:
  endpointSelector:
    matchLabels: {app: web}
  ingress:
    - fromEndpoints:
        - matchLabels: {app: shop}"""

_PODS = (
    "{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}}",
    "---",
    "{apiVersion: v1, kind: Pod, metadata: {name: probe, labels: {app: probe}}}",
)

_OPTIONS = (
    ("It is dropped: the policy selects web and allows shop alone.", True,
     "Selecting an endpoint in a direction puts it in default deny there; only what a rule allows passes.",
     "{ingress: denied}"),
    ("It is allowed: a pod of the same namespace is trusted.", False,
     "A namespace is no trust boundary by itself; a rule must allow its pods.", "{verdict: FORWARDED}"),
    ("It is allowed: the rule names no port, so it covers all.", False,
     "Without ports the rule covers all ports, but of the peers that it names.", "{ingress: allowed}"),
    ("It is dropped: a policy without egress rules blocks egress.", False,
     "The policy lists no egress section, so egress of web stays as it was.", "{egress: denied}"),
)  # fmt: skip


def question_starter(name: str, domain: str, competency: str) -> str:
    """The text of the file.

    Args:
        name: The id of its one question.
        domain: The pack's domain.
        competency: One of that domain.
    """
    lines = [
        "# Questions for quizgame, one domain a file. Check it with `quizgame check`, and give your editor the format",
        "# with `quizgame schema question`. Lines that begin with # are comments; delete what you do not need.",
        *_comment(QuestionPack, "apiVersion", ""),
        f"apiVersion: {API_VERSION}",
        "kind: Questions",
        *_comment(QuestionPack, "domain", ""),
        f"domain: {domain}",
        "questions:",
        *_comment(SingleChoice, "id", "  "),
        f"  - id: {name}",
        *_comment(SingleChoice, "competency", "    "),
        f"    competency: {competency}",
        "    # single, multiple, ordering, matching, fill-in or spot; what the others need is at the end of this file.",
        "    kind: single",
        *_comment(SingleChoice, "difficulty", "    "),
        "    difficulty: easy",
        *_comment(SingleChoice, "stem", "    "),
        "    stem: |",
        "      This is the one policy in the namespace. What happens to a request from a pod",
        "      with the label `app: probe` to a pod with the label `app: web`?",
        *_comment(SingleChoice, "exhibit", "    "),
        "    exhibit: |",
        *(f"      {line}" for line in _EXHIBIT.splitlines()),
        *_comment(SingleChoice, "options", "    "),
        "    options:",
        *_comment(Option, "text", "      "),
        *_comment(Option, "correct", "      "),
        *_comment(Option, "reason", "      "),
        *_comment(Option, "claim", "      "),
        *_options(),
        *_comment(SingleChoice, "explanation", "    "),
        "    explanation: |",
        "      A policy that selects an endpoint and has a section for a direction puts the endpoint",
        "      in default deny for that direction. Then only peers that some rule allows get through.",
        *_comment(SingleChoice, "sources", "    "),
        '    sources: ["docs.cilium.io/en/v1.19/security/policy/intro/"]',
        *_comment(SingleChoice, "versions", "    "),
        '    versions: "1.19"',
        *_comment(SingleChoice, "tags", "    "),
        "    tags: [default-deny]",
        *_comment(SingleChoice, "proof", "    "),
        "    # `quizgame check` executes the options' claims in it; all keys are in docs/questions.md.",
        "    proof:",
        *_comment(Proof, "exhibit", "      "),
        "      exhibit: true",
        *_comment(Proof, "manifests", "      "),
        "      manifests: |",
        *(f"        {line}" for line in _PODS),
        *_comment(Proof, "each", "      "),
        "      each:",
        "        probe: {from: {pod: default/probe}, to: {pod: default/web}, port: 80}",
        "",
        "# What the other kinds have instead of options:",
        *_others(),
    ]
    return "\n".join(lines) + "\n"


def _options() -> Iterable[str]:
    for text, correct, reason, claim in _OPTIONS:
        yield f'      - text: "{text}"'
        if correct:
            yield "        correct: true"
        yield f'        reason: "{reason}"'
        yield f"        claim: {claim}"


def _others() -> Iterable[str]:
    for kind, fields in (
        ("multiple", ((MultipleChoice, "choose"),)),
        ("ordering", ((Ordering, "sequence"), (SequenceEntry, "text"), (SequenceEntry, "reason"))),
        ("matching", ((Matching, "pairs"), (Pair, "left"), (Pair, "right"), (Pair, "reason"))),
        ("fill-in", ((FillIn, "answers"), (FillIn, "normalise"), (FillIn, "reason"), (FillIn, "near"),
                     (NearMiss, "text"), (NearMiss, "reason"))),
        ("spot", ((Spot, "lines"), (Spot, "choose"), (SpotLine, "text"), (SpotLine, "correct"), (SpotLine, "reason"))),
    ):  # fmt: skip
        yield f"# kind: {kind}"
        parent = fields[0][0]
        for model, field in fields:
            indent = "#   " if model is parent else "#     "
            yield f"{indent}{field}: {model.model_fields[field].description}"


def _comment(model: type[BaseModel], field: str, indent: str) -> list[str]:
    description = model.model_fields[field].description or ""
    return [f"{indent}# {line}" for line in wrap(description, _COLUMN - len(indent))]
