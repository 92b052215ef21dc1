"""A LoRaWAN modem of class A as a state machine, whatever dialect its module speaks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import Protocol

from firmware_bridge.errors import (
    BridgeError,
    JoinFailed,
    LinkLost,
    MustWait,
    NoReply,
    NotJoined,
)
from firmware_bridge.join_backoff import JoinBackoff
from firmware_bridge.lorawan_regions import Region
from firmware_bridge.modem import Capacity, Delivery, Downlink, Exchange, Uplink

FIRST_PORT, LAST_PORT = 1, 223
"""The FPorts that LoRaWAN leaves to applications."""


class State(Enum):
    """What the driver may rely on."""

    UNKNOWN = "unknown"
    """Nothing: at the start, and after a lost reply or a restart of the module."""
    CONFIGURED = "configured"
    """Its settings are right; it has no session."""
    JOINING = "joining"
    READY = "ready"
    """It has a session, and nothing is under way."""
    SENDING = "sending"
    CLOSED = "closed"


class Module(Protocol):
    """A module in its own dialect. Everything may raise NoReply, LinkLost, Refused."""

    spoke: bool
    """Whether something may have been on the air since it was set to False. ``send`` sets it, and
    ``join`` takes it back where the module had a session and asked nobody."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def restarted(self) -> bool:
        """It started anew since ``wake``: it keeps its settings, and perhaps its session."""

    def wake(self) -> None:
        """Find it: asleep, in the middle of a line, or still starting."""

    def configure(self, doubtful: bool) -> None:
        """Make its settings right without ending a session; ``doubtful``: joins failed lately."""

    def has_session(self) -> bool:
        """Whether it says that it has joined. False where only a join tells."""

    def join(self) -> str | None:
        """Ask the network once; None when it let the module in, else why not.

        Raises MustWait, and NoReply where the end of it is not known.
        """

    def capacity(self) -> Capacity:
        """What it can take now. Raises NotJoined."""

    def send(self, uplink: Uplink | None) -> Delivery:
        """Send, None for the least that opens the windows; until these are over.

        One frame: where another had to go first, that one is sent, and MustWait of 0 s follows.
        Raises TooLong, MustWait, NotJoined, NoReply.
        """

    def note_pending(self) -> None:
        """Take in what it said of itself meanwhile."""

    def take_downlinks(self) -> tuple[Downlink, ...]:
        """What came from the network since the last call."""

    def sleep(self) -> None:
        """Let it sleep, and release the port."""


class LorawanModem:
    """See firmware_bridge.modem.Modem. For one thread."""

    def __init__(
        self,
        module: Module,
        region: Region,
        backoff: JoinBackoff,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._module = module
        self._region = region
        self._backoff = backoff
        self._clock = clock
        self._state = State.UNKNOWN
        self._free_at_s = clock()

    @property
    def state(self) -> State:
        """Where the driver stands."""
        return self._state

    def connect(self) -> None:
        """See Modem. A session that the modem still has is kept; only without one is joined."""
        # Whatever was known, the module may have restarted since.
        self._state = State.UNKNOWN
        self._module.wake()
        self._module.configure(self._backoff.trying())
        self._state = State.CONFIGURED
        if not self._module.has_session():
            self._join()
        self._backoff.succeeded()
        self._state = State.READY

    def capacity(self) -> Capacity:
        """See Modem. Asks each time: the network changes the data rate between two uplinks.

        No module tells how much of its duty cycle is left; what it said last, when it refused to
        send, holds until that time is over.
        """
        self._need_session()
        with self._settle():
            now = self._module.capacity()
        wait_s = self._free_at_s - self._clock()
        return now if wait_s <= 0 else Capacity(0, wait_s, now.data_rate)

    def exchange(self, uplink: Uplink | None) -> Exchange:
        """See Modem. Raises ValueError for a port that LoRaWAN keeps for itself."""
        if uplink is not None and not FIRST_PORT <= uplink.port <= LAST_PORT:
            raise ValueError(f"port {uplink.port}: applications have {FIRST_PORT} to {LAST_PORT}")
        self._module.spoke = False
        try:
            self._need_session()
            with self._settle():
                self._state = State.SENDING
                delivery = self._module.send(uplink)
        except BridgeError as error:
            error.unsent = not self._module.spoke
            raise
        return Exchange(delivery if uplink else Delivery.NOTHING, self._module.take_downlinks())

    def close(self) -> None:
        """See Modem."""
        if self._state is not State.CLOSED:
            self._state = State.CLOSED
            with suppress(LinkLost):  # what is gone needs no sleep
                self._module.sleep()

    def _join(self) -> None:
        name, wait_s = self._module.name, self._backoff.wait_s()
        if wait_s > 0:
            raise JoinFailed(f"{name}: the next join is due in {wait_s:.0f} s", wait_s, "BACK_OFF")
        self._backoff.attempt(self._region.join_airtime_s())
        self._state = State.JOINING
        self._module.spoke = True
        try:
            refusal = self._module.join()
        except MustWait as error:
            # Its duty cycle is used up: no different from a network that does not answer.
            self._state = State.CONFIGURED
            wait_s = max(error.wait_s, self._backoff.wait_s())
            raise JoinFailed(f"{name}: no join yet: {error}", wait_s, error.code) from None
        except NoReply:
            # A lost event says nothing: the session may be there all the same.
            self._state = State.UNKNOWN
            if not self._module.has_session():
                raise
            refusal = None
        if not self._module.spoke:
            self._backoff.unsent()
        if refusal is not None:
            self._state = State.CONFIGURED
            wait_s = self._backoff.wait_s()
            raise JoinFailed(
                f"{name}: no network let it in ({refusal}): is a gateway in reach, and does the"
                f" network know this DevEUI and key? The next try is due in {wait_s:.0f} s",
                wait_s,
                refusal,
            )

    def _need_session(self) -> None:
        name = self._module.name
        if self._state is State.READY:
            with self._settle():
                self._module.note_pending()
            if self._module.restarted:
                # Its settings outlive that; whether the session does, only connect can ask.
                self._state = State.UNKNOWN
        if self._state is not State.READY:
            raise NotJoined(f"{name}: no session known ({self._state.value}): connect first")

    @contextmanager
    def _settle(self) -> Iterator[None]:
        """The state that follows from how a piece of work ends."""
        try:
            yield
        except NotJoined:
            # The module says so itself: the network, or a restart, ended the session.
            self._state = State.CONFIGURED
            raise
        except (NoReply, LinkLost):
            # A frame may be on the air, or the module gone: connect finds out.
            self._state = State.UNKNOWN
            raise
        except MustWait as error:
            self._state = State.READY
            self._free_at_s = self._clock() + error.wait_s
            raise
        except BaseException:
            # It said no, and goes on as before.
            self._state = State.READY
            raise
        self._state = State.READY
