"""Filters of flows: one kind a module, each compiled once into predicates. `build` names them all."""
