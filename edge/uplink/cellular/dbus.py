"""Calls and properties on the system's D-Bus, by jeepney, which is pure Python."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MatchRule,
    Message,
    Properties,
    message_bus,
    new_method_call,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg

from edge.errors import IrbisError

_LOOK_S = 0.5


class DbusFailed(IrbisError, OSError):
    """A call failed; ``name`` is D-Bus's name of the error, "" where there is no bus."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name or 'D-Bus'}: {text}")
        self.name = name


class GivenUp(DbusFailed):
    """An answer was awaited no longer; what was asked for may come to be nevertheless."""


class Bus:
    """One connection to a bus, and one service on it. For one thread. Raises DbusFailed."""

    def __init__(self, service: str, bus: str = "SYSTEM") -> None:
        self._service = service
        try:
            self._connection: DBusConnection = open_dbus_connection(bus)
        except (OSError, KeyError, ValueError) as error:
            raise DbusFailed("", f"the bus cannot be reached: {error}") from error

    def close(self) -> None:
        self._connection.close()

    def call(
        self,
        path: str,
        interface: str,
        method: str,
        signature: str = "",
        body: tuple[Any, ...] = (),
        timeout_s: float = 25.0,
        give_up: Callable[[], bool] = lambda: False,
    ) -> tuple[Any, ...]:
        """The values that the method returns. ``give_up`` is asked while the answer is awaited:
        then it is awaited no longer. Raises DbusFailed, GivenUp."""
        address = DBusAddress(path, bus_name=self._service, interface=interface)
        message = new_method_call(address, method, signature or None, body)
        return self._reply(message, method, timeout_s, give_up)

    def properties(self, path: str, interface: str) -> dict[str, Any]:
        """All properties, each without its signature."""
        address = DBusAddress(path, bus_name=self._service, interface=interface)
        (values,) = self._reply(Properties(address).get_all(), f"GetAll {interface}", 25.0)
        return {name: value for name, (_, value) in values.items()}

    def wait_until(self, path: str, done: Callable[[], bool], timeout_s: float) -> bool:
        """Ask ``done`` now and after each signal of the object; False after the wait."""
        rule = MatchRule(type="signal", sender=self._service, path=path)
        end_s = time.monotonic() + timeout_s
        signals: deque[Message] = deque()
        self._reply(message_bus.AddMatch(rule), "AddMatch", 25.0)
        try:
            # Signals bear the sender's unique name, which the daemon has matched already.
            local = MatchRule(type="signal", path=path)
            with self._connection.filter(local, queue=signals):
                while not done():
                    left_s = end_s - time.monotonic()
                    if left_s <= 0 or not self._awaited(signals, left_s):
                        return done()
            return True
        finally:
            self._reply(message_bus.RemoveMatch(rule), "RemoveMatch", 25.0)

    def _awaited(self, signals: deque[Message], timeout_s: float) -> bool:
        try:
            self._connection.recv_until_filtered(signals, timeout=timeout_s)
        except TimeoutError:
            return False
        except OSError as error:
            raise DbusFailed("", f"the bus is gone: {error}") from error
        signals.clear()
        return True

    def _reply(
        self,
        message: Message,
        what: str,
        timeout_s: float,
        give_up: Callable[[], bool] = lambda: False,
    ) -> tuple[Any, ...]:
        try:
            return tuple(unwrap_msg(self._answer(message, what, timeout_s, give_up)))
        except GivenUp:
            raise
        except DBusErrorResponse as error:
            told = error.data[0] if error.data else ""
            raise DbusFailed(error.name, f"{what}: {told}") from error
        except TimeoutError:
            raise DbusFailed(
                "org.freedesktop.DBus.Error.NoReply", f"{what}: no answer in {timeout_s:.0f} s"
            ) from None
        except OSError as error:
            raise DbusFailed("", f"the bus is gone: {error}") from error

    def _answer(
        self, message: Message, what: str, timeout_s: float, give_up: Callable[[], bool]
    ) -> Message:
        """The answer to ``message``. Raises TimeoutError, GivenUp."""
        answers: deque[Message] = deque()
        serial = next(self._connection.outgoing_serial)
        end_s = time.monotonic() + timeout_s
        with ExitStack() as listening:
            for kind in ("method_return", "error"):
                rule = MatchRule(type=kind)
                listening.enter_context(self._connection.filter(rule, queue=answers))
            self._connection.send(message, serial=serial)
            while (left_s := end_s - time.monotonic()) > 0:
                with suppress(TimeoutError):
                    self._connection.recv_messages(timeout=min(left_s, _LOOK_S))
                while answers:
                    answer = answers.popleft()
                    if answer.header.fields.get(HeaderFields.reply_serial) == serial:
                        return answer
                if give_up():
                    raise GivenUp("", f"{what}: awaited no longer, for the station stops")
        raise TimeoutError
