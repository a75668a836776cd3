"""The programs of the simulated workstation, by name, each imported when first run.

A network client (``curl``, ``dig``, ``nslookup``, ``nc``, ``ping``, ``wget``) is not among them: it runs in pods, where
there is a network to reach, and the workstation has none of its own. ``cilium-dbg`` is in the agent's pods alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from quizgame.tools.output import Line, Result, not_simulated
from quizgame.tools.session import Session, Tool

PROGRAMS: dict[str, str] = {
    "kubectl": "quizgame.tools.kubectl:KUBECTL",
    "k": "quizgame.tools.kubectl:KUBECTL",
    "cilium": "quizgame.tools.cilium:CILIUM",
    "hubble": "quizgame.tools.hubble_tool:HUBBLE",
    "[": "quizgame.tools.text.test_tool:TEST",
    "awk": "quizgame.tools.text.awk.tool:AWK",
    "base64": "quizgame.tools.text.base64_tool:BASE64",
    "basename": "quizgame.tools.text.names:BASENAME",
    "cat": "quizgame.tools.text.cat:CAT",
    "clear": "quizgame.tools.text.screen:CLEAR",
    "column": "quizgame.tools.text.column:COLUMN",
    "comm": "quizgame.tools.text.comm:COMM",
    "cp": "quizgame.tools.text.files:CP",
    "cut": "quizgame.tools.text.cut:CUT",
    "date": "quizgame.tools.text.date:DATE",
    "diff": "quizgame.tools.text.diff:DIFF",
    "dirname": "quizgame.tools.text.names:DIRNAME",
    "echo": "quizgame.tools.text.echo:ECHO",
    "egrep": "quizgame.tools.text.grep:GREP",
    "false": "quizgame.tools.text.constant:FALSE",
    "fgrep": "quizgame.tools.text.grep:GREP",
    "gawk": "quizgame.tools.text.awk.tool:AWK",
    "grep": "quizgame.tools.text.grep:GREP",
    "head": "quizgame.tools.text.head:HEAD",
    "jq": "quizgame.tools.text.jq.tool:JQ",
    "less": "quizgame.tools.text.cat:PAGER",
    "ls": "quizgame.tools.text.ls:LS",
    "mkdir": "quizgame.tools.text.files:MKDIR",
    "more": "quizgame.tools.text.cat:PAGER",
    "mv": "quizgame.tools.text.files:MV",
    "nano": "quizgame.tools.text.editor:EDITOR",
    "nl": "quizgame.tools.text.nl:NL",
    "paste": "quizgame.tools.text.paste:PASTE",
    "printf": "quizgame.tools.text.printf:PRINTF",
    "rev": "quizgame.tools.text.rev:REV",
    "rm": "quizgame.tools.text.files:RM",
    "rmdir": "quizgame.tools.text.files:RMDIR",
    "sed": "quizgame.tools.text.sed.tool:SED",
    "seq": "quizgame.tools.text.seq:SEQ",
    "sleep": "quizgame.tools.text.sleep:SLEEP",
    "sort": "quizgame.tools.text.sort:SORT",
    "tac": "quizgame.tools.text.tac:TAC",
    "tail": "quizgame.tools.text.tail:TAIL",
    "tee": "quizgame.tools.text.tee:TEE",
    "test": "quizgame.tools.text.test_tool:TEST",
    "timeout": "quizgame.tools.text.timeout:TIMEOUT",
    "touch": "quizgame.tools.text.files:TOUCH",
    "tr": "quizgame.tools.text.tr:TR",
    "true": "quizgame.tools.text.constant:TRUE",
    "uniq": "quizgame.tools.text.uniq:UNIQ",
    "vi": "quizgame.tools.text.editor:EDITOR",
    "vim": "quizgame.tools.text.editor:EDITOR",
    "watch": "quizgame.tools.text.watch:WATCH",
    "wc": "quizgame.tools.text.wc:WC",
    "xargs": "quizgame.tools.text.xargs:XARGS",
    "yes": "quizgame.tools.text.yes:YES",
}
"""Program name to ``module:attribute``; the attribute is a ``Tool``."""

REFUSED = frozenset(
    ("apt", "apt-get", "chmod", "chown", "crictl", "df", "docker", "du", "expr", "file", "find", "free", "git",
     "gzip", "helm", "hostname", "id", "ip", "ipcalc", "killall", "kind", "ln", "locate", "make",
     "man", "md5sum", "minikube", "mktemp", "nohup", "openssl", "perl", "pgrep", "pkill", "podman", "ps",
     "python", "python3", "readlink", "realpath", "rsync", "scp", "sha256sum", "split", "ssh", "stat",
     "strings", "stty", "sudo", "systemctl", "tar", "tmux", "top", "tree", "uname", "unzip", "uptime", "users",
     "who", "whoami", "yq", "zip")
)  # fmt: skip
"""Programs that a real workstation has and this one says plainly that it has not."""


class _Refused:
    """Stands for a program that is not simulated."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        return not_simulated(self.name)


class Programs(Mapping[str, Tool]):
    """A table of programs that imports each when it is first asked for.

    Iterating gives what can be run; a look-up also knows the refused names.

    Args:
        table: name to ``module:attribute``; by default the workstation's.
        refused: names that answer with a refusal.
    """

    def __init__(self, table: Mapping[str, str] = PROGRAMS, refused: frozenset[str] = REFUSED) -> None:
        self._table = table
        self._refused = refused
        self._loaded: dict[str, Tool] = {}

    def __getitem__(self, name: str) -> Tool:
        tool = self._loaded.get(name)
        if tool is None and name in self._refused:
            return _Refused(name)
        if tool is None:
            module_name, _, attribute = self._table[name].partition(":")
            tool = self._loaded[name] = getattr(import_module(module_name), attribute)
        return tool

    def __contains__(self, name: object) -> bool:
        return name in self._table or name in self._refused

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)
