"""The simulated tests: each one's policies, scenarios, and what every action should come to."""
