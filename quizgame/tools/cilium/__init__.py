"""The fake workstation ``cilium``."""

from quizgame.tools.cilium.program import CILIUM as CILIUM
