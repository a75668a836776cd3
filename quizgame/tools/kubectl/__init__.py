"""The simulated kubectl: a client of the simulated API servers that prints what the real one prints."""

from quizgame.tools.kubectl.main import KUBECTL as KUBECTL
