"""``nslookup`` in a pod (the one of BIND). Source: nslookup(1) for layout and messages."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.addresses import is_ipv4
from quizgame.datapath.names import NameOutcome, Resolution, ask, candidates, resolver_config
from quizgame.tools.output import Line, Result, lines
from quizgame.tools.pod.context import PodContext
from quizgame.tools.pod.network import client_of, name_fact, reach, spend

TIMED_OUT = ";; communications error to {server}#53: timed out\n"


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``nslookup NAME [SERVER]`` in a pod (a ``PodProgram``)."""
    del stdin
    words = [word for word in argv[1:] if not word.startswith("-")]
    options = [word for word in argv[1:] if word.startswith("-")]
    known_options = ("-type=a", "-type=A", "-query=A", "-query=a", "-debug", "-timeout", "-retry", "-port=53")
    for option in options:
        if not option.startswith(known_options):
            return Result(stderr=lines(f"quizgame: nslookup {option} is not simulated\n"), exit=3)
    if not words:
        return Result(stderr=lines("quizgame: interactive nslookup is not simulated\n"), exit=3)
    name = words[0]
    config = resolver_config(context.session.world, client_of(context))
    server = config.server
    if len(words) > 1:
        place = reach(context, words[1])
        spend(context, place.elapsed_ns)
        if not place.ip:
            return Result(stderr=lines(f"nslookup: couldn't get address for '{words[1]}': not found\n"), exit=1)
        server = place.ip
    if is_ipv4(name):
        return Result(stdout=lines(f"** server can't find {_reverse(name)}: NXDOMAIN\n\n"), exit=1)
    last: Resolution | None = None
    for candidate in candidates(name, config):
        last = ask(context.session.world, client_of(context), server, candidate)
        spend(context, last.elapsed_ns)
        if last.outcome is not NameOutcome.NXDOMAIN:
            break
    return _show(context, name, server, last)


def _show(context: PodContext, name: str, server: str, found: Resolution | None) -> Result:
    outcome = NameOutcome.NXDOMAIN if found is None else found.outcome
    if found is None or outcome is NameOutcome.TIMEOUT:
        facts = (name_fact(context, name, NameOutcome.TIMEOUT),)
        shown = TIMED_OUT.format(server=server) * 2 + ";; no servers could be reached\n\n"
        return Result(stdout=lines(shown, facts), exit=1, exit_facts=facts)
    head = f"Server:\t\t{server}\nAddress:\t{server}#53\n\n"
    if outcome is not NameOutcome.OK:
        facts = (name_fact(context, name, outcome),)
        code = "REFUSED" if outcome is NameOutcome.REFUSED else "NXDOMAIN"
        return Result(
            stdout=lines(head) + lines(f"** server can't find {name}: {code}\n\n", facts), exit=1, exit_facts=facts
        )
    bare = found.name.rstrip(".")
    if not found.ips:
        shown = f"*** Can't find {bare}: No answer\n\n"
        return Result(stdout=lines(head + shown), exit=1)
    result = Result(stdout=lines(head))
    if found.alias:
        result.stdout += lines(f"{bare}\tcanonical name = {found.alias}.\n")
        bare = found.alias
    for ip in found.ips:
        facts = (name_fact(context, name, outcome, (ip,), ip),)
        result.stdout += lines(f"Name:\t{bare}\n") + lines(f"Address: {ip}\n", facts)
        result.exit_facts += facts
    result.stdout += lines("\n")
    return result


def _reverse(ip: str) -> str:
    return ".".join(reversed(ip.split("."))) + ".in-addr.arpa"
