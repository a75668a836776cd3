"""The scenario game on the screen."""
