"""The controller as its host sees it: calls that block, and the events that come by themselves."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from firmware_bridge import dictionary
from firmware_bridge.dictionary import Value
from firmware_bridge.errors import NoReply
from firmware_bridge.mcu.events import Event, Restarted, to_event
from firmware_bridge.mcu.link import READY, Answer, Link, NotGreeted
from firmware_bridge.mcu.records import (
    ClockReading,
    ClockSet,
    Energy,
    Greeting,
    Pong,
    Wake,
    utc,
)
from firmware_bridge.messages import Charge, Message, WakeReason, message
from firmware_bridge.port import Port

_GREETINGS = 5
"""A controller that restarts more often than this during one call has no supply to speak of."""

Now = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Controller:
    """A controller on ``port``. For one thread; nothing is sent before the first call.

    Every call greets the controller where it must: at first, and after it has restarted. Every call
    raises LinkLost, NoReply, Refused, and ProtocolMismatch where it needs more than the messages
    that the two ends have in common.
    """

    def __init__(
        self, port: Port, resend_s: float = 0.25, tries: int = 8, now: Now = _utc_now
    ) -> None:
        """``now`` is the host's clock; a request is sent ``tries`` times, ``resend_s`` apart."""
        self._port = port
        self._link = Link(port, resend_s, tries)
        self._now = now
        self._greeting: Greeting | None = None
        self._is_greeted = False
        self._link_number = 0
        self._news: Restarted | None = None
        self._taken: tuple[int, Message] | None = None
        self._owes_acknowledgement = False

    def __enter__(self) -> Controller:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the port; twice does no harm."""
        self._port.close()

    @property
    def damaged(self) -> int:
        """Frames dropped so far because the line had damaged them."""
        return self._link.damaged

    def connect(self) -> Greeting:
        """Greet the controller. A mismatch is told by the greeting, and raised where it matters."""
        self._link.discard()
        number = secrets.randbits(32)
        hello = (dictionary.VERSION, dictionary.HASH, number)
        fields = self._link.ask("hello", lambda: hello).fields
        before, self._greeting = self._greeting, Greeting(**fields)
        if before is not None and (not self._is_greeted or before.boot != self._greeting.boot):
            self._news = Restarted(self._greeting)
        self._link_number = number
        self._is_greeted = True
        return self._greeting

    def ping(self) -> Pong:
        """Ask whether anyone is there."""
        return Pong(**self._ask("ping").fields)

    def wake(self) -> Wake:
        """Why the host has power, and since when."""
        fields = self._ask("wake-reason").fields
        return Wake(WakeReason(fields["reason"]), fields["uptime_ms"], utc(fields["utc_s"]))

    def energy(self) -> Energy:
        """Battery, panel and charger."""
        fields = self._ask("energy").fields
        return Energy(**{**fields, "charge": Charge(fields["charge"])})

    def temperature_c(self) -> float | None:
        """Of the controller's board, in degrees Celsius; None where it has no thermometer."""
        decidegrees: int | None = self._ask("temperature").fields["decidegrees"]
        return None if decidegrees is None else decidegrees / 10

    def clock(self) -> ClockReading:
        """What the controller's clocks show, and the host's at the same moment."""
        return self._to_reading(self._ask("rtc-get", anew=True))

    def set_clock(self, ahead: timedelta = timedelta(0)) -> ClockSet:
        """Set the RTC to the time, by which the host's clock lies ``ahead`` behind."""
        to = self._now() + ahead

        def now() -> tuple[int, int]:
            nonlocal to
            to = self._now() + ahead
            return int(to.timestamp()), to.microsecond // 1000

        before = self._to_reading(self._ask("rtc-set", now, anew=True))
        return ClockSet(before, to)

    def watchdog(self, period_s: int) -> None:
        """Have the host's power cut and given back unless this is called again within the period.

        10 to 86400 seconds; 0 ends it. A restart of the controller ends it too (see Restarted).
        """
        self._ask("watchdog", lambda: (period_s,))

    def power_off(self, after_s: int, wake_at: datetime | None, on_pir: bool) -> None:
        """Take the host's power away in ``after_s`` (0 to 3600), until ``wake_at`` or a PIR event.

        A button or a radio call wakes the host as well. Raises Refused where neither a time nor
        ``on_pir`` is given, and where a time is and the RTC was never set.
        """
        wake_at_s = None if wake_at is None else int(wake_at.timestamp())
        self._ask("power-off", lambda: (self._link_number, after_s, wake_at_s, int(on_pir)))

    def call_off_power_off(self) -> None:
        """Keep the power that ``power_off`` was to take away."""
        self._ask("power-off", lambda: (self._link_number, None, None, 0))

    def reserve(self, counter: int, count: int) -> range:
        """Take ``count`` (1 to 65536) numbers of the non-volatile ``counter`` (0 to 3), for good.

        No two calls ever give the same number, whatever fails in between; some may be wasted.
        """
        first: int = self._ask("reserve", lambda: (counter, count)).fields["first"]
        return range(first, first + count)

    def counter(self, counter: int, at_least: int = 0) -> int:
        """The next number of a counter, which is raised to ``at_least`` before."""
        following: int = self._ask("counter", lambda: (counter, at_least)).fields["next"]
        return following

    def events(self, timeout_s: float) -> Iterator[Event]:
        """Events as they come, until none has come for ``timeout_s``.

        An event is acknowledged when the next one is asked for: one whose handling dies with this
        program comes again in the next program, the same in ``boot``, ``number`` and ``uptime_ms``.
        Within this program each comes once, even if the loop over them was left early.
        """
        until_s = time.monotonic() + timeout_s
        while (event := self._next_event(until_s)) is not None:
            yield event
            self.acknowledge()
            until_s = time.monotonic() + timeout_s

    def acknowledge(self) -> None:
        """Tell the controller that the last event was dealt with, without asking for the next."""
        if self._owes_acknowledgement and self._taken is not None:
            self._acknowledge(self._taken[1])

    def _next_event(self, until_s: float) -> Event | None:
        while True:
            greeting = self._greeted()
            if self._news is not None:
                news, self._news = self._news, None
                return news
            came = self._link.receive(until_s)
            if came is None:
                return None
            if came.type == READY:
                self._is_greeted = False
            elif came.is_event and self._taken == (greeting.boot, came):
                self._acknowledge(came)
            elif came.is_event:
                self._taken = (greeting.boot, came)
                self._owes_acknowledgement = True
                return to_event(came, greeting)

    def _acknowledge(self, event: Message) -> None:
        self._link.send(message("acknowledge", event.number))
        self._owes_acknowledgement = False

    def _greeted(self) -> Greeting:
        if self._greeting is None or not self._is_greeted:
            return self.connect()
        return self._greeting

    def _ask(
        self, name: str, make: Callable[[], tuple[Value, ...]] = tuple, anew: bool = False
    ) -> Answer:
        for _ in range(_GREETINGS):
            greeting = self._greeted()
            if greeting.mismatch is not None and not greeting.allows(name):
                raise greeting.mismatch
            try:
                return self._link.ask(name, make, anew)
            except NotGreeted:
                self._is_greeted = False
        raise NoReply(
            f"the controller restarted {_GREETINGS} times while it was asked {name!r}: look at its"
            " supply"
        )

    def _to_reading(self, answer: Answer) -> ClockReading:
        fields: dict[str, Any] = answer.fields
        half_s = (answer.received_s - answer.sent_s) / 2
        host = self._now() - timedelta(seconds=half_s + time.monotonic() - answer.received_s)
        return ClockReading(
            fields["uptime_ms"], utc(fields["utc_s"], fields["utc_ms"]), host, half_s
        )
