"""The author's page names every key as the models describe it.

Run as a program, this file writes the tables into the page.
"""

from __future__ import annotations

import re
from pathlib import Path

from quizgame.content.lint.reading import EXHIBIT_COLUMNS, EXHIBIT_LINES
from quizgame.content.lint.validator import BANK_SIZE
from quizgame.content.model import PackModel
from quizgame.content.proofs import Claim, PolicySettings, Proof, ProofCluster, ProofProbe
from quizgame.content.questions import (
    KINDS,
    ChoiceQuestion,
    FillIn,
    Matching,
    MultipleChoice,
    NearMiss,
    Option,
    Ordering,
    Pair,
    QuestionBase,
    QuestionPack,
    SequenceEntry,
    Spot,
    SpotLine,
)

PAGE = Path(__file__).parents[2] / "docs" / "questions.md"
_START = "<!-- made from the models: python tests/content/test_question_docs.py -->\n"
_END = "<!-- end -->"
TABLES: tuple[tuple[str, type[PackModel], type[PackModel] | None], ...] = (
    ("Of the pack", QuestionPack, None),
    ("Of every question, besides its `kind`", QuestionBase, None),
    ("Of `single` and `multiple`", ChoiceQuestion, QuestionBase),
    ("Of an option", Option, None),
    ("Of `multiple`", MultipleChoice, ChoiceQuestion),
    ("Of `ordering`", Ordering, QuestionBase),
    ("Of an entry", SequenceEntry, None),
    ("Of `matching`", Matching, QuestionBase),
    ("Of a pair", Pair, None),
    ("Of `fill-in`", FillIn, QuestionBase),
    ("Of a near answer", NearMiss, None),
    ("Of `spot`", Spot, QuestionBase),
    ("Of a line", SpotLine, None),
    ("Of a proof", Proof, None),
    ("Of a claim", Claim, None),
    ("Of a probe", ProofProbe, None),
    ("Of a case", PolicySettings, None),
    ("Of a cluster", ProofCluster, None),
)


def tables() -> str:
    parts = []
    for title, model, known in TABLES:
        rows = [
            f"| `{field.alias or name}` | {'yes' if field.is_required() else ''} | {field.description} |"
            for name, field in model.model_fields.items()
            if known is None or name not in {*known.model_fields, "kind"}
        ]
        parts.append("\n".join([f"{title}:", "", "| key | required | |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def page_with_tables(page: str) -> str:
    before, _, rest = page.partition(_START)
    return f"{before}{_START}\n{tables()}\n{_END}{rest.partition(_END)[2]}"


def test_page_holds_the_tables_of_the_models() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_with_tables(page), "run python tests/content/test_question_docs.py"


def test_page_names_every_kind_and_the_limits_that_are_checked() -> None:
    page = PAGE.read_text(encoding="utf-8")
    kinds = page.partition("## Kinds\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", kinds, re.MULTILINE)[1:] == list(KINDS)
    assert f"{EXHIBIT_COLUMNS} columns and {EXHIBIT_LINES} lines" in page
    assert f"From {BANK_SIZE} questions on" in page


if __name__ == "__main__":
    PAGE.write_text(page_with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
