"""The commands of ``cilium-dbg``, one module a group."""
