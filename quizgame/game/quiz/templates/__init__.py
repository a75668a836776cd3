"""Simulated questions: generators whose right answers the simulator computes."""
