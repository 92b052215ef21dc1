"""One request at a time for each upload, and the newest wins.

A station whose connection died comes back on a new one while the old one still waits for bytes that
never come. The old one must let go, or the station would be locked out until a time-out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class Hold:
    """One request's hold on an upload; ``lost`` is set when another one asks for it."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()


@dataclass
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    holds: list[Hold] = field(default_factory=list)


class Holds:
    """Who works on which upload. For one event loop."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False

    def end(self) -> None:
        """Ask all holders to let go, and whoever comes later. From any thread."""
        self._ended = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._lose_all)

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[Hold]:
        """Wait until all earlier holders of ``name`` have let go, which they are asked to."""
        self._loop = asyncio.get_running_loop()
        queue = self._queues.setdefault(name, _Queue())
        for former in queue.holds:
            former.lost.set()
        mine = Hold()
        if self._ended:
            mine.lost.set()
        queue.holds.append(mine)
        try:
            async with queue.lock:
                yield mine
        finally:
            queue.holds.remove(mine)
            if not queue.holds:
                del self._queues[name]

    def _lose_all(self) -> None:
        for queue in self._queues.values():
            for hold in queue.holds:
                hold.lost.set()
