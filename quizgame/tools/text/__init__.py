"""The text and file tools of the simulated workstation, one module each."""
