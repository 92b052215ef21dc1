"""What a controller says, without a line and without threads: payloads in, frames out.

Follows docs/firmware-protocol.md from the controller's side.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge import dictionary
from firmware_bridge.dictionary import BY_NAME, LARGEST_UINT, Value
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import END
from firmware_bridge.messages import (
    NUMBERS,
    Message,
    Refusal,
    WakeReason,
    decode,
    encode,
    message,
    reply_type,
)
from firmware_bridge.simulators.controller_parts import (
    COUNTERS,
    Clock,
    HostPower,
    NonVolatile,
    Rtc,
    Sensors,
)

RESEND_MS = 250
READY_MS = 1_000
QUEUE = 16
FIRMWARE = "simulated controller"

_HELLO = BY_NAME["hello"].type
_ACKNOWLEDGE = BY_NAME["acknowledge"].type
_PIR_EVENT = BY_NAME["pir-event"].type


@dataclass(frozen=True, slots=True)
class Language:
    """The protocol version and dictionary hash that a controller says it speaks."""

    version: int = dictionary.VERSION
    dictionary: bytes = dictionary.HASH


class _Refuse(Exception):
    def __init__(self, code: Refusal) -> None:
        super().__init__(code.name)
        self.code = code


class ControllerCore:
    """A controller from its start to its next brown-out. For one thread."""

    def __init__(
        self,
        memory: NonVolatile,
        sensors: Sensors,
        now_ms: Clock,
        drift_ppm: float = 0.0,
        language: Language | None = None,
    ) -> None:
        """Start, which raises the boot count."""
        memory.boot += 1
        memory.save()
        self.memory = memory
        self.sensors = sensors
        self.rtc = Rtc(now_ms, drift_ppm)
        self.power = HostPower(now_ms, self.rtc)
        self.lost = 0
        self._language = language or Language()
        self._now_ms = now_ms
        self._link: int | None = None
        self._speaks_all = False
        self._answered: tuple[Message, bytes] | None = None
        self._events: deque[Message] = deque()
        self._event_number = 0
        self._sent: Message | None = None
        self._due_ms = now_ms()

    # What comes and goes on the line.

    @property
    def is_greeted(self) -> bool:
        """Whether a host has said hello since the start, or since it last lost its power."""
        return self._link is not None

    @property
    def waiting(self) -> int:
        """Events that were not acknowledged yet."""
        return len(self._events)

    def take(self, payload: bytes) -> bytes | None:
        """The answer to a frame's payload, None where none is due."""
        try:
            asked = decode(payload)
        except FrameError:
            return None
        if asked.type == _ACKNOWLEDGE:
            self._take_acknowledgement(asked)
        return END + self._answer(asked) if asked.is_request else None

    def due(self) -> bytes | None:
        """What the controller has to say by itself now; lets its timers run first."""
        was_on = self.power.is_on
        if self.power.run(any(event.type == _PIR_EVENT for event in self._events)):
            self._link = self._sent = self._answered = None
        now_ms = self._now_ms()
        if self.power.is_on and not was_on:
            self._due_ms = now_ms
        if not self.power.is_on or now_ms < self._due_ms:
            return None
        if not self.is_greeted:
            self._due_ms = now_ms + READY_MS
            return END + encode(message("ready", 0, self.memory.boot))
        if not self._events:
            return None
        self._due_ms = now_ms + RESEND_MS
        is_first, self._sent = self._sent is None, self._events[0]
        return (b"" if is_first else END) + encode(self._sent)

    def _take_acknowledgement(self, asked: Message) -> None:
        sent = self._sent
        if sent is not None and asked.number == sent.number and not asked.values:
            self._events.popleft()
            self._sent = None
            self._due_ms = self._now_ms()

    # What happens by itself.

    def pir(self) -> None:
        """The sensor sees something warm move."""
        self._queue("pir-event")
        self.power.call(WakeReason.PIR)

    def call(self, reason: WakeReason) -> None:
        """A button is pressed, or a radio calls: it wakes the host, or is an event."""
        if self.power.is_on:
            self._queue("wake-event", int(reason))
        self.power.call(reason)

    def battery_low(self, battery_mv: int) -> None:
        """The battery has fallen below the limit."""
        self.sensors.battery_mv = battery_mv
        self._queue("battery-event", battery_mv)

    def _queue(self, name: str, *values: Value) -> None:
        if len(self._events) == QUEUE:
            self.lost += 1
            return
        if not self._events and self.is_greeted:
            self._due_ms = self._now_ms()
        times = (self.rtc.uptime_ms(), self.rtc.parts()[0])
        self._events.append(message(name, self._event_number, *times, *values))
        self._event_number = (self._event_number + 1) % NUMBERS

    # What is asked.

    def _answer(self, asked: Message) -> bytes:
        if self._answered is not None:
            before, answer = self._answered
            if _is_repeat(asked, before):
                return answer
        if not self.is_greeted and asked.type != _HELLO:
            return encode(message("refusal", asked.number, int(Refusal.NOT_GREETED)))
        try:
            answer = encode(Message(reply_type(asked.type), asked.number, self._do(asked)))
        except _Refuse as refuse:
            answer = encode(message("refusal", asked.number, int(refuse.code)))
        self._answered = (asked, answer)
        return answer

    def _do(self, asked: Message) -> tuple[Value, ...]:
        kind = asked.kind
        if self.is_greeted and not self._speaks_all and not asked.is_safe:
            raise _Refuse(Refusal.NOT_SAFE)
        if kind is None:
            raise _Refuse(Refusal.UNKNOWN_MESSAGE)
        try:
            fields = asked.fields()
        except FrameError as error:
            raise _Refuse(Refusal.BAD_FIELD) from error
        act: Callable[..., tuple[Value, ...]] = getattr(self, "_do_" + kind.name.replace("-", "_"))
        return act(**fields)

    def _do_hello(self, version: int, dictionary: bytes, link: int) -> tuple[Value, ...]:
        self._link = link
        self._speaks_all = Language(version, dictionary) == self._language
        self._sent = None
        self._due_ms = self._now_ms()
        return (self._language.version, self._language.dictionary, self.memory.boot, FIRMWARE)

    def _do_ping(self) -> tuple[Value, ...]:
        return (self.rtc.uptime_ms(), len(self._events), self.lost)

    def _do_wake_reason(self) -> tuple[Value, ...]:
        age_ms = self._now_ms() - self.power.since_ms
        utc_ms = self.rtc.utc_ms()
        woken_s = None if utc_ms is None else max(0, utc_ms - age_ms) // 1000
        return (int(self.power.reason), (self.rtc.uptime_ms() - age_ms) % 2**32, woken_s)

    def _do_rtc_get(self) -> tuple[Value, ...]:
        return (self.rtc.uptime_ms(), *self.rtc.parts())

    def _do_rtc_set(self, utc_s: int, utc_ms: int) -> tuple[Value, ...]:
        _need(utc_ms <= 999)
        before = (self.rtc.uptime_ms(), *self.rtc.parts())
        self.rtc.set(utc_s * 1000 + utc_ms)
        return before

    def _do_energy(self) -> tuple[Value, ...]:
        now = self.sensors
        return (now.battery_mv, now.solar_mv, now.current_ma, int(now.charge))

    def _do_temperature(self) -> tuple[Value, ...]:
        return (self.sensors.decidegrees,)

    def _do_watchdog(self, period_s: int) -> tuple[Value, ...]:
        _need(period_s == 0 or 10 <= period_s <= 86400)
        self.power.watch(period_s)
        return ()

    def _do_power_off(
        self, link: int, off_after_s: int | None, wake_at_s: int | None, on_pir: int
    ) -> tuple[Value, ...]:
        _need(off_after_s is None or (off_after_s <= 3600 and on_pir <= 1))
        if link != self._link:
            raise _Refuse(Refusal.WRONG_LINK)
        if off_after_s is None:
            self.power.call_off()
            return ()
        if wake_at_s is None and not on_pir:
            raise _Refuse(Refusal.NEVER_WAKES)
        if wake_at_s is not None and self.rtc.utc_ms() is None:
            raise _Refuse(Refusal.RTC_UNSET)
        self.power.ask_off(off_after_s, wake_at_s, on_pir == 1)
        return ()

    def _do_reserve(self, counter: int, count: int) -> tuple[Value, ...]:
        _need(counter < COUNTERS and 1 <= count <= 65536)
        first = self.memory.counters[counter]
        if first + count > LARGEST_UINT:
            raise _Refuse(Refusal.EXHAUSTED)
        self.memory.counters[counter] = first + count
        self.memory.save()
        return (first,)

    def _do_counter(self, counter: int, at_least: int) -> tuple[Value, ...]:
        _need(counter < COUNTERS)
        if self.memory.counters[counter] < at_least:
            self.memory.counters[counter] = at_least
            self.memory.save()
        return (self.memory.counters[counter],)


def _is_repeat(asked: Message, before: Message) -> bool:
    if asked.number != before.number or asked.type != _HELLO:
        return asked.number == before.number
    link = _link_of(asked)
    return link is not None and link == _link_of(before)


def _link_of(asked: Message) -> int | None:
    """The link of a hello; None where it is none, or none that can be read."""
    if asked.type != _HELLO:
        return None
    try:
        link: int = asked.fields()["link"]
    except FrameError:
        return None
    return link


def _need(is_in_range: bool) -> None:
    if not is_in_range:
        raise _Refuse(Refusal.BAD_FIELD)
