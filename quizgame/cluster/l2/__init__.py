"""L2 announcements: which node answers ARP for which service address."""
