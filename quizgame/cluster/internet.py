"""The Internet as far as free clusters have one: hosts that tools and tutorials ask for by default."""

from __future__ import annotations

from quizgame.cluster.outside import Outside, OutsideHost

_NAMES: dict[str, tuple[str, ...]] = {
    "one.one.one.one": ("1.1.1.1", "1.0.0.1"),
    "k8s.io": ("34.107.204.206",),
    "cilium.io": ("104.198.14.52",),
    "example.com": ("23.192.228.80",),
    "www.example.com": ("23.192.228.80",),
    "google.com": ("142.250.185.78",),
    "www.google.com": ("142.250.185.68",),
    "api.stripe.com": ("54.187.216.72",),
    "github.com": ("140.82.121.4",),
    "api.github.com": ("140.82.121.6",),
    "support.github.com": ("185.199.111.133",),
}
"""Source: cilium/cilium cilium-cli/defaults (the connectivity test's targets), Documentation/security/dns.rst; and what
people type to see whether there is a way out."""
INTERNET = Outside(_NAMES, {ip: OutsideHost(ip) for ips in _NAMES.values() for ip in ips})
"""Each name with its addresses, each address answering on ports 80 and 443."""
