"""``cilium connectivity test``: real tests over the simulated datapath."""
