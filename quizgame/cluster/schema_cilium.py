"""Types of Cilium's custom resources besides network policies. Source: CRDs of the Cilium 1.19 branch point."""

PATTERNS: dict[str, str] = {}

TABLE = """
"""
