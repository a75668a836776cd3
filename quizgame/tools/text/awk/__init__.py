"""``awk``: its language, and running it over lines."""
