"""Tells whether an awk program may print text of one record together with another's."""

from __future__ import annotations

from quizgame.tools.text.awk.syntax import Assignment, Element, FieldReference, Program
from quizgame.tools.text.awk.values import NumericString


def has_memory(program: Program) -> bool:
    """Whether text of one record may be printed with another: the program assigns something, or ranges over lines."""

    def walk(node: object) -> bool:
        if isinstance(node, Assignment):
            return not isinstance(node.target, FieldReference)
        if isinstance(node, Element):
            return True
        if isinstance(node, (tuple, list)):
            return any(walk(member) for member in node)
        slots = getattr(type(node), "__slots__", ())
        if isinstance(node, (str, float, NumericString)):
            return False
        return any(walk(getattr(node, slot)) for slot in slots)

    return bool(program.functions) or walk(program.rules)
