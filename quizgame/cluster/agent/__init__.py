"""The Cilium agent of one node: what it wants, what it has put in force, and what it saw."""
