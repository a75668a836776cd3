"""Names that variants draw from."""

from __future__ import annotations

NAMESPACES = ("shop", "orders", "billing", "media", "search", "fleet", "ledger", "travel", "clinic", "games")
SERVERS = ("api", "backend", "store", "db", "queue", "cache", "auth", "index", "pricing", "stock")
CLIENTS = ("web", "portal", "worker", "report", "batch", "mobile", "sync", "importer", "checkout", "crawler")
TEAMS = ("blue", "green", "red", "amber", "violet", "teal")
TIERS = ("gold", "silver", "bronze")
PORTS = (80, 443, 3000, 3306, 5432, 6379, 7070, 8000, 8080, 8443, 9000, 9090)
NODES = ("worker-a", "worker-b", "worker-c", "worker-d")
RESOURCES = ("items", "orders", "users", "carts", "prices", "events", "reports", "tickets")
"""Nouns of paths."""
DOMAINS = ("example.com", "example.org", "example.net", "partner.example", "cloud.example", "vendor.example")
"""All reserved for examples."""
