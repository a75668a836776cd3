"""BGP: what the operator and the agents make of Cilium's BGP resources, and the routers outside that they talk to."""
