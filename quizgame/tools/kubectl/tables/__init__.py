"""The tables of ``kubectl get``: which columns each kind has."""
