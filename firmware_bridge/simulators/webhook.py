"""Posting to a web hook as a carrier's cloud does: again and again until it is taken.

Real HTTP, on a thread of its own. What goes wrong on the way is drawn from a seed.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import http.client
import random
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

# Neither Blues nor Ground Control publishes how they pause: an assumption.
_FIRST_PAUSE_S = 15.0
_LONGEST_PAUSE_S = 3600.0
_MOST_TRIES = 30


@dataclass(frozen=True, slots=True)
class Weather:
    """How often, from 0 to 1, something goes wrong between a cloud and the hook."""

    lost: float = 0.0
    """A post is never made, nor repeated."""
    doubled: float = 0.0
    """A post that was taken is made once more."""
    unheard: float = 0.0
    """The connection breaks before the answer, so that the post is repeated."""
    late: float = 0.0
    """A post waits for a pause, and others overtake it."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a cloud posts: how long it waits for an answer, and which statuses end it."""

    content_type: str
    timeout_s: float
    is_final: Callable[[int], bool]


@dataclass(frozen=True, slots=True, order=True)
class _Post:
    due_s: float
    number: int
    body: bytes = field(compare=False, repr=False)
    tries: int = field(compare=False, default=0)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the programs of all clouds understand."""
    parser.add_argument("--hook", required=True, metavar="URL", help="where to post")
    parser.add_argument("--ca-file", metavar="FILE", help="whom to trust there (PEM)")
    parser.add_argument("--seed", type=int, default=0, help="draws what goes wrong")
    parser.add_argument("--speed", type=float, default=1.0, help="10: ten times as fast")
    for name in Weather.__slots__:
        parser.add_argument(f"--{name}", type=float, default=0.0, metavar="SHARE")


def weather_of(given: argparse.Namespace) -> Weather:
    """What the options say of the way."""
    return Weather(**{name: getattr(given, name) for name in Weather.__slots__})


class Poster:
    """Posts from ``with`` to the end of the block. ``post`` is safe from any thread."""

    def __init__(
        self,
        manners: Manners,
        *,
        seed: int = 0,
        speed: float = 1.0,
        weather: Weather | None = None,
    ) -> None:
        """``speed`` above 1 shortens every pause, not the time that an answer may take."""
        self._manners = manners
        self._url = ""
        self._tls: ssl.SSLContext | None = None
        self._speed = speed
        self._random = random.Random(seed)
        self._weather = weather or Weather()
        self._changed = threading.Condition()
        self._posts: list[_Post] = []
        self._numbers = 0
        self._busy = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self.statuses: list[int] = []
        """What the hook answered, post by post; 0 where nothing was heard."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def aim(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        """Post to ``url``, what waits and what comes; ``tls`` says whom to trust there."""
        with self._changed:
            self._url, self._tls = url, tls
            self._changed.notify_all()

    def post(self, body: bytes) -> None:
        """Post ``body`` until it is taken, once there is somewhere to post."""
        with self._changed:
            if self._chance(self._weather.lost):
                return
            pause_s = self._pause_s(0) if self._chance(self._weather.late) else 0.0
            self._put(body, pause_s, 0)

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until nothing is left to post; whether that came."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._posts and not self._busy, timeout_s)

    def _run(self) -> None:
        while (post := self._next()) is not None:
            status = self._made(post)
            with self._changed:
                if self._chance(self._weather.unheard):
                    status = 0  # the hook knows what it took, and nobody here does
                self.statuses.append(status)
                if not self._manners.is_final(status):
                    if post.tries + 1 < _MOST_TRIES:
                        self._put(post.body, self._pause_s(post.tries), post.tries + 1)
                elif self._chance(self._weather.doubled):
                    self._put(post.body, self._pause_s(0), 0)
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> _Post | None:
        with self._changed:
            while not self._closing:
                ready = bool(self._posts and self._url)
                left_s = self._posts[0].due_s - time.monotonic() if ready else None
                if left_s is not None and left_s <= 0:
                    self._busy = True
                    return heapq.heappop(self._posts)
                self._changed.wait(left_s)
        return None

    def _made(self, post: _Post) -> int:
        """Post once; the status, 0 where none was heard."""
        parts, timeout_s = urlsplit(self._url), self._manners.timeout_s
        host = parts.hostname or ""
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, parts.port, timeout=timeout_s, context=self._tls
            )
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
        with contextlib.closing(connection):
            try:
                headers = {"Content-Type": self._manners.content_type}
                connection.request("POST", parts.path, post.body, headers)
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException):
                return 0
        return status

    def _put(self, body: bytes, pause_s: float, tries: int) -> None:
        self._numbers += 1
        due_s = time.monotonic() + pause_s
        heapq.heappush(self._posts, _Post(due_s, self._numbers, body, tries))
        self._changed.notify_all()

    def _pause_s(self, tries: int) -> float:
        longest_s = min(_FIRST_PAUSE_S * 2.0**tries, _LONGEST_PAUSE_S)
        return self._random.uniform(0.5, 1.0) * longest_s / self._speed

    def _chance(self, share: float) -> bool:
        return self._random.random() < share
