"""``sed``: its script, and running it over lines."""
