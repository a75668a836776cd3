"""``jq``: its command line, its program and its output."""
