"""Iridium short burst data over a 9602 or 9603, such as a RockBLOCK: the driver.

One session carries at most one message up (340 bytes) and one down (270 bytes). The modem has one
buffer for each, and neither is what it seems: a delivered message stays in the MO buffer, and would
go again with the next look for downlinks; the MT buffer is emptied when a session begins.
So this driver clears the one after success, never before, and reads the other before it asks. Both
are lost with the modem's power; a downlink that was in there then must be asked for once more.

The MOMSN rises with every session that the gateway completed, and outlives a power cut. It tells
what became of a session whose report was lost. Where only the modem missed the gateway's
confirmation, a repeat that comes next carries the same MOMSN, and the recipient can drop it.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum

from firmware_bridge.errors import (
    BridgeError,
    FrameError,
    LinkLost,
    MustWait,
    NoReply,
    NotJoined,
    Refused,
    TooLong,
)
from firmware_bridge.iridium_backoff import Backoff
from firmware_bridge.iridium_codes import MoStatus, Outcome, mo_status
from firmware_bridge.iridium_commands import SbdCommands, SbdTiming
from firmware_bridge.iridium_frames import MOST_MO_BYTES, SYSTEM_EPOCH, Buffers
from firmware_bridge.iridium_line import SbdLine
from firmware_bridge.modem import Capacity, Delivery, Downlink, Exchange, Uplink
from firmware_bridge.port import Port

__all__ = ["IridiumSbd", "SbdState", "SbdTiming"]

BAUD = 19_200
# A reading of the signal is renewed within seconds; a satellite stays for minutes.
_NO_SIGNAL_WAIT_S = 10.0
_TRAFFIC_MANAGED = 38
_ACCESS_DENIED = 15


class SbdState(Enum):
    """Where the modem stands, as far as the driver knows."""

    OFFLINE = "offline"
    """Not connected, or the port was lost. ``connect`` leads to READY."""
    READY = "ready"
    """No message of ours waits in the modem. A new uplink leads to LOADED."""
    LOADED = "loaded"
    """The MO buffer holds a message that did not go through, and stays there for the next try.
    A session that the gateway completed leads to READY."""
    UNSETTLED = "unsettled"
    """A session is under way, or its report was lost: the MOMSN leads to READY or LOADED."""


class IridiumSbd:
    """A Modem on Iridium. For one thread. A MustWait leaves the message in the MO buffer."""

    def __init__(
        self,
        port: Port,
        *,
        timing: SbdTiming | None = None,
        rng: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``rng`` draws the back-off, ``clock`` measures it, in seconds."""
        self._port = port
        self._line = SbdLine(port, self._hear)
        self._commands = SbdCommands(self._line, timing or SbdTiming())
        self._backoff = Backoff(rng or random.Random(), clock)
        self.state = SbdState.OFFLINE
        self.waiting_downlinks = 0
        """Messages that waited at the gateway after the last session."""
        self.ring_alert = False
        """The network rang: a message waits. The next session answers it."""
        self._held: bytes | None = None
        self._momsn = 0
        self._arrived: bytes | None = None
        self._heard: list[bytes] = []

    def connect(self) -> None:
        """Make the modem ready; there is no session to join. See Modem."""
        with self._noticing_loss():
            self._commands.configure()
            self.ring_alert = self._commands.buffers().ring_alert or self.ring_alert
            self.state = SbdState.READY

    def capacity(self) -> Capacity:
        """What can be sent now. See Modem."""
        with self._noticing_loss():
            self._settle()
            wait_s = self._backoff.left_s()
            if wait_s > 0:
                return Capacity(0, wait_s)
            if self._commands.bars() == 0:
                return Capacity(0, _NO_SIGNAL_WAIT_S)
            return Capacity(MOST_MO_BYTES)

    def exchange(self, uplink: Uplink | None) -> Exchange:
        """One session. See Modem. A Refused names a code that needs a person, or another payload.

        After MustWait or NoReply give the same uplink again: it lies in the modem still.
        """
        _check_length(uplink)
        with self._noticing_loss():
            self._settle()
            if uplink is not None and uplink.payload == self._arrived:
                # Its session was completed, though the report of it was lost.
                self._arrived = None
                self._after_success()
                return Exchange(Delivery.CONFIRMED, self._heard_so_far())
            if uplink is not None:
                self._arrived = None  # nobody asks any more; the same words later are new ones
            wait_s = self._backoff.left_s()
            if wait_s > 0:
                raise MustWait(f"the last session failed: try again in {wait_s:.0f} s", wait_s)
            buffers = self._commands.buffers()
            # Now, for the session would empty the MT buffer of what nobody has read.
            self._collect(buffers)
            self._load(uplink, buffers)
            self._session(buffers.momsn)
            delivery = Delivery.NOTHING if uplink is None else Delivery.CONFIRMED
            return Exchange(delivery, self._heard_so_far())

    def network_time(self, not_before: datetime, epoch: datetime = SYSTEM_EPOCH) -> datetime | None:
        """The network's time in UTC, to about 0.4 s; None without service.

        The network's counter starts anew every 12 years or sooner. A time before ``not_before``
        (when this software was built, say) means that it has, and is None too: give the new
        ``epoch``. Raises NoReply, LinkLost.
        """
        with self._noticing_loss():
            self._settle()
            now = self._commands.system_time(epoch)
            return now if now is not None and now >= not_before else None

    def listen(self, timeout_s: float) -> bool:
        """Wait for a ring alert; True where one came, or had come. Raises NoReply, LinkLost."""
        with self._noticing_loss():
            self._settle()
            deadline_s = time.monotonic() + timeout_s
            while not self.ring_alert and (left_s := deadline_s - time.monotonic()) > 0:
                self._line.wait(left_s)
            return self.ring_alert

    def close(self) -> None:
        """Make the modem ready to lose its power, and release the port.

        While it keeps its power, what lies in its buffers stays.
        """
        if self.state is not SbdState.OFFLINE:
            self.state = SbdState.OFFLINE
            with contextlib.suppress(BridgeError):
                self._commands.park()
        self._port.close()

    def _settle(self) -> None:
        """Reach READY or LOADED from wherever we are."""
        if self.state is SbdState.OFFLINE:
            self.connect()
        elif self.state is SbdState.UNSETTLED:
            sent = self._held
            if self._was_completed():
                self._arrived = sent

    def _was_completed(self) -> bool:
        """What became of the session whose report was lost."""
        # After a silence the modem may have started anew, with echo and flow control.
        self._commands.configure()
        if self._commands.buffers().momsn == self._momsn:
            self.state = SbdState.READY if self._held is None else SbdState.LOADED
            return False
        self._held, self.state = None, SbdState.READY
        self._backoff.succeeded()
        return True

    def _load(self, uplink: Uplink | None, buffers: Buffers) -> None:
        """Make the MO buffer hold ``uplink``, or nothing."""
        if uplink is None:
            if buffers.mo_loaded:
                self._commands.clear_mo()
            self._held, self.state = None, SbdState.READY
            return
        if not buffers.mo_loaded or self._held != uplink.payload:
            self._commands.write(uplink.payload)
        self._held, self.state = uplink.payload, SbdState.LOADED

    def _session(self, momsn: int) -> None:
        """Talk to the gateway."""
        self._momsn, self.state = momsn, SbdState.UNSETTLED
        try:
            report = self._commands.session(self.ring_alert)
        except (NoReply, FrameError) as error:
            if self._was_completed():
                self._after_success()
                return
            wait_s = self._backoff.failed()
            raise NoReply(
                "the report of a session was lost, and the gateway did not complete it: the"
                f" message is kept, try again in {wait_s:.0f} s"
            ) from error
        self.ring_alert = False
        self.waiting_downlinks = report.mt_queued
        status = mo_status(report.mo_status)
        if status.outcome is not Outcome.DELIVERED:
            self._fail(status)
        self._backoff.succeeded()
        self._after_success()

    def _after_success(self) -> None:
        """Read what came and clear what went. The delivery stands, whatever fails here."""
        self._held, self.state = None, SbdState.READY
        with contextlib.suppress(NoReply, Refused):
            self._collect(self._commands.buffers())
            self._commands.clear_mo()

    def _fail(self, status: MoStatus) -> None:
        self.state = SbdState.READY if self._held is None else SbdState.LOADED
        code, meaning = str(status.code), f"session failed with {status.code}: {status.meaning}"
        if status.code == _ACCESS_DENIED:
            raise NotJoined(meaning, code)
        if status.outcome is Outcome.REFUSED:
            raise Refused(meaning, code)
        managed = status.code == _TRAFFIC_MANAGED
        wait_s = self._backoff.failed(self._commands.traffic_wait_s() if managed else status.wait_s)
        raise MustWait(f"{meaning}; try again in {wait_s:.0f} s", wait_s, code)

    def _collect(self, buffers: Buffers) -> None:
        """Take the message out of the MT buffer, if one is in it."""
        if not buffers.mt_loaded:
            return
        message = self._commands.read()
        if message not in self._heard:
            self._heard.append(message)
        with contextlib.suppress(NoReply, Refused):
            # Where this fails the message comes once more: a doubled downlink beats a lost one.
            self._commands.clear_mt()

    def _heard_so_far(self) -> tuple[Downlink, ...]:
        """What was taken out, also by an exchange that failed thereafter."""
        heard, self._heard = self._heard, []
        return tuple(Downlink(message) for message in heard if message)

    def _hear(self, line: str) -> None:
        if line.startswith("SBDRING"):
            self.ring_alert = True

    @contextlib.contextmanager
    def _noticing_loss(self) -> Iterator[None]:
        try:
            yield
        except LinkLost:
            self.state = SbdState.OFFLINE
            raise


def _check_length(uplink: Uplink | None) -> None:
    if uplink is None:
        return
    size = len(uplink.payload)
    if size > MOST_MO_BYTES:
        raise TooLong(f"{size} bytes: Iridium carries {MOST_MO_BYTES} in a message", MOST_MO_BYTES)
    if size == 0:
        raise Refused("Iridium carries no empty message: exchange None to look for downlinks", "3")
