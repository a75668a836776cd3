"""Widgets that take an answer: one a kind of question."""
