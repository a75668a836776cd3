"""The app's own themes, one dark and one light.

Four colours carry meaning, each beside a sign or a word: primary is where you are and what keys do, success is right,
error is wrong, warning is what wants attention (time, flags, doubt). Everything else is a shade of grey.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="quizgame-dark",
    primary="#56c7bd",
    secondary="#8fa7b8",
    accent="#9db7f5",
    success="#8ccf6e",
    warning="#f0b752",
    error="#f2777a",
    foreground="#d6dee6",
    background="#11161b",
    surface="#171e25",
    panel="#202a33",
    dark=True,
    variables={
        "block-cursor-foreground": "#0d1216",
        "block-cursor-background": "#56c7bd",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#56c7bd",
        "border": "#56c7bd",
        "border-blurred": "#33414d",
        "scrollbar": "#33414d",
        "scrollbar-hover": "#4a5d6d",
        "scrollbar-active": "#56c7bd",
        "scrollbar-background": "#171e25",
        "scrollbar-background-hover": "#171e25",
        "scrollbar-background-active": "#171e25",
    },
)

LIGHT = Theme(
    name="quizgame-light",
    primary="#08756f",
    secondary="#566470",
    accent="#3452a8",
    success="#32721a",
    warning="#925c00",
    error="#b3261e",
    foreground="#20272d",
    background="#faf9f5",
    surface="#f1efe8",
    panel="#e6e3d8",
    dark=False,
    variables={
        "block-cursor-foreground": "#ffffff",
        "block-cursor-background": "#08756f",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#08756f",
        "border": "#08756f",
        "border-blurred": "#c4bfae",
        "scrollbar": "#c4bfae",
        "scrollbar-hover": "#a39d89",
        "scrollbar-active": "#08756f",
        "scrollbar-background": "#f1efe8",
        "scrollbar-background-hover": "#f1efe8",
        "scrollbar-background-active": "#f1efe8",
    },
)

OWN = (DARK, LIGHT)
