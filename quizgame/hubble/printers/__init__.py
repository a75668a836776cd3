"""Output formats of ``hubble observe``, one a module."""
