"""``dig`` in a pod. Source: dig(1) of BIND 9.18 for layout and messages."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.cluster.keyed import keyed_int
from quizgame.datapath.names import NameOutcome, Resolution, ask, candidates, resolver_config
from quizgame.goflags.times import SECOND
from quizgame.tools.output import Line, Result, lines, not_simulated
from quizgame.tools.pod.context import PodContext
from quizgame.tools.pod.network import client_of, name_fact, reach, spend

VERSION = "9.18.28"
_STATUS = {NameOutcome.OK: "NOERROR", NameOutcome.NXDOMAIN: "NXDOMAIN", NameOutcome.REFUSED: "REFUSED"}


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``dig [@SERVER] NAME [TYPE] [+short] [+search]`` in a pod (a ``PodProgram``)."""
    del stdin
    server, name, qtype = "", "", "A"
    flags: set[str] = set()
    for word in argv[1:]:
        if word.startswith("@"):
            server = word[1:]
        elif word in ("+short", "+search", "+noall", "+answer"):
            flags.add(word)
        elif word.startswith(("+", "-")):
            return not_simulated(f"dig {word}")
        elif word.upper() in ("A", "AAAA", "ANY", "CNAME", "SRV", "TXT", "MX", "NS", "PTR"):
            qtype = word.upper()
        elif word.upper() != "IN":
            name = word
    if not name:
        return not_simulated("dig without a name")
    if qtype not in ("A", "AAAA"):
        return not_simulated(f"dig {qtype}")
    config = resolver_config(context.session.world, client_of(context))
    address = config.server
    if server:
        place = reach(context, server)
        spend(context, place.elapsed_ns)
        if not place.ip:
            return Result(stderr=lines(f"dig: couldn't get address for '{server}': not found\n"), exit=10)
        address = place.ip
    names = candidates(name, config) if "+search" in flags else [f"{name.rstrip('.')}."]
    found = ask(context.session.world, client_of(context), address, names[0], qtype=qtype)
    for candidate in names[1:]:
        if found.outcome is not NameOutcome.NXDOMAIN:
            break
        spend(context, found.elapsed_ns)
        found = ask(context.session.world, client_of(context), address, candidate, qtype=qtype)
    spend(context, found.elapsed_ns)
    return _show(context, argv, name, qtype, flags, found)


def _show(
    context: PodContext, argv: Sequence[str], name: str, qtype: str, flags: set[str], found: Resolution
) -> Result:
    facts = (name_fact(context, name, found.outcome, found.ips[:1], found.ips[0] if found.ips else ""),)
    if found.outcome is NameOutcome.TIMEOUT:
        shown = f";; communications error to {found.server}#53: timed out\n" * 2
        if "+short" not in flags:
            shown += f"\n; <<>> DiG {VERSION} <<>> {' '.join(argv[1:])}\n;; global options: +cmd\n"
        return Result(stdout=lines(shown + ";; no servers could be reached\n", facts), exit=9, exit_facts=facts)
    records = [f"{found.alias}." for _ in (0,) if found.alias and found.ips] + list(found.ips)
    if "+short" in flags:
        return Result(stdout=lines("".join(f"{each}\n" for each in records), facts), exit_facts=facts)
    answers, owner = "", found.name
    if found.alias and found.ips:
        answers += f"{owner}\t{found.ttl_s}\tIN\tCNAME\t{found.alias}.\n"
        owner = f"{found.alias}."
    answers += "".join(f"{owner}\t{found.ttl_s}\tIN\t{qtype}\t{ip}\n" for ip in found.ips)
    if "+noall" in flags:
        return Result(stdout=lines(answers, facts), exit_facts=facts)
    session = context.session
    number = keyed_int(session.world.seed, "dig", context.name, name, session.world.clock.now_ns, below=65536)
    head = (
        f"\n; <<>> DiG {VERSION} <<>> {' '.join(argv[1:])}\n;; global options: +cmd\n;; Got answer:\n"
        f";; ->>HEADER<<- opcode: QUERY, status: {_STATUS[found.outcome]}, id: {number}\n"
        f";; flags: qr aa rd; QUERY: 1, ANSWER: {len(records)}, AUTHORITY: 0, ADDITIONAL: 1\n\n"
        f";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n"
        f";; QUESTION SECTION:\n;{found.name}\t\tIN\t{qtype}\n\n"
    )
    if answers:
        head += f";; ANSWER SECTION:\n{answers}\n"
    tail = f";; Query time: {found.elapsed_ns // 1_000_000} msec\n;; SERVER: {found.server}#53({found.server}) (UDP)\n"
    return Result(
        stdout=lines(head + tail + f";; WHEN: {_when(session.world.clock.now_ns)}\n;; MSG SIZE  rcvd: 103\n\n", facts),
        exit_facts=facts,
    )


def _when(now_ns: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(now_ns // SECOND, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
