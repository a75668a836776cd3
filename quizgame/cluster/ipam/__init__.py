"""IP address management: modes, pools, clouds, and what operator and agents write for each other."""
