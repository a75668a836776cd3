"""The format of scenarios."""
