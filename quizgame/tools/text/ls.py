"""``ls``."""

from __future__ import annotations

from quizgame.tools import folder
from quizgame.tools.output import Line, Result, render
from quizgame.tools.session import Session
from quizgame.tools.text.date import render_date
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "l", "a,all", "A,almost-all", "1", "d,directory", "r,reverse", "R,recursive", "F,classify", "p",
    "h,human-readable", "C", "x",
    "t", "S", "color?", "i,inode!", "s,size!", "n,numeric-uid-gid!", "g!", "o!", "m!", "Z,context!", "U",
    "X!", "c!", "u!", "L", "k",
    "G,no-group!", "full-time!", "time=!", "sort=!", "time-style=!", "group-directories-first", status=2,
)  # fmt: skip
FOLDER_SIZE = 4096
START_NS = 1_795_420_800 * 10**9
"""Files have the time at which the simulation starts: nothing records when they change."""


def _size(session: Session, path: str) -> int:
    if folder.is_folder(session, path):
        return FOLDER_SIZE
    return len(render(folder.read_file(session, path)).encode("utf-8", "surrogateescape"))


def _human(size: int) -> str:
    value = float(size)
    for suffix in ("", "K", "M", "G"):
        if value < 1024:
            if not suffix:
                return str(size)
            return f"{value:.1f}{suffix}" if value < 10 else f"{value:.0f}{suffix}"
        value /= 1024
    return f"{value:.0f}T"


class _Listing:
    def __init__(self, call: Invocation) -> None:
        self.call = call
        self.out: list[Line] = []

    def order(self, names: list[str], base: str) -> list[str]:
        call = self.call
        names = sorted(names)
        if call.has("S"):
            names.sort(key=lambda name: -_size(call.session, base + name))
        if call.has("r"):
            names.reverse()
        if call.has("group-directories-first"):
            names.sort(key=lambda name: not folder.is_folder(call.session, base + name))
        return names

    def shown(self, name: str, base: str) -> str:
        is_marked = self.call.has("F") or self.call.has("p")
        return (
            name + "/"
            if is_marked and folder.is_folder(self.call.session, base + name) and not name.endswith("/")
            else name
        )

    def print_names(self, names: list[str], base: str) -> None:
        if not self.call.has("l"):
            self._print_short([self.shown(name, base) for name in names])
            return
        sizes = [_size(self.call.session, base + name) for name in names]
        texts = [_human(size) if self.call.has("h") else str(size) for size in sizes]
        width = max((len(text) for text in texts), default=0)
        date = render_date("%b %e %H:%M", START_NS)
        for name, text in zip(names, texts, strict=True):
            mode = "drwxr-xr-x 2" if folder.is_folder(self.call.session, base + name) else "-rw-r--r-- 1"
            self.out.append(Line(f"{mode} root root {text:>{width}} {date} {self.shown(name, base)}"))

    def _print_short(self, names: list[str]) -> None:
        is_tabular = (self.call.session.is_screen or self.call.has("C")) and not self.call.has("1")
        if not is_tabular or not names:
            self.out.extend(Line(name) for name in names)
            return
        for columns in range(len(names), 0, -1):
            height = -(-len(names) // columns)
            stacks = [names[start : start + height] for start in range(0, len(names), height)]
            widths = [max(map(len, stack)) + 2 for stack in stacks]
            if sum(widths) - 2 <= self.call.session.width or columns == 1:
                break
        for row in range(height):
            cells = [(stack[row], width) for stack, width in zip(stacks, widths, strict=True) if row < len(stack)]
            self.out.append(Line("".join(name.ljust(width) for name, width in cells).rstrip()))

    def print_folder(self, path: str) -> None:
        call = self.call
        names = [
            name
            for name in folder.entries(call.session, path)
            if not name.startswith(".") or call.has("a") or call.has("A")
        ]
        base = "" if path == "." else path.rstrip("/") + "/"
        names = self.order(names, base)
        if call.has("a"):
            names = [*names, "..", "."] if call.has("r") else [".", "..", *names]
        if call.has("l"):
            self.out.append(Line(f"total {4 * len(names)}"))
        self.print_names(names, base)

    def print_tree(self, path: str) -> None:
        self.out.append(Line(f"{path}:"))
        self.print_folder(path)
        for name in self.order(folder.entries(self.call.session, path), path.rstrip("/") + "/"):
            inner = f"{path.rstrip('/')}/{name}"
            if folder.is_folder(self.call.session, inner):
                self.out.append(Line(""))
                self.print_tree(inner)


def _ls(call: Invocation) -> Result:
    listing = _Listing(call)
    files: list[str] = []
    folders: list[str] = []
    for name in call.operands or ["."]:
        if folder.is_folder(call.session, name) and not call.has("d"):
            folders.append(name)
        elif folder.is_file(call.session, name) or folder.is_folder(call.session, name):
            files.append(name)
        else:
            call.complain(f"cannot access '{name}': {folder.NO_SUCH_FILE}", 2)
    listing.print_names(listing.order(files, ""), "")
    for path in listing.order(folders, ""):
        if listing.out:
            listing.out.append(Line(""))
        if call.has("R"):
            listing.print_tree(path)
            continue
        if len(call.operands) > 1:
            listing.out.append(Line(f"{path}:"))
        listing.print_folder(path)
    return call.finish(listing.out)


LS = TextTool("ls", OPTIONS, _ls)
