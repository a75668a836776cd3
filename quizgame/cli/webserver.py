"""The web server of ``quizgame serve``."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server


class AppServer(Server):
    """Serves the app to its own page only.

    A page of any other site may open a connection to this machine; its browser then says so in ``Origin``.
    """

    async def on_startup(self, app: web.Application) -> None:
        """Say where it is."""
        sys.stdout.write(f"quizgame is at {self.public_url} (ctrl+c ends it)\n")
        sys.stdout.flush()

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Refuse connections from the pages of others."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != urlsplit(self.public_url).netloc:
            raise web.HTTPForbidden(text=f"this app answers pages of {self.public_url} only")
        return await super().handle_websocket(request)
