"""kubectl's commands, one a module; ``commands.py`` names them."""
