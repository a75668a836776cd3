"""``cilium clustermesh connect`` and ``disconnect``. Source: reference, section 7; facts F-52, F-54, F-55."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from itertools import combinations
from typing import TYPE_CHECKING

from quizgame.cluster.mesh.config import cluster_name_of, connect, disconnect
from quizgame.goflags.flagset import Flag, boolean, integer, string, string_slice
from quizgame.tools.cilium.call import BareFailure, Call, CommandFailed, Sub
from quizgame.tools.cilium.clustermesh.access import Access, AccessProblem, access_of
from quizgame.tools.facts import fact

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

_CONNECT, _DISCONNECT = "connect cluster", "disconnect clusters"
_MAX_IDS = (255, 511)


class Mode(Enum):
    """Which clusters are configured."""

    UNICAST = "unicast"
    BIDIRECTIONAL = "bidirectional"
    MESH = "mesh"


def _mode(call: Call, what: str) -> Mode:
    text = call.flags.text("connection-mode")
    try:
        return Mode(text)
    except ValueError:
        call.say(f"❌ {text} is not a correct connection mode.")
        call.say(f"Available connection modes: {', '.join(mode.value for mode in Mode)}")
        raise CommandFailed(f"Unable to {what}: {text} is not a correct connection mode") from None


def _mode_flag() -> Flag:
    return string("connection-mode", "Which clusters to configure: unicast, bidirectional or mesh",
                  default="bidirectional", choices=[mode.value for mode in Mode])  # fmt: skip


def _destination_flag() -> Flag:
    return string_slice("destination-context", "Kubeconfig contexts of the other clusters, separated by commas")


def _access(call: Call, cluster: Cluster) -> Access:
    name = cluster.cluster_name if cluster.config else cluster.context
    call.say(f"✨ Extracting access information of cluster {name}...")
    call.say(f"🔑 Extracting secrets from cluster {name}...")
    try:
        access = access_of(cluster, call.namespace, call.say)
    except AccessProblem as problem:
        call.say(f'❌ Unable to retrieve access information of cluster "{cluster.context}": {problem}')
        raise CommandFailed(f"Unable to {_CONNECT}: {problem}") from None
    return access


def _remotes(call: Call, contexts: Iterable[str]) -> list[Cluster]:
    found = []
    for context in contexts:
        try:
            found.append(call.cluster_of(context))
        except BareFailure as problem:
            raise CommandFailed(
                f'Unable to {_CONNECT}: unable to create Kubernetes client to access remote cluster "{context}": '
                f"{problem}"
            ) from None
    return found


def _check_pair(local: Access, remote: Access) -> None:
    """Refuse clusters that cannot be told apart. Source: reference cilium-cli, section 7, checks before connecting."""
    problem = ""
    if local.cluster_name == remote.cluster_name:
        problem = f"local and remote cluster have the same, non-unique name: {local.cluster_name}"
    elif local.cluster_id == remote.cluster_id:
        problem = f"local and remote cluster have the same, non-unique ID: {local.cluster_id}"
    elif local.max_connected != remote.max_connected:
        problem = (
            f"local and remote cluster have different max connected clusters values: {local.max_connected} != "
            f"{remote.max_connected}"
        )
    for access in (local, remote):
        if not problem and not 1 <= access.cluster_id <= access.max_connected:
            problem = (
                f"invalid cluster id {access.cluster_id} of cluster {access.cluster_name}, must be between 1 and "
                f"{access.max_connected}"
            )
    if problem:
        raise CommandFailed(f"Unable to {_CONNECT}: {problem}")


def _check_authorities(call: Call, local: Access, remote: Access) -> bool:
    """Compare the authorities; whether the other one has to be added to the bundle."""
    if local.ca == remote.ca:
        return False
    text = f"Cilium CA certificates do not match between clusters {local.cluster_name} and {remote.cluster_name}."
    known = (
        fact("mesh", cluster=call.context, remote=remote.cluster_name, status="ca-mismatch"),
    )  # fmt: skip
    if not call.flags.is_on("allow-mismatching-ca"):
        message = f"{text} Use --allow-mismatching-ca to allow this by adding remote CAs to the CA bundle"
        call.complain(f"\nError: Unable to {_CONNECT}: {message}", known)
        call.result.exit = 1
        raise _Told
    call.say(f"⚠️ {text} Remote cluster CA will be trusted in the CA bundle", known)
    return True


class _Told(Exception):
    """The command has failed and has said so."""


def _connect(call: Call) -> None:
    try:
        _connect_all(call)
    except _Told:
        return


def _connect_all(call: Call) -> None:
    mode = _mode(call, _CONNECT)
    contexts = call.flags.texts("destination-context")
    remotes = _remotes(call, contexts)
    local = _access(call, call.cluster)
    call.say(_found(local))
    if not remotes:
        call.say(f"ℹ️ Configuring Cilium in cluster {call.context} to connect to cluster ")
        return
    accesses = {call.context: local}
    for remote in remotes:
        accesses[remote.context] = _access(call, remote)
        call.say(_found(accesses[remote.context]))
    clusters = {call.context: call.cluster, **{remote.context: remote for remote in remotes}}
    pairs = [(call.context, remote.context) for remote in remotes]
    if mode is Mode.MESH:
        pairs = list(combinations(clusters, 2))
    adds = {}
    for one, other in pairs:
        _check_pair(accesses[one], accesses[other])
        adds[one, other] = _check_authorities(call, accesses[one], accesses[other])
    for one, other in pairs:
        ways = [(one, other)] if mode is Mode.UNICAST else [(one, other), (other, one)]
        for source, target in ways:
            call.say(f"ℹ️ Configuring Cilium in cluster {source} to connect to cluster {target}")
            connect(clusters[source], clusters[target], adds_ca=adds[one, other])
    call.world.settle()
    for one, other in pairs:
        arrow = "=>" if mode is Mode.UNICAST else "<=>"
        call.say(f"✅ Connected cluster {one} {arrow} {other}!")


def _found(access: Access) -> str:
    return f"ℹ️  Found ClusterMesh service IPs: [{' '.join(access.ips)}]"


def _disconnect(call: Call) -> None:
    mode = _mode(call, _DISCONNECT)
    contexts = call.flags.texts("destination-context")
    if not contexts:
        raise CommandFailed(
            f"Unable to {_DISCONNECT}: no destination context specified, use --destination-context to specify which "
            "cluster to disconnect from"
        )
    remotes = _remotes(call, contexts)
    clusters = {call.context: call.cluster, **{remote.context: remote for remote in remotes}}
    pairs = [(call.context, remote.context) for remote in remotes]
    if mode is Mode.MESH:
        pairs = list(combinations(clusters, 2))
    for one, other in pairs:
        ways = [(one, other)] if mode is Mode.UNICAST else [(one, other), (other, one)]
        for source, target in ways:
            call.say(f"ℹ️ Configuring Cilium in cluster {source} to disconnect from cluster {target}")
            disconnect(clusters[source], cluster_name_of(clusters[target].api))
    call.world.settle()
    for one, other in pairs:
        arrow = "x>" if mode is Mode.UNICAST else "<x>"
        call.say(f"✅ Disconnected clusters {one} {arrow} {other}!")


COMMANDS = (
    Sub("clustermesh connect", "connect", "Connect to other clusters", _connect, lambda: [
        boolean("allow-mismatching-ca", "Accept clusters with another CA, by adding it to the CA bundle"),
        _mode_flag(),
        _destination_flag(),
        string_slice("destination-endpoint", "Address of the other cluster's ClusterMesh service"),
        integer("parallel", "How many clusters to connect at once", default=1),
        string_slice("source-endpoint", "Address of this cluster's ClusterMesh service"),
    ], refused_flags=frozenset(("destination-endpoint", "source-endpoint"))),
    Sub("clustermesh disconnect", "disconnect", "Disconnect from other clusters", _disconnect,
        lambda: [_mode_flag(), _destination_flag()]),
)  # fmt: skip
