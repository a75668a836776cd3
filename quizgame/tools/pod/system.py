"""Small programs of a container that tell about itself: ``env``, ``hostname``, ``id``, ``ps`` and their like."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.cluster.objects import dig
from quizgame.tools.output import Line, Result, failure, not_simulated
from quizgame.tools.pod.context import PodContext
from quizgame.tools.pod.environment import container_of, environment_of, hostname_of

_ROOT = "uid=0(root) gid=0(root) groups=0(root)"
_KERNEL = "6.12.48"


def refused(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """A program that the container has and the simulation has not."""
    return not_simulated(f"{argv[0]} in a pod")


def env(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """``env`` without arguments; it runs no other program here."""
    if len(argv) > 1:
        return not_simulated(f"{argv[0]} {argv[1]} in a pod")
    return Result([Line(f"{key}={value}") for key, value in environment_of(context).items()])


def printenv(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """``printenv [NAME…]``."""
    if len(argv) == 1:
        return env(["env"], context, stdin)
    values = environment_of(context)
    found = [Line(values[name]) for name in argv[1:] if name in values]
    return Result(found, exit=int(len(found) < len(argv) - 1))


def hostname(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """``hostname [-i|-f|-s]``."""
    match list(argv[1:]):
        case [] | ["-s"] | ["-f"]:
            return Result([Line(hostname_of(context))])
        case ["-i" | "-I"]:
            return Result([Line(str(dig(context.pod, "status", "podIP", default="")))])
    return not_simulated(f"hostname {argv[1]}")


def id_(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """``id [-u|-g]``: containers run as the user of their security context, root by default."""
    user = _user(context)
    match list(argv[1:]):
        case []:
            return Result([Line(_ROOT if not user else f"uid={user} gid=0(root) groups=0(root)")])
        case ["-u"]:
            return Result([Line(str(user))])
        case ["-g" | "-G"]:
            return Result([Line("0")])
        case ["-un"] if not user:
            return Result([Line("root")])
    return not_simulated(f"id {argv[1]}")


def whoami(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """``whoami``."""
    user = _user(context)
    return failure(f"whoami: cannot find name for user ID {user}") if user else Result([Line("root")])


def _user(context: PodContext) -> int:
    own = dig(container_of(context), "securityContext", "runAsUser")
    return int(own if own is not None else dig(context.pod, "spec", "securityContext", "runAsUser", default=0))


def uname(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """``uname [-a|-n|-r|-s|-m]``."""
    node = context.cluster.api.find("nodes", context.node_name)
    kernel = str(dig(node, "status", "nodeInfo", "kernelVersion", default=_KERNEL))
    name = hostname_of(context)
    shown = {
        "-s": "Linux",
        "-n": name,
        "-r": kernel,
        "-m": "x86_64",
        "-a": f"Linux {name} {kernel} #1 SMP x86_64 GNU/Linux",
    }
    option = argv[1] if len(argv) > 1 else "-s"
    return Result([Line(shown[option])]) if option in shown else not_simulated(f"uname {option}")


def ps(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """``ps``: the container's own process and this one."""
    container = container_of(context)
    words = [*(container.get("command") or ()), *(container.get("args") or ())] or [context.container]
    command = " ".join(" ".join(map(str, words)).split())
    rows = [("PID", "USER", "TIME", "COMMAND"), ("1", "root", "0:00", command), ("27", "root", "0:00", " ".join(argv))]
    return Result([Line(f"{pid:>5} {user:<8} {time:>5} {shown}") for pid, user, time, shown in rows])
