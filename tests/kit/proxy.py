"""A TCP proxy between a station and its broker: a valley's radio link, with all its faults."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Self

CHUNK_BYTES = 512


class SlowProxy:
    """Forwards to ``port`` on this machine, each piece of CHUNK_BYTES ``delay_s`` late.

    ``cut_after_bytes`` ends every connection once so much has passed up; it may be changed while
    the proxy runs.
    """

    def __init__(self, port: int, delay_s: float, cut_after_bytes: int | None = None) -> None:
        self._target = port
        self._delay_s = delay_s
        self.cut_after_bytes = cut_after_bytes
        self.connections = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(self._pass_on(reader, far_writer, self.cut_after_bytes)),
                    asyncio.create_task(self._pass_on(far_reader, writer, None)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            writer.close()
            far_writer.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None
    ) -> None:
        passed = 0
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                await asyncio.sleep(self._delay_s)
                writer.write(data)
                await writer.drain()
                passed += len(data)
                if limit is not None and passed >= limit:
                    return
