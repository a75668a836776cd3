"""What the agent's API answers, made from an agent's state; the printers know only these answers."""
