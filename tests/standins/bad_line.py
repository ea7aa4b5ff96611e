"""A bad line: a TCP proxy before a server that slows, stalls, refuses and cuts on demand.

    with BadLine(port_of_the_server) as line:
        browse(line.url)
        line.lose_answer(40)      # the next answer to a POST or PUT is cut after 40 bytes
        line.drop()               # all connections are cut at once

It knows no HTTP but where a request begins. Cuts are resets, as a lost line makes them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Final, Self

_AT_ONCE: Final = 1 << 14
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: closing throws away what is unsent
_CHANGING: Final = (b"POST ", b"PUT ")


class BadLine:
    """The proxy, in a thread of its own. `cuts` counts connections that were cut, by what."""

    def __init__(self, target: int, *, upwards: int = 3 << 20) -> None:
        self.cuts: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self._target = target
        self._upwards = upwards  # bytes a second
        self._open: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bad-line", daemon=True)
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._ended = asyncio.Event()  # no connection is open
        self._refusing = False
        self._armed: tuple[str, int] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen)
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.drop()
        self._do(self._close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def drop(self) -> None:
        """Cut whatever is open."""
        self._do(lambda: self._cut_all("dropped"))

    def refuse(self, on: bool) -> None:
        """Cut what is open and what comes, until told otherwise."""
        self._refusing = on
        if on:
            self._do(lambda: self._cut_all("refused"))

    def stall(self, on: bool) -> None:
        """Hold every byte back; afterwards everything that was open is cut."""
        if on:
            self._do(self._flowing.clear)
        else:
            self._do(lambda: (self._cut_all("stalled"), self._flowing.set()))

    def lose_answer(self, after: int) -> None:
        """Cut the next answer to a POST or PUT after so many bytes; the server did its work."""
        self._armed = ("answer", after)

    def break_request(self, after: int) -> None:
        """Cut the next POST or PUT after so many bytes; the server gets a part of it."""
        self._armed = ("request", after)

    def is_armed(self) -> bool:
        """Whether the cut that was ordered has not come yet."""
        return self._armed is not None

    def take(self, kind: str) -> int | None:
        """After how many bytes the caller is to cut; None where nothing of the kind is ordered."""
        if self._armed is None or self._armed[0] != kind:
            return None
        after = self._armed[1]
        self._armed = None
        return after

    async def flows(self) -> None:
        await self._flowing.wait()

    def _do(self, what: Callable[[], object]) -> None:
        async def run() -> None:
            found = what()
            if asyncio.iscoroutine(found):
                await found

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    async def _listen(self) -> None:
        self._flowing.set()
        self._ended.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        await self._ended.wait()

    def _cut_all(self, why: str) -> None:
        for one in list(self._open):
            one.cut(why)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            away = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # the server is not there: neither are we
            _reset(writer)
            return
        connection = _Connection(self, (reader, writer), away)
        if self._refusing:
            connection.cut("refused")
            return
        self._open.add(connection)
        self._ended.clear()
        try:
            await asyncio.gather(connection.up(self._upwards), connection.down())
        finally:
            connection.cut("")
            self._open.discard(connection)
            if not self._open:
                self._ended.set()


class _Connection:
    """One browser's connection and ours to the server."""

    def __init__(
        self,
        line: BadLine,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        away: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._line = line
        self._near, self._away = near, away
        self._changing = False  # the request under way is one that changes something
        self._cut = False

    def cut(self, why: str) -> None:
        """Reset both sides; `why` is empty for a connection that has ended by itself."""
        if self._cut:
            return
        self._cut = True
        if why:
            self._line.cuts[why] += 1
        for _, writer in (self._near, self._away):
            _reset(writer)

    async def up(self, per_second: int) -> None:
        reader, writer = self._near[0], self._away[1]
        left: int | None = None
        async for piece in self._read(reader):
            if (name := _begins(piece)) is not None:
                self._changing = piece.startswith(_CHANGING)
                self._line.requests[name] += 1
                left = self._line.take("request") if self._changing else None
            if left is not None:
                writer.write(piece[:left])
                left -= len(piece)
                if left <= 0:
                    await asyncio.sleep(0.02)  # the part arrives before the reset
                    self.cut("broken request")
                    return
            else:
                writer.write(piece)
            await asyncio.sleep(len(piece) / per_second)

    async def down(self) -> None:
        reader, writer = self._away[0], self._near[1]
        async for piece in self._read(reader):
            after = self._line.take("answer") if self._changing else None
            if after is not None:
                writer.write(piece[:after])
                await asyncio.sleep(0.02)
                self.cut("lost answer")
                return
            writer.write(piece)

    async def _read(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_AT_ONCE):
                await self._line.flows()
                if self._cut:
                    return
                yield piece
        self.cut("")


def _begins(piece: bytes) -> str | None:
    """`POST messages` and the like, where a request begins with this piece."""
    head = piece[:200].split(b"\r\n", 1)[0].split(b" ")
    if len(head) != 3 or not head[2].startswith(b"HTTP/1."):
        return None
    parts = head[1].split(b"?")[0].decode().strip("/").split("/")
    found = {"messages", "uploads", "attachments", "events", "seen", "conversations"}
    return f"{head[0].decode()} {next((one for one in reversed(parts) if one in found), 'page')}"


def _reset(writer: asyncio.StreamWriter) -> None:
    found: socket.socket | None = writer.get_extra_info("socket")
    if found is not None:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
