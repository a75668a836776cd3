"""How the agent's lists are printed. Pure. Source: reference cilium-dbg, sections 5, 8, 9 and 13."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from quizgame.tools.cilium_dbg.call import Row, Trailing, table
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line

Model = Mapping[str, Any]
FactsOf = Callable[[Model], tuple[Fact, ...]]


def no_facts(model: Model) -> tuple[Fact, ...]:
    """For callers that want the text alone."""
    del model
    return ()


def identities_table(models: Sequence[Model], facts_of: FactsOf = no_facts) -> list[Line]:
    """Identities, by number."""
    rows = [Row((str(each["id"]), sorted(each["labels"])), facts_of(each)) for each in models]
    return table([("ID", "LABELS")], rows)


def used_identities_table(models: Sequence[Model], facts_of: FactsOf = no_facts) -> list[Line]:
    """Identities of local endpoints, with the number of their users."""
    rows = [
        Row(
            (str(each["identity"]["id"]), sorted(each["identity"]["labels"]), str(each["refCount"])),
            facts_of(each["identity"]),
            further_cells=3,
        )
        for each in models
    ]
    return table([("ID", "LABELS", "REFCOUNT")], rows, Trailing.ROWS)


def nodes_table(models: Sequence[Model], facts_of: FactsOf = no_facts) -> list[Line]:
    """Known nodes."""
    head = ("Name", "IPv4 Address", "Endpoint CIDR", "IPv6 Address", "Endpoint CIDR", "Source")
    rows = []
    for each in models:
        v4, v6 = each["primary-address"]["ipv4"], each["primary-address"]["ipv6"]
        cells = (
            str(each["name"]), v4.get("ip", ""), v4.get("alloc-range", ""), v6.get("ip", ""), v6.get("alloc-range", ""),
            each.get("source", ""),
        )  # fmt: skip
        rows.append(Row(cells, facts_of(each)))
    return table([head], rows)


def ips_table(
    models: Sequence[Model],
    labels_of: Callable[[int], Sequence[str]],
    *,
    is_numeric: bool = False,
    is_verbose: bool = False,
    facts_of: FactsOf = no_facts,
) -> list[Line]:
    """Addresses and prefixes with their identities, as labels or as numbers."""
    rows = []
    for each in sorted(models, key=lambda model: _order(str(model["cidr"]))):
        number = int(each["identity"])
        identity: str | Sequence[str] = str(number)
        if not is_numeric:
            identity = list(labels_of(number)) or str(number)
        cells: tuple[str | Sequence[str], ...] = (str(each["cidr"]), identity, each["metadata"]["source"])
        if is_verbose:
            cells = (*cells, each.get("hostIP") or "", str(each.get("encryptKey") or 0))
        rows.append(Row(cells, facts_of(each), further_cells=3))
    return table([("IP", "IDENTITY", "SOURCE", *(("HOST", "ENCRYPT_KEY") if is_verbose else ()))], rows)


def _order(prefix: str) -> tuple[int, int]:
    network = IPv4Network(prefix)
    return int(network.network_address), network.prefixlen


def services_table(
    models: Sequence[Model], *, shows_affinity: bool = False, facts_of: FactsOf = no_facts
) -> list[Line]:
    """Frontends with their backends, by id."""
    rows = []
    for each in sorted(models, key=lambda model: int(model["spec"]["id"])):
        realized = each["status"]["realized"]
        address = realized["frontend-address"]
        backends = [
            f"{number} => {backend['ip']}:{backend['port']}/{backend['protocol']} ({backend['state']})"
            + (" (preferred)" if shows_affinity and backend.get("preferred") else "")
            for number, backend in enumerate(realized.get("backend-addresses") or (), start=1)
        ]
        frontend = f"{address['ip']}:{address['port']}/{address['protocol']}"
        rows.append(Row((str(realized["id"]), frontend, realized["flags"]["type"], backends), facts_of(each)))
    return table([("ID", "Frontend", "Service Type", "Backend")], rows, Trailing.ALL)


def names_table(models: Sequence[Model], facts_of: FactsOf = no_facts) -> list[Line]:
    """Names of the DNS cache."""
    rows = [
        Row(
            (
                str(each["endpoint-id"]), each["source"], each["fqdn"], str(each.get("ttl", 0)),
                each["expiration-time"], ",".join(each["ips"]),
            ),
            facts_of(each),
        )
        for each in models
    ]  # fmt: skip
    return table([("Endpoint", "Source", "FQDN", "TTL", "ExpirationTime", "IPs")], rows, Trailing.ALL)


def node_ids_table(models: Sequence[Model]) -> list[Line]:
    """Numbers of nodes."""
    return table([("NODE ID", "IP ADDRESSES", "SPI")], [Row((f"{each['id']:#x}", each["ips"])) for each in models])


def maps_table(models: Sequence[Model]) -> list[Line]:
    """Maps with the size of the agent's copy."""
    rows = [
        Row((each["name"], str(each["entries"]), str(each["errors"]), str(each["is-cached"]).lower()))
        for each in models
    ]
    return table([("Name", "Num entries", "Num errors", "Cache enabled")], rows)
