"""``kubectl describe``: how each kind is described."""
