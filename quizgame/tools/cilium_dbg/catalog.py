"""The groups of ``cilium-dbg``, and what of it is not simulated. Names: reference golden ``cilium-dbg/help``."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.goflags.flagset import Flag, boolean, duration, integer, string, string_slice

GROUPS: dict[str, str] = {
    "bgp": "Look at the BGP control plane",
    "bpf": "Look at the BPF maps of this node",
    "bpf auth": "Look at authenticated connections",
    "bpf bandwidth": "Look at the bandwidth limits",
    "bpf config": "Look at the datapath's run-time configuration",
    "bpf ct": "Look at connection tracking",
    "bpf egress": "Look at the egress gateway's rules",
    "bpf endpoint": "Look at the local endpoints",
    "bpf frag": "Look at fragments of IPv4 datagrams",
    "bpf fs": "Look at the BPF file system",
    "bpf ipcache": "Look at the map from addresses to identities",
    "bpf ipmasq": "Look at the prefixes of ip-masq-agent",
    "bpf lb": "Look at load balancing",
    "bpf lb maglev": "Look at Maglev's tables",
    "bpf metrics": "Look at the datapath's counters",
    "bpf multicast": "Look at multicast",
    "bpf multicast group": "Look at multicast groups",
    "bpf multicast subscriber": "Look at multicast subscribers",
    "bpf nat": "Look at address translation",
    "bpf nat retries": "Look at retries of port selection",
    "bpf nodeid": "Look at the numbers of nodes",
    "bpf policy": "Look at the policy maps",
    "bpf sha": "Look at compiled datapath templates",
    "bpf socknat": "Look at socket translation",
    "bpf srv6": "Look at SRv6",
    "bpf vtep": "Look at VTEP mappings",
    "cgroups": "Look at the cgroups of pods",
    "encrypt": "Look at transparent encryption",
    "endpoint": "Look at the endpoints of this node",
    "envoy": "Look at Envoy",
    "envoy admin": "Ask Envoy's admin interface",
    "envoy admin logging": "Look at Envoy's log levels",
    "fqdn": "Look at the DNS proxy",
    "fqdn cache": "Look at the DNS cache",
    "identity": "Look at security identities",
    "ip": "Look at the agent's addresses",
    "kvstore": "Use the key-value store",
    "lrp": "Look at local redirect policies",
    "map": "Look at the agent's copies of BPF maps",
    "metrics": "Look at the agent's metrics",
    "node": "Look at the known nodes",
    "nodeid": "Look at the numbers of nodes",
    "policy": "Look at the policies in force",
    "prefilter": "Look at the XDP prefix filters",
    "preflight": "Check before an upgrade",
    "service": "Look at the services",
    "troubleshoot": "Find out why the control plane is not connected",
}
"""Groups with their summaries, parents before children."""

REFUSED: dict[str, str] = {
    "bpf endpoint delete": "Delete an endpoint's entry",
    "bpf fs show": "Show the mount of the BPF file system",
    "bpf ipcache delete": "Delete an entry",
    "bpf ipcache update": "Change an entry",
    "bpf multicast group add": "Add a group",
    "bpf multicast group delete": "Delete a group",
    "bpf multicast group list": "List the groups",
    "bpf multicast subscriber add": "Add a subscriber",
    "bpf multicast subscriber delete": "Delete a subscriber",
    "bpf multicast subscriber list": "List the subscribers",
    "bpf nat retries flush": "Set the counters of retries to zero",
    "bpf policy add": "Add an entry",
    "bpf policy delete": "Delete an entry",
    "bpf sha get": "Show a template",
    "bpf sha list": "List the templates",
    "bpf socknat list": "List the translations of sockets",
    "bpf srv6 policy": "List the policies",
    "bpf srv6 sid": "List the segment identifiers",
    "bpf srv6 vrf": "List the VRFs",
    "bpf vtep delete": "Delete a mapping",
    "bpf vtep update": "Change a mapping",
    "build-config": "Work out this node's configuration from all its sources",
    "cgroups list": "List the cgroups",
    "debuginfo": "Collect information for debugging",
    "encrypt dump-xfrm": "Print the kernel's XFRM states",
    "endpoint disconnect": "Disconnect an endpoint",
    "envoy admin certs": "Show Envoy's certificates",
    "envoy admin clusters": "Show Envoy's clusters",
    "envoy admin config": "Show Envoy's configuration",
    "envoy admin listeners": "Show Envoy's listeners",
    "envoy admin logging list": "List the log levels",
    "envoy admin logging set": "Set log levels",
    "envoy admin metrics": "Show Envoy's metrics",
    "envoy admin serverinfo": "Show information on Envoy itself",
    "kvstore delete": "Delete a key",
    "kvstore get": "Read a key",
    "kvstore set": "Write a key",
    "loadinfo": "Show the load of the node",
    "map events": "Show what happened to a map",
    "post-uninstall-cleanup": "Remove what an agent leaves on a node",
    "prefilter delete": "Delete prefixes",
    "prefilter list": "List the prefixes",
    "prefilter update": "Change the prefixes",
    "preflight fqdn-poller": "Prepare the DNS cache for an upgrade",
    "preflight migrate-identity": "Move identities from the key-value store to custom resources",
    "preflight validate-cnp": "Validate the policies of the cluster",
    "statedb": "Print the agent's tables as JSON",
}
"""Commands that are not simulated, with their summaries."""


def _output() -> list[Flag]:
    return [string("output", "json| yaml| jsonpath='{}'", short="o")]


OTHER_FLAGS: dict[str, Callable[[], list[Flag]]] = {
    "bgp peers": lambda: [boolean("capabilities", "Show what the peers can do", short="c")],
    "bpf ct list": lambda: [
        integer("time-diff-clocksource-hz", "Frequency of the clock for --time-diff", default=250, kind="int"),
        string("time-diff-clocksource-mode", "Clock for --time-diff"),
    ],
        "endpoint labels": lambda: [
        string_slice("add", "Labels to add", short="a"),
        string_slice("delete", "Labels to delete", short="d"),
    ],
    "shell": lambda: [string("shell-sock-path", "Socket of the shell", default="/var/run/cilium/shell.sock")],
    "troubleshoot clustermesh": lambda: [
        string("clustermesh-config", "Folder of the configuration", default="/var/lib/cilium/clustermesh/"),
        duration("timeout", "How long to wait for a connection", default=5_000_000_000),
        boolean("without-service-resolution", "Do not resolve the names of services"),
    ],
}  # fmt: skip
"""Flags of simulated commands that are not simulated."""
