"""Output formats of kubectl other than tables."""
