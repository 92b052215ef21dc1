"""Seeed Wio-E5 (LoRa-E5): a LoRaWAN modem behind AT commands, 9600 baud.

Source: LoRa-E5 AT command specification 1.0.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from firmware_bridge.errors import MustWait, NoReply, NotJoined, TooLong
from firmware_bridge.join_backoff import JoinBackoff, ShortMemory
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_modem import LorawanModem
from firmware_bridge.lorawan_regions import Region
from firmware_bridge.modem import Capacity, Delivery, Uplink
from firmware_bridge.port import Port
from firmware_bridge.wio_e5_commands import REPLY_S, WioE5Commands, refusal
from firmware_bridge.wio_e5_lines import Line

BAUD = 9_600
# A join request of SF12 takes 1.5 s, its second window opens after 6 s and lasts a slow frame.
_JOIN_S = 20.0
# The network may order repeats (NbTrans), and a repeat of 2.8 s at SF12 may have to wait 280 s for
# its duty cycle of 1 %.
_SEND_S = 300.0
# RETRY: one transmission in all. Whether it is worth its airtime again, who calls knows better.
_SETTINGS = (("CLASS", "A"), ("ADR", "ON"), ("RETRY", "1"), ("MODE", "LWOTAA"))
# With NetID it joined, though the line that says so got lost.
_JOIN_ENDS = ("Network joined", "Join failed", "Joined already", "NetID", "Done")


class WioE5(LorawanModem):
    """The modem on ``port``. See firmware_bridge.modem.Modem. For one thread.

    An exchange without an uplink sends an empty frame.
    """

    def __init__(
        self,
        port: Port,
        identity: Identity,
        region: Region,
        backoff: JoinBackoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        module = _Module(WioE5Commands(port, clock), identity, region)
        super().__init__(module, region, backoff or JoinBackoff(ShortMemory()), clock)


class _Module:
    """A Wio-E5. See firmware_bridge.lorawan_modem.Module."""

    name = "Wio-E5"
    restarted = False
    """Never known: it prints nothing when it starts."""

    def __init__(self, at: WioE5Commands, identity: Identity, region: Region) -> None:
        self._at = at
        self._identity = identity
        self._region = region
        self._port: int | None = None
        self._full: tuple[int, int] | None = None
        """Data rate and room that an empty frame did not widen."""
        self.spoke = False
        self.wake = at.wake
        self.note_pending = at.note_pending
        self.take_downlinks = at.take_downlinks

    def sleep(self) -> None:
        self._at.close("AT+LOWPOWER")

    def configure(self, doubtful: bool) -> None:
        """Change what differs; the key, which cannot be read, only when there is need.

        The mode is written last and tells that all before it was written, for the module leaves
        the factory in another one (LWABP). A key that the network does not know fails the join,
        and then there is no session that a new one could end.
        """
        self._port = self._full = None
        mode = self._at.ask("AT+MODE", lambda line: line.text.startswith(("LW", "TEST"))).text
        fresh = mode != "LWOTAA"
        fresh |= self._set_id("DevEui", self._identity.dev_eui)
        fresh |= self._set_id("AppEui", self._identity.join_eui)
        if fresh or doubtful:
            key = self._identity.app_key.hex().upper()
            command = f'AT+KEY=APPKEY,"{key}"'
            self._at.do(command, "KEY", lambda _: True, shown="AT+KEY=APPKEY")
        if self._rate()[0] != self._region.name:
            self._set("DR", self._region.name)
        for setting, value in _SETTINGS:
            if self._at.ask(f"AT+{setting}", lambda _: True).text != value:
                self._set(setting, value)

    def has_session(self) -> bool:
        """Only a join tells: it answers ``Joined already`` and sends nothing."""
        return False

    def join(self) -> str | None:
        end = self._at.do("AT+JOIN", "JOIN", _ends_join, _JOIN_S)
        if end.text == "Joined already":
            self.spoke = False
            return None
        if end.text == "Done":
            raise NoReply("Wio-E5: how the join ended got lost")
        # Done follows at once; a command before it would be refused as busy.
        self._await_done("JOIN")
        return "Join failed" if end.text == "Join failed" else None

    def capacity(self) -> Capacity:
        """What the data rate carries: an empty frame makes the room that answers take."""
        rate, room_bytes = self._room()
        return Capacity(self._most_bytes(rate, room_bytes), data_rate=rate)

    def send(self, uplink: Uplink | None) -> Delivery:
        if uplink is None:
            return self._transmit("MSGHEX", "AT+MSGHEX")
        self._make_room(len(uplink.payload))
        if self._port != uplink.port:
            self._set("PORT", str(uplink.port))
            self._port = uplink.port
        name = "CMSGHEX" if uplink.confirmed else "MSGHEX"
        return self._transmit(name, f'AT+{name}="{uplink.payload.hex().upper()}"')

    def _room(self) -> tuple[int, int]:
        """The data rate, and what the answers that wait for the network leave of a frame."""
        line = self._at.ask("AT+LW=LEN", lambda line: _length(line) is not None)
        return self._rate()[1], _length(line) or 0

    def _most_bytes(self, rate: int, room_bytes: int) -> int:
        if (rate, room_bytes) == self._full:
            return room_bytes
        return max(room_bytes, self._region.payload_bytes(rate))

    def _make_room(self, size_bytes: int) -> None:
        """Check ``size_bytes`` against what fits now. Raises TooLong, MustWait."""
        rate, room_bytes = self._room()
        if size_bytes <= room_bytes:
            return
        most_bytes = self._most_bytes(rate, room_bytes)
        what = f"Wio-E5: a payload of {size_bytes} bytes, but data rate {rate}"
        if size_bytes > most_bytes:
            text = f"{what} in {self._region.name} carries {most_bytes} now"
            raise TooLong(text, most_bytes)
        # Answers to the network's commands share the frame: an empty one is rid of them.
        self._transmit("MSGHEX", "AT+MSGHEX")
        now = self._room()
        self._full = now if now == (rate, room_bytes) else None
        raise MustWait(f"{what} had {room_bytes} left, and an empty frame went: send again", 0.0)

    def _transmit(self, name: str, command: str) -> Delivery:
        self._at.note_pending()  # what belongs to an earlier frame must not end this one
        self.spoke = True
        self._at.send(command)
        started = acknowledged = False
        deadline_s = self._at.deadline(REPLY_S)
        while (line := self._at.next(deadline_s)) is not None:
            if line.command not in (name, "AT"):
                continue
            refused = refusal(f"AT+{name}", line)
            if refused is not None:
                # These it tells before it transmits.
                is_sure = isinstance(refused, MustWait | NotJoined | TooLong)
                self.spoke = started or not is_sure
                raise refused
            if line.text == "Start":
                # An end before it was that of an earlier frame.
                started, acknowledged = True, False
                deadline_s = self._at.deadline(_SEND_S)
            elif line.text == "ACK Received":
                acknowledged = True
            elif line.text == "Done" and started:
                return _delivery(name, acknowledged)
            elif not started and line.text in ("Wait ACK", "FPENDING"):
                # Start was lost: this frame is on the air all the same.
                started = True
                deadline_s = self._at.deadline(_SEND_S)
        raise NoReply(f"Wio-E5: no word of {'the end' if started else 'a start'} of AT+{name}")

    def _await_done(self, name: str) -> None:
        deadline_s = self._at.deadline(REPLY_S)
        while (line := self._at.next(deadline_s)) is not None:
            if line == Line(name, "Done"):
                return

    def _set(self, name: str, value: str) -> None:
        self._at.ask(f"AT+{name}={value}", lambda line: line.text == value)

    def _set_id(self, name: str, value: bytes) -> bool:
        """Whether the identity had to be written."""
        wanted = f"{name}, {value.hex(':').upper()}"
        if self._at.ask(f"AT+ID={name}", lambda line: line.text.startswith(name)).text == wanted:
            return False
        command = f'AT+ID={name},"{value.hex().upper()}"'
        self._at.ask(command, lambda line: line.text == wanted)
        return True

    def _rate(self) -> tuple[str, int]:
        """Region and data rate. With ADR the rate in force is the first that is named."""
        line = self._at.ask("AT+DR", lambda line: line.named_rate is not None)
        assert line.named_rate is not None
        return line.named_rate


def _ends_join(line: Line) -> bool:
    return line.text.startswith(_JOIN_ENDS)


def _length(line: Line) -> int | None:
    found = line.text.removeprefix("LEN,").strip()
    return int(found) if line.text.startswith("LEN,") and found.isdecimal() else None


def _delivery(name: str, acknowledged: bool) -> Delivery:
    if name == "MSGHEX":
        return Delivery.SENT
    return Delivery.CONFIRMED if acknowledged else Delivery.UNCONFIRMED
