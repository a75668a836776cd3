"""The fake ``cilium-dbg`` of the agent pods: one module a command group, one ordered list naming them."""
