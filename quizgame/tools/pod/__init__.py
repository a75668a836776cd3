"""Programs that run inside the containers of the simulated pods."""
