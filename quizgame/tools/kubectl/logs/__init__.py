"""What containers have written, derived from the state of the cluster."""
