"""What other threads want of the controller, which only one thread may speak with."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import Empty, SimpleQueue

from edge.errors import IrbisError
from firmware_bridge.errors import BridgeError, Refused
from firmware_bridge.mcu import Controller

PATIENCE_S = 30.0
"""Ten tries of a request, or a short brown-out."""

Order = Callable[[Controller], None]


class NoController(IrbisError, ConnectionError):
    """The controller was not there, or did not do what it was asked."""


class Orders:
    """Orders on their way to the stage's thread."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._waiting: SimpleQueue[tuple[Future[None], Order]] = SimpleQueue()

    def carry_out(self, order: Order) -> None:
        """Have ``order`` carried out, and wait for it. Raises NoController."""
        done: Future[None] = Future()
        self._waiting.put((done, order))
        wait([done], self._patience_s)
        if done.cancel():
            raise NoController(
                f"the controller was not reached within {self._patience_s:.0f} s, and nothing was"
                " asked of it: look at its supply and its line"
            )
        try:
            done.result()
        except BridgeError as error:
            raise NoController(str(error)) from error

    def serve(self, controller: Controller) -> None:
        """Carry out what waits, in the stage's thread. Raises LinkLost, NoReply."""
        while (waiting := self._next()) is not None:
            done, order = waiting
            if not done.set_running_or_notify_cancel():
                continue  # whoever wanted it has given up
            try:
                order(controller)
            except BridgeError as error:
                done.set_exception(error)
                if not isinstance(error, Refused):
                    raise
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(None)

    def _next(self) -> tuple[Future[None], Order] | None:
        try:
            return self._waiting.get_nowait()
        except Empty:
            return None
