"""``cilium clustermesh``."""
