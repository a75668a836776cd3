"""The variables and arrays of an awk program, its functions' own in frames."""

from __future__ import annotations

from collections.abc import Mapping

from quizgame.tools.text.awk.record import Record
from quizgame.tools.text.awk.syntax import AwkProblem
from quizgame.tools.text.awk.values import UNSET, Value, from_input, to_number, to_text

Array = dict[str, Value]


class Scope:
    """Names and what they hold.

    Args:
        record: whose number of fields ``NF`` is.
        environment: ``ENVIRON``.
    """

    def __init__(self, record: Record, environment: Mapping[str, str]) -> None:
        self._record = record
        self.frames: list[dict[str, Value | Array]] = []
        """The parameters of the functions being run, the innermost last."""
        self.globals: dict[str, Value | Array] = {
            "FS": " ", "OFS": " ", "RS": "\n", "ORS": "\n", "SUBSEP": "\x1c", "CONVFMT": "%.6g",
            "OFMT": "%.6g", "NR": 0.0,
            "FNR": 0.0, "FILENAME": "", "RSTART": 0.0, "RLENGTH": -1.0,
            "ENVIRON": {name: from_input(value) for name, value in environment.items()},
        }  # fmt: skip

    def _holder(self, name: str) -> dict[str, Value | Array]:
        if self.frames and name in self.frames[-1]:
            return self.frames[-1]
        return self.globals

    def scalar(self, name: str) -> Value:
        """A variable's value.

        Raises:
            AwkProblem: if it is an array.
        """
        if name == "NF":
            return float(len(self._record.fields))
        value = self._holder(name).get(name, UNSET)
        if isinstance(value, dict):
            raise AwkProblem(f"attempt to use array `{name}' in a scalar context")
        return value

    def text_of(self, name: str) -> str:
        """A variable as text."""
        return to_text(self.scalar(name))

    def set_number(self, name: str, number: float) -> None:
        """Set a variable of awk's own."""
        self.globals[name] = number

    def assign(self, name: str, value: Value) -> None:
        """Set a variable; ``NF`` changes the record."""
        if name == "NF":
            self._record.resize(int(to_number(value)))
            return
        scope = self._holder(name)
        if isinstance(scope.get(name), dict):
            raise AwkProblem(f"attempt to use array `{name}' in a scalar context")
        scope[name] = value

    def is_array(self, name: str) -> bool:
        """Whether the name holds an array."""
        return isinstance(self._holder(name).get(name), dict)

    def array(self, name: str) -> Array:
        """An array by name, made if it is not there."""
        scope = self._holder(name)
        value = scope.get(name, UNSET)
        if isinstance(value, dict):
            return value
        if value is not UNSET:
            raise AwkProblem(f"attempt to use scalar `{name}' as an array")
        made: Array = {}
        scope[name] = made
        return made
