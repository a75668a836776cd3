"""quizgame: practise for the Cilium Certified Associate exam in a terminal."""

__version__ = "0.1.0"
