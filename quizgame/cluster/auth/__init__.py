"""Mutual authentication: SPIRE, the agents' handshakes, and the tables in which the datapath looks them up."""
