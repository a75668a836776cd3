"""All commands of ``cilium``: groups, what is simulated, what is refused. Source: reference cilium-cli, section 1."""

from __future__ import annotations

from quizgame.tools.cilium import bgp, configuration, encryption, features, hubble, release, versions
from quizgame.tools.cilium.call import Sub
from quizgame.tools.cilium.clustermesh import connecting, enabling, inspect
from quizgame.tools.cilium.clustermesh import status as mesh_status
from quizgame.tools.cilium.connectivity import command as connectivity
from quizgame.tools.cilium.status import command as status

ROOT_LONG = "Install, look after and troubleshoot Cilium in Kubernetes clusters."
ROOT_EXAMPLE = """Examples:

Install Cilium in the present context

  $ cilium install

See how it is

  $ cilium status

Turn Hubble's Relay on

  $ cilium hubble enable

Test whether traffic flows

  $ cilium connectivity test"""

GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("bgp", "Look at the BGP control plane", ()),
    ("clustermesh", "Join clusters to a mesh", ()),
    ("config", "Look at and change the configuration", ()),
    ("connectivity", "Test connectivity", ()),
    ("encryption", "Look at transparent encryption", ("encrypt",)),
    ("features", "Show which features are on", ("fs",)),
    ("hubble", "Hubble observability", ()),
    ("multicast", "Manage multicast groups", ()),
    ("multicast list", "Show multicast groups", ()),
)
"""Groups in the order of their making: path, summary, aliases."""

COMMANDS: tuple[Sub, ...] = (
    *status.COMMANDS,
    *configuration.COMMANDS,
    *release.COMMANDS,
    *versions.COMMANDS,
    *connectivity.COMMANDS,
    *mesh_status.COMMANDS,
    *enabling.COMMANDS,
    *connecting.COMMANDS,
    *inspect.COMMANDS,
    *bgp.COMMANDS,
    *encryption.COMMANDS,
    *hubble.COMMANDS,
    *features.COMMANDS,
)
"""Everything that is simulated."""

REFUSED: tuple[tuple[str, str, str], ...] = (
    ("completion", "completion [bash|zsh|fish|powershell]", "Print a completion script for a shell"),
    ("connectivity perf", "perf", "Measure how fast the network is"),
    ("sysdump", "sysdump", "Collect what is needed to find problems of Cilium and Hubble"),
    ("multicast add", "add", "Add all nodes to a multicast group"),
    ("multicast delete", "delete", "Delete a multicast group"),
    ("multicast list group", "group", "List the multicast groups of every node"),
    ("multicast list subscriber", "subscriber", "List the subscribers of a multicast group"),
)
"""Commands of the real tool that the simulation does not have: path, usage, summary."""
