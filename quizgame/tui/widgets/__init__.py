"""Widgets that several screens share; none knows of a screen."""
