"""Forms of question that any situation of policy can be put into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.situation import Flow, Outcome, Situation

_FLOWS_OF_EACH = 3


def which_flow(
    dice: Dice,
    situation: Situation,
    flows: Sequence[Flow],
    *,
    intro: str,
    lesson: str,
    exhibit: str | None = None,
    noun: str = "connection",
) -> Draft | None:
    """Four flows: which one alone gets through, or which one alone does not.

    ``None`` where the flows allow neither question.
    """
    fates = [(flow, situation.outcome(flow).goes_through) for flow in {flow.text: flow for flow in flows}.values()]
    passing = [flow for flow, passes in fates if passes]
    blocked = [flow for flow, passes in fates if not passes]
    truths = [
        truth
        for truth, key, others in ((True, passing, blocked), (False, blocked, passing))
        if key and len(others) >= _FLOWS_OF_EACH
    ]
    if not truths:
        return None
    truth = dice.pick("asked", truths)
    ask = f"Which {noun} is allowed?" if truth else f"Which {noun} is **not** allowed?"
    answers = tuple(Answer(flow.text, passes, _capital(situation.why(flow))) for flow, passes in fates)
    key = dice.pick("one key", [flow for flow, passes in fates if passes is truth])
    kept = tuple(
        answer for answer, (flow, passes) in zip(answers, fates, strict=True) if passes is not truth or flow is key
    )
    return Draft(
        stem=f"{intro}\n{ask}",
        truth=truth,
        answers=kept,
        explanation=f"{lesson} {_capital(situation.why(key))}",
        exhibit=situation.exhibit() if exhibit is None else exhibit,
    )


_SAID: Mapping[Outcome, str] = {
    Outcome.FORWARDED: "It is forwarded, and no proxy looks at it",
    Outcome.EGRESS_DEFAULT: "It is dropped at the source: no egress rule allows it",
    Outcome.INGRESS_DEFAULT: "It is dropped at the destination: no ingress rule allows it",
    Outcome.EGRESS_DENY: "It is dropped at the source: an egress deny rule matches",
    Outcome.INGRESS_DENY: "It is dropped at the destination: an ingress deny rule matches",
    Outcome.PASSED: "It goes to the proxy, which passes the request on",
    Outcome.REFUSED: "It goes to the proxy, which answers the request with 403",
}
_MISREADING: Mapping[Outcome, str] = {
    Outcome.FORWARDED: "This overlooks a section that has a say in this flow.",
    Outcome.EGRESS_DEFAULT: "The source's egress is not where this fails.",
    Outcome.INGRESS_DEFAULT: "A missing ingress allow is not what happens here.",
    Outcome.EGRESS_DENY: "No egress deny rule at the source hits this flow.",
    Outcome.INGRESS_DENY: "No ingress deny rule at the destination hits this flow.",
    Outcome.PASSED: "No proxy passes this on.",
    Outcome.REFUSED: "No proxy gets to refuse this.",
}


def what_happens(
    dice: Dice, situation: Situation, flow: Flow, *, intro: str, lesson: str, among: Sequence[Outcome] = tuple(Outcome)
) -> Draft | None:
    """One flow: what becomes of it."""
    outcome = situation.outcome(flow)
    if outcome not in among:
        return None
    why = _capital(situation.why(flow))
    answers = tuple(
        Answer(_SAID[each], each, why if each is outcome else f"{_MISREADING[each]} The flow is {outcome.value}.")
        for each in among
    )
    asked = f"{intro}\nWhat becomes of {flow.text}?"
    return Draft(asked, outcome, answers, f"{lesson} {why}", situation.exhibit())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
