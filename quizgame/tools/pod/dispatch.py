"""Running a program in a container: which programs are there, and what finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from quizgame.tools import registry
from quizgame.tools.output import Line, Result, failure
from quizgame.tools.pod.context import PodContext, PodProgram
from quizgame.tools.pod.environment import environment_of, files_of
from quizgame.tools.session import Session, Tool

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

NOT_FOUND = 127
_FOLDERS = ("/bin/", "/usr/bin/", "/usr/local/bin/", "/sbin/", "/usr/sbin/")

# Programs by what brings them: ``module:attribute``, imported when run.
SYSTEM: dict[str, str] = {
    "env": "quizgame.tools.pod.system:env",
    "printenv": "quizgame.tools.pod.system:printenv",
    "hostname": "quizgame.tools.pod.system:hostname",
    "id": "quizgame.tools.pod.system:id_",
    "whoami": "quizgame.tools.pod.system:whoami",
    "uname": "quizgame.tools.pod.system:uname",
    "ps": "quizgame.tools.pod.system:ps",
    "ip": "quizgame.tools.pod.ip:run",
}
NETWORK: dict[str, str] = {
    name: f"quizgame.tools.pod.{name}:run"
    for name in ("arping", "curl", "iperf3", "wget", "nslookup", "dig", "nc", "ping")
}
AGENT: dict[str, str] = {
    "cilium-dbg": "quizgame.tools.cilium_dbg.program:run",
    "cilium": "quizgame.tools.cilium_dbg.program:run",
    "cilium-health": "quizgame.tools.cilium_dbg.health:run",
    "hubble": "quizgame.tools.pod.hubble:run",
}
# Source: cilium/cilium v1.19 images/runtime: what the agent's image brings beside the agent.
AGENT_REFUSED: dict[str, str] = dict.fromkeys(
    ("bpftool", "ip6tables", "ip6tables-save", "ipset", "iptables", "iptables-save", "jq", "tc"),
    "quizgame.tools.pod.system:refused",
)
"""Programs of the agent's image that say plainly that they are not simulated."""
MIRROR: dict[str, str] = {"clustermesh-apiserver": "quizgame.tools.pod.mesh_api_server:run"}
SPIRE: dict[str, str] = {"/opt/spire/bin/spire-server": "quizgame.tools.pod.spire_server:run"}
_WORKSTATION_ONLY = frozenset(("kubectl", "k", "cilium", "hubble", "nano", "vi", "vim", "jq", "column", "clear"))
_TEXT: dict[str, str] = {name: target for name, target in registry.PROGRAMS.items() if name not in _WORKSTATION_ONLY}
"""The text tools of the workstation are in every image that has a shell."""

SHELLS = frozenset(("sh", "bash"))


_SHELLLESS = frozenset((
    "hubble-relay", "coredns", "etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "pause",
    "clustermesh-apiserver", "cilium-envoy", "spire-agent",
))  # fmt: skip


def programs_of(pod: Mapping[str, Any], container: str) -> dict[str, str]:
    """The programs in a container's image by name; none at all for images that hold a single binary.

    # Simplified: what an image holds is told by its name. Cilium's operator, Relay and CoreDNS images have no shell;
    # the agent's has the agent's tools and no network clients; every other image has all the clients.
    """
    image = next((each.get("image", "") for each in _containers(pod) if each["name"] == container), "")
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if name == "clustermesh-apiserver" and container == "kvstoremesh":
        return MIRROR
    if name == "spire-server":
        return SPIRE
    if name in _SHELLLESS or name.startswith("operator"):
        return {}
    if name == "cilium":
        return _TEXT | SYSTEM | AGENT | AGENT_REFUSED
    return _TEXT | SYSTEM | NETWORK


def _containers(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    spec = pod.get("spec", {})
    yield from spec.get("containers") or ()
    yield from spec.get("ephemeralContainers") or ()
    yield from spec.get("initContainers") or ()


def run_in_pod(
    session: Session,
    cluster: Cluster,
    pod: Mapping[str, Any],
    container: str,
    argv: Sequence[str],
    stdin: Sequence[Line],
) -> Result:
    """Run one program in a container.

    Args:
        session: The learner's shell.
        cluster: The pod's cluster.
        pod: The pod as stored.
        container: Name of the container.
        argv: The program and its arguments.
        stdin: What is fed to it.

    Returns:
        What it printed; status 127 with the container runtime's words where there is no such program.
    """
    context = PodContext(session, cluster, pod, container)
    table = programs_of(pod, container)
    name = _base(argv[0])
    if name not in table and not (name in SHELLS and table):
        return failure(_no_such_program(argv[0]), NOT_FOUND)
    return _Inside(context, table).run([name, *argv[1:]], stdin)


def _base(typed: str) -> str:
    folder, _, name = typed.rpartition("/")
    return name if f"{folder}/" in _FOLDERS else typed


def _no_such_program(typed: str) -> str:
    # Source: golden kubectl/exec-notfound-bin (runc's words); a path gets the system's own.
    reason = f"stat {typed}: no such file or directory" if "/" in typed else "executable file not found in $PATH"
    return f'OCI runtime exec failed: exec failed: unable to start container process: exec: "{typed}": {reason}'


class _Inside:
    """A container as a shell sees it: its files, environment and programs."""

    def __init__(self, context: PodContext, table: Mapping[str, str]) -> None:
        # Simplified: what a program writes into the container's files is gone when it ends.
        self.context = context
        environment = environment_of(context)
        self.session = Session(
            context.session.world,
            variables=dict(environment),
            files=files_of(context),
            cwd="/",
            stream_span_s=context.session.stream_span_s,
            is_screen=context.session.is_screen,
            stream=context.session.stream,
        )
        self.exported = set(environment)
        self.tools = _PodTools(context, table)
        self.session.run_program = self._run_named

    def _run_named(self, argv: Sequence[str], stdin: Sequence[Line]) -> Result:
        """Run a program for another one, such as ``timeout``; status 127 where there is no such program."""
        name = _base(argv[0])
        if name not in self.tools and name not in SHELLS:
            return Result(exit=NOT_FOUND)
        return self.run([name, *argv[1:]], stdin)

    def run(self, argv: Sequence[str], stdin: Sequence[Line]) -> Result:
        """Run a program; shells run their script with the programs of the container."""
        if argv[0] in self.tools:
            return self.tools[argv[0]].run(argv, self.session, stdin)
        from quizgame.tools.shell.executor import Shell

        shell = Shell(self.session, self.tools, argv[0])
        shell.state.exported |= self.exported
        return shell.run_program(argv, stdin)


class _PodTools(Mapping[str, Tool]):
    """The programs of a container as a shell looks them up."""

    def __init__(self, context: PodContext, table: Mapping[str, str]) -> None:
        self._context = context
        self._table = table

    def __getitem__(self, name: str) -> Tool:
        target = self._table[name]
        if target is _TEXT.get(name):
            return _text_tools()[name]
        return _PodTool(name, target, self._context)

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


def _text_tools() -> registry.Programs:
    return registry.Programs(_TEXT)


class _PodTool:
    """A program of a container in the shape of a workstation's tool."""

    def __init__(self, name: str, target: str, context: PodContext) -> None:
        self.name = name
        self._target = target
        self._context = context

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Run it in the container; what streams ends when it would in the session at hand."""
        module_name, _, attribute = self._target.partition(":")
        program: PodProgram = getattr(import_module(module_name), attribute)
        outer = self._context.session
        before = (outer.stream_span_s, outer.is_screen, outer.stream)
        outer.stream_span_s, outer.is_screen, outer.stream = session.stream_span_s, session.is_screen, session.stream
        try:
            return program(argv, self._context, stdin)
        finally:
            outer.stream_span_s, outer.is_screen, outer.stream = before
