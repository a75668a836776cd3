"""Scenarios: worlds built from packs, attempts at them, evidence, repair, conduct and score."""
