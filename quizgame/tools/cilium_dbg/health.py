"""``cilium-health`` in an agent's pod. Source: reference cilium-dbg, section 17."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.cluster.fabric import agent_on
from quizgame.goflags.command import Command, help_page
from quizgame.goflags.errors import FlagError, UnknownCommandError
from quizgame.goflags.flagset import boolean, string
from quizgame.tools.cilium_dbg.call import JSON_PATH, SOCKET_PROBLEM, as_json
from quizgame.tools.cilium_dbg.commands.status import StatusFacts
from quizgame.tools.cilium_dbg.formats import converted
from quizgame.tools.cilium_dbg.health_text import health_entries
from quizgame.tools.cilium_dbg.model.health import health_model
from quizgame.tools.cilium_dbg.model.status import status_model
from quizgame.tools.cilium_dbg.status_text import aligned
from quizgame.tools.output import Line, Result, lines, not_simulated
from quizgame.tools.pod.context import PodContext

_REFUSED = {"get": "Look at the health daemon's own state", "ping": "Check whether the health daemon answers"}


def _tree() -> Command:
    root = Command(
        "cilium-health",
        long="Client of the health daemon of this node's agent",
        runnable=False,
        persistent_flags=[
            boolean("debug", "Enable debug messages", short="D"),
            string("host", "Address of the health daemon's API", short="H"),
        ],
    )
    status = Command("status", short="Show which nodes are reached", flags=[
        boolean("probe", "Ask for new probes", hidden=True),
        boolean("succinct", "Print the nodes alone, without probes"),
        boolean("verbose", "Print each probe"),
        string("output", "json| yaml| jsonpath='{}'", short="o"),
    ])  # fmt: skip
    return root.add(status, *(Command(name, short=short) for name, short in _REFUSED.items()))


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``cilium-health`` in an agent's pod (a ``PodProgram``)."""
    del stdin
    try:
        found = _tree().invoke([*argv[1:]])
    except (UnknownCommandError, FlagError) as wrong:
        return Result(stderr=lines(f"Error: {f'{wrong}'.rstrip()}\n"), exit=1)
    if found.wants_help or found.command.parent is None:
        return Result(stdout=lines(help_page(found.command)))
    if found.command.name in _REFUSED:
        return not_simulated(f"cilium-health {found.command.name}")
    agent = agent_on(context.session.world, context.cluster.context, context.node_name)
    if not agent.is_serving:
        text = f'Error: Cannot get status: Get "http://localhost/v1beta/status": {SOCKET_PROBLEM}\n'
        return Result(stderr=lines(text.replace("cilium.sock", "health.sock") + "\n"), exit=1)
    health = health_model(context.session.world, agent)
    facts = StatusFacts(context.cluster.context, agent.node, status_model(agent), health)
    form = found.flags.text("output")
    if form in ("json", "yaml") or form.startswith(JSON_PATH):
        return converted(Result(stdout=as_json(health, facts.of("health"))), form)
    if form:
        return Result(stderr=lines("Error: couldn't find output printer\n"), exit=1)
    entries = aligned(health_entries(health, shows_all=True, is_verbose=found.flags.is_on("verbose")))
    return Result(stdout=[Line(entry.text, facts.of(entry.topic)) for entry in entries])
