"""uvicorn around one installation: streams end first, then the server."""

from __future__ import annotations

import socket
import threading
from typing import Any

import uvicorn
from typing_extensions import override

from api.app import create_app
from api.wiring import Installation


class Server(uvicorn.Server):
    """Says when it listens (`began`) and where (`url`); stops the streams before it stops."""

    def __init__(self, config: uvicorn.Config, house: Installation) -> None:
        super().__init__(config)
        self.began = threading.Event()
        self.url = ""
        self._house = house

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.began.set()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._house.live.close()
        await super().shutdown(sockets)


def build_server(house: Installation, *, port: int | None = None, **more: Any) -> Server:
    """A server for the installation; `port` 0 takes a free one."""
    settings = house.settings
    config = uvicorn.Config(
        create_app(house),
        host=settings.host,
        port=settings.port if port is None else port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
        lifespan="off",
        **more,
    )
    return Server(config, house)
