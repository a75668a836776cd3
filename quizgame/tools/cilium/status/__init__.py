"""``cilium status``."""
