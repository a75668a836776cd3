"""``xargs``."""

from __future__ import annotations

from itertools import chain

from quizgame.tools.derive import joined
from quizgame.tools.output import Result, lines
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "n,max-args=", "I=", "i,replace?!", "r,no-run-if-empty", "d,delimiter=", "t,verbose", "L,max-lines=",
    "0,null!", "P,max-procs=",
    "a,arg-file=!", "p,interactive!", "s,max-chars=!", "x,exit!", "E=!", "o,open-tty!", "show-limits!",
    "process-slot-var=!",
    stops_at_operand=True,
)  # fmt: skip
MAX_RUNS = 2_000


def split_words(call: Invocation, text: str) -> list[str]:
    """Split at blanks as xargs does: quotes and backslashes protect."""
    words: list[str] = []
    current: list[str] | None = None
    position = 0
    while position < len(text):
        char = text[position]
        if char in " \t":
            if current is not None:
                words.append("".join(current))
                current = None
        elif char in "'\"":
            end = text.find(char, position + 1)
            if end < 0:
                kind = "single" if char == "'" else "double"
                raise call.stop(
                    f"unmatched {kind} quote; by default quotes are special to xargs unless you use the -0 option"
                )
            current = [*(current or []), text[position + 1 : end]]
            position = end
        else:
            if char == "\\" and position + 1 < len(text):
                position += 1
                char = text[position]
            current = [*(current or []), char]
        position += 1
    if current is not None:
        words.append("".join(current))
    return words


def _positive(call: Invocation, key: str) -> int:
    text = call.value(key)
    if not text.isdigit():
        raise call.usage(f'invalid number "{text}" for -{key} option')
    if int(text) < 1:
        raise call.usage(f"value {text} for -{key} option should be >= 1")
    return int(text)


def _batches(call: Invocation) -> list[list[str]]:
    content = [line.text for line in joined(call.stdin)]
    if call.has("I"):
        return [[text.lstrip(" \t")] for text in content if text.strip(" \t")]
    if call.has("d"):
        delimiter = {"\\n": "\n", "\\t": "\t"}.get(call.value("d"), call.value("d"))
        if len(delimiter) != 1:
            raise call.refuse("-d with more than one character")
        whole = "\n".join(content) + ("\n" if content else "")
        words = whole.split(delimiter)
        words = words[:-1] if words and words[-1] == "" else words
    elif call.has("L"):
        size = _positive(call, "L")
        rows = [split_words(call, text) for text in content if text.strip()]
        return [list(chain.from_iterable(rows[start : start + size])) for start in range(0, len(rows), size)]
    else:
        words = [word for text in content for word in split_words(call, text)]
    size = _positive(call, "n") if call.has("n") else 5_000
    return [words[start : start + size] for start in range(0, len(words), size)] or ([] if call.has("r") else [[]])


def _xargs(call: Invocation) -> Result:
    command = call.operands or ["echo"]
    result = call.result
    run = call.session.run_program
    if run is None:
        raise call.refuse("without a shell")
    placeholder = call.value("I")
    for batch in _batches(call)[:MAX_RUNS]:
        replaced = [word.replace(placeholder, batch[0]) for word in command] if placeholder else []
        argv = replaced or [*command, *batch]
        if call.has("t"):
            result.stderr.extend(lines(" ".join(argv) + "\n"))
        done = run(argv, ())
        result.stdout.extend(done.stdout)
        if done.exit == 127 and any(line.text.endswith("command not found") for line in done.stderr):
            result.stderr.extend(lines(f"xargs: {argv[0]}: No such file or directory\n"))
            result.exit = 127
            return result
        result.stderr.extend(done.stderr)
        if done.exit == 255:
            result.stderr.extend(lines(f"xargs: {argv[0]}: exited with status 255; aborting\n"))
            result.exit = 124
            return result
        if done.exit:
            result.exit = 123
    return result


XARGS = TextTool("xargs", OPTIONS, _xargs)
