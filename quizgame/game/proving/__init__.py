"""Executes what questions claim of the simulated world."""
