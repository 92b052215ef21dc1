"""What the stand-ins of carriers' clouds share: a web hook to post to, and an HTTP interface."""

from __future__ import annotations

import random
import threading
from abc import ABC, abstractmethod
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from firmware_bridge.simulators.http_interface import Answered, Asked, HttpInterface
from firmware_bridge.simulators.webhook import Manners, Poster, Weather


class PostingCloud(ABC):
    """A cloud from ``with`` to the end of the block. It posts once ``hook.aim`` has told where."""

    def __init__(self, manners: Manners, seed: int, speed: float, weather: Weather | None) -> None:
        self.hook = Poster(manners, seed=seed, speed=speed, weather=weather)
        self._interface = HttpInterface(self._answer)
        self._random = random.Random(f"{type(self).__name__} {seed}")
        self._lock = threading.Lock()
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self._running.enter_context(self.hook)
        self._running.enter_context(self._interface)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    @property
    def url(self) -> str:
        """What stands in the place of the cloud's own address."""
        return self._interface.url

    @abstractmethod
    def answer(self, asked: Asked) -> Answered:
        """Answer a request to the interface; one at a time."""

    def _answer(self, asked: Asked) -> Answered:
        with self._lock:
            return self.answer(asked)
