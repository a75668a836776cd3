"""``quizgame serve``: the app in a browser."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from argparse import ArgumentParser, Namespace
from ipaddress import ip_address

from quizgame.cli.main import Exit
from quizgame.cli.sources import add_blueprint_option, add_database_option, add_pack_option
from quizgame.errors import QuizgameError


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (default: 8000)")
    add_blueprint_option(parser)
    add_pack_option(parser)
    add_database_option(parser)


def run(args: Namespace) -> int:
    """Serve until interrupted; each browser tab is a run of the app on the same database."""
    if not 1 <= args.port <= 65535:
        raise QuizgameError(f"port {args.port} is not between 1 and 65535")
    _check_free(args.host, args.port)
    if not _is_loopback(args.host):
        sys.stderr.write(
            f"quizgame: whoever reaches {args.host}:{args.port} uses this app as you, without a password\n"
        )
    from quizgame.cli.webserver import AppServer

    AppServer(_command(args), host=args.host, port=args.port, title="quizgame").serve()
    return Exit.DONE


def _command(args: Namespace) -> str:
    """The command line of one run of the app."""
    words = [sys.executable, "-m", "quizgame.cli.home", "--blueprint", args.blueprint]
    words += ["--db", args.db] if args.db else []
    words += [word for folder in args.pack for word in ("--pack", folder)]
    return shlex.join(words)


def _check_free(host: str, port: int) -> None:
    """Raise an error that says what is wrong before the server would raise one that does not."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise QuizgameError(
            f"cannot listen on {host}:{port}: {error.strerror}", hint="choose another with --port"
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
