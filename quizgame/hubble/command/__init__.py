"""The ``hubble`` command: its flags, subcommands, messages and exit statuses."""
