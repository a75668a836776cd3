"""The vocabulary of facts: what lines of simulated tools tell, and what scenarios may want to have been seen.

Rules for this file: data alone, so that tools and formats share it and neither pays for the other.
"""

from __future__ import annotations

from collections.abc import Mapping

KINDS: dict[str, tuple[str, ...]] = {
    "flow": (
        "cluster", "node", "from", "to", "from_identity", "to_identity", "from_cluster", "to_cluster",
        "port", "protocol", "verdict", "reason", "direction", "type", "reply", "http", "code", "dns",
    ),
    "object": ("cluster", "kind", "namespace", "name", "field", "value"),
    "policy": ("cluster", "kind", "namespace", "name", "valid"),
    "labels": ("cluster", "pod", "label"),
    "identity": ("cluster", "identity", "label", "pod"),
    "enforcement": ("cluster", "pod", "ingress", "egress"),
    "policymap": ("cluster", "pod", "direction", "action", "peer", "port", "protocol", "proxy"),
    "selector": ("cluster", "policy", "identities"),
    "config": ("cluster", "node", "key", "value"),
    "component": ("cluster", "node", "name", "status", "message"),
    "service": ("cluster", "service", "backend", "state", "type", "global", "affinity"),
    "ipcache": ("cluster", "node", "ip", "identity"),
    "dns": ("cluster", "from", "name", "outcome", "ip"),
    "probe": ("cluster", "from", "to", "port", "protocol", "outcome", "code", "method", "path"),
    "mesh": ("cluster", "remote", "status", "message"),
    "event": ("cluster", "object", "reason", "type"),
    "log": ("cluster", "component", "message"),
    "node": ("cluster", "node", "status", "pod_cidr"),
    "route": ("cluster", "node", "prefix", "via", "peer"),
    "bgp": ("cluster", "node", "peer", "state", "local_asn", "peer_asn", "received", "advertised"),
}  # fmt: skip
"""The vocabulary: each kind of fact with the attributes that it may carry. Values are text.

``from`` and ``to`` are ``namespace/pod-or-workload`` for pods, a DNS name or an address for the outside, an entity's
name (``host``, ``world`` …) otherwise. ``outcome`` of a probe is ``ok``, ``timeout``, ``refused``, ``dns``, ``denied``
(HTTP 403 by a proxy) or ``error``; of a dns fact ``ok``, ``nxdomain``, ``timeout``, ``refused``.
"""

MEANINGS: Mapping[str, str] = {
    "flow": "A flow, as Hubble or the monitor shows it.",
    "object": "A field of a Kubernetes object, and its value.",
    "policy": "That a policy is there.",
    "labels": "A label of a pod.",
    "identity": "A label of a numeric identity, or who has it.",
    "enforcement": "Whether an endpoint enforces policy.",
    "policymap": "A row of an endpoint's policy map.",
    "selector": "The identities that a policy's selector stands for.",
    "config": "A key of Cilium's configuration.",
    "component": "How a component is.",
    "service": "A service, or one of its backends.",
    "ipcache": "The identity behind an address.",
    "dns": "What became of looking a name up.",
    "probe": "What a client got.",
    "mesh": "How the connection to another cluster is.",
    "event": "An event of Kubernetes.",
    "log": "A line of a log.",
    "node": "A node.",
    "route": "A route; with a peer, one that is advertised to it by BGP.",
    "bgp": "A BGP session.",
}
"""Kind → what a fact of it tells."""

ATTRIBUTES: Mapping[str, str] = {
    "action": "Allow or Deny.",
    "advertised": "How many routes are advertised.",
    "affinity": "local, remote or none.",
    "backend": "Address of a backend; none where there is none.",
    "cluster": "Kubeconfig context in which it was seen.",
    "code": "HTTP status.",
    "component": "Whose log.",
    "direction": "INGRESS or EGRESS; of a policy map ingress or egress.",
    "dns": "The name asked for.",
    "egress": "Enabled, Disabled, or Disabled (Audit).",
    "field": "The field's path, as spec.ingress[0].toPorts[0].ports[0].port.",
    "from": "Who sends: NAMESPACE/WORKLOAD, an entity, a name or an address.",
    "from_cluster": "Cilium's name of the sender's cluster.",
    "from_identity": "The sender's numeric identity.",
    "global": "Whether the service is global: true or false.",
    "http": "The request, as POST /path.",
    "identities": "Numeric identities, separated by commas; none where there are none.",
    "identity": "The numeric identity.",
    "ingress": "Enabled, Disabled, or Disabled (Audit).",
    "ip": "The address.",
    "key": "The key.",
    "kind": "The object's kind.",
    "label": "KEY=VALUE; of identities with the source before it.",
    "local_asn": "AS number of the node's virtual router.",
    "message": "What it says.",
    "method": "HTTP method.",
    "name": "The name.",
    "namespace": "The namespace.",
    "node": "Name of the node.",
    "object": "NAMESPACE/NAME of what it is about.",
    "outcome": "ok, timeout, refused, reset, denied, dns or error; of a look-up ok, nxdomain, timeout or refused.",
    "path": "HTTP path.",
    "peer": "A label of the peer, or ANY; in BGP the router's address.",
    "peer_asn": "AS number that the router is taken for.",
    "pod": "NAMESPACE/WORKLOAD.",
    "pod_cidr": "Range of pod addresses.",
    "policy": "The policy.",
    "port": "Destination port.",
    "prefix": "The prefix.",
    "protocol": "TCP, UDP, SCTP or ICMP.",
    "proxy": "What it redirects to; NONE where it does not.",
    "reason": "The reason, as POLICY_DENIED.",
    "received": "How many routes were received.",
    "remote": "Cilium's name of the other cluster.",
    "reply": "Whether it is a reply: true or false.",
    "service": "NAMESPACE/NAME of the service.",
    "state": "State of the backend; of a BGP session idle, active, open_sent or established.",
    "status": "How it is.",
    "to": "Who receives: NAMESPACE/WORKLOAD or service, an entity, a name or an address.",
    "to_cluster": "Cilium's name of the receiver's cluster.",
    "to_identity": "The receiver's numeric identity.",
    "type": "The type; of a flow drop, trace, policy-verdict, trace-sock or l7.",
    "valid": "Whether the agent accepts it: True or False.",
    "value": "The value.",
    "verdict": "FORWARDED, DROPPED, REDIRECTED, AUDIT, TRACED or TRANSLATED.",
    "via": "The next hop.",
}
"""Attribute → what it holds."""
