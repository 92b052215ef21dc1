"""RAK3172 and its relatives with RUI3: a LoRaWAN modem behind AT commands, 115200 baud.

Source: RUI3 AT command manual; the RUI3 5.0.0 sources where the manual is silent.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from firmware_bridge.errors import MustWait, NoReply, NotJoined, Refused, TooLong
from firmware_bridge.join_backoff import JoinBackoff, ShortMemory
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_modem import LAST_PORT, LorawanModem
from firmware_bridge.lorawan_regions import Region
from firmware_bridge.modem import Capacity, Delivery, Uplink
from firmware_bridge.port import Port
from firmware_bridge.rak3172_commands import NoAnswer, RakCommands, Restarted
from firmware_bridge.rak3172_lines import Joined, JoinRefused, Sent

BAUD = 115_200
# A join request of SF12 takes 1.5 s, its second window opens after 6 s and lasts a slow frame.
_JOIN_S = 20.0
# The network may order repeats (NbTrans), and a repeat of 2.8 s at SF12 may have to wait 280 s for
# its duty cycle of 1 %.
_SEND_S = 300.0
# One transmission of SF12 with its windows.
_EMPTY_FRAME_S = 15.0
# The stack reports a transmission before the downlink that came with it, in the same breath.
_LINGER_S = 0.3


class Rak3172(LorawanModem):
    """The modem on ``port``. See firmware_bridge.modem.Modem. For one thread.

    An exchange without an uplink sends one zero byte on ``poll_port``: RUI3 sends no empty frame,
    and a device of class A hears its network only after it spoke.
    """

    def __init__(
        self,
        port: Port,
        identity: Identity,
        region: Region,
        backoff: JoinBackoff | None = None,
        poll_port: int = LAST_PORT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        module = _Rui3(RakCommands(port, clock), identity, region, Uplink(b"\x00", poll_port))
        super().__init__(module, region, backoff or JoinBackoff(ShortMemory()), clock)


class _Rui3:
    """A module that speaks RUI3. See firmware_bridge.lorawan_modem.Module."""

    name = "RAK3172"

    def __init__(self, at: RakCommands, identity: Identity, region: Region, poll: Uplink) -> None:
        self._at = at
        self._identity = identity
        self._region = region
        self._poll = poll
        self._confirming: bool | None = None
        self._made_way = False
        self.spoke = False
        self.wake = at.wake
        self.note_pending = at.note_pending
        self.take_downlinks = at.take_downlinks

    @property
    def restarted(self) -> bool:
        return self._at.restarted

    def sleep(self) -> None:
        self._at.close("AT+SLEEP")

    def configure(self, doubtful: bool) -> None:
        """Change what differs, and nothing else, for all of it can be asked for.

        The settings outlive a power cut. Writing them wears flash, and writing the band or a
        credential ends the session that is to be kept.
        """
        if self._at.ask("NWM") != "1":
            self._at.restart("AT+NWM=1")
        wanted = {
            "NJM": "1",
            "CLASS": "A",
            "ADR": "1",
            # Whether a frame is worth its airtime once more, who calls knows better.
            "RETY": "0",
            "BAND": str(self._region.rak_band),
            "DEVEUI": self._identity.dev_eui.hex().upper(),
            "APPEUI": self._identity.join_eui.hex().upper(),
            "APPKEY": self._identity.app_key.hex().upper(),
        }
        for name, value in wanted.items():
            if self._at.ask(name).upper() != value:
                self._at.do(f"AT+{name}={value}", shown=f"AT+{name}")
        self._confirming = self._at.ask("CFM") == "1"

    def has_session(self) -> bool:
        return self._at.ask("NJS") == "1"

    def join(self) -> str | None:
        # One request and no more: the module's own retries follow each other by seconds, and know
        # nothing of the back-off that LoRaWAN asks for. 7 s is its shortest period.
        self._at.do("AT+JOIN=1:0:7:0")
        event = self._at.await_event((Joined, JoinRefused), _JOIN_S, "the join")
        return event.reason if isinstance(event, JoinRefused) else None

    def capacity(self) -> Capacity:
        text = self._at.ask("DR")
        if not text.isdecimal():
            raise Refused(f"RAK3172: {text!r} is no data rate", text)
        return Capacity(self._region.payload_bytes(int(text)), data_rate=int(text))

    def send(self, uplink: Uplink | None) -> Delivery:
        wanted = uplink or self._poll
        self._check(wanted)
        self._confirm(wanted.confirmed)
        self._at.note_pending()  # what belongs to an earlier frame must not end this one
        try:
            delivery = self._transmit(wanted)
        except Refused as error:
            if error.code == "AT_PARAM_ERROR":
                self._make_way(error)
            raise
        self._made_way = False
        self._at.linger(_LINGER_S)
        return delivery

    def _check(self, uplink: Uplink) -> None:
        """Refuse here what the module would answer by sending an empty frame."""
        now = self.capacity()
        if not 1 <= len(uplink.payload) <= now.payload_bytes:
            raise TooLong(
                f"RAK3172: a payload of {len(uplink.payload)} bytes, but data rate {now.data_rate}"
                f" in {self._region.name} carries 1 to {now.payload_bytes}",
                now.payload_bytes,
            )

    def _confirm(self, wanted: bool) -> None:
        if self._confirming is not wanted:
            self._confirming = None  # until the module has said that it took it
            self._at.do(f"AT+CFM={int(wanted)}")
            self._confirming = wanted

    def _make_way(self, refused: Refused) -> None:
        """The payload fits, and was refused all the same.

        Either answers to the network's commands shared the frame: then the module has sent an
        empty one to be rid of them, and there is room after it. Or noise changed the command.
        Raises MustWait, but no second time before something went.
        """
        try:
            self._at.await_event((Sent,), _EMPTY_FRAME_S, "the empty frame")
        except Restarted:
            raise
        except NoReply:
            pass  # there was none
        if not self._made_way:
            self._made_way = True
            raise MustWait(f"{refused}: send again", 0.0, refused.code) from refused

    def _transmit(self, uplink: Uplink) -> Delivery:
        sent = self._start(uplink)
        if sent is None:
            event = self._at.await_event((Sent,), _SEND_S, "the transmission")
            assert isinstance(event, Sent)
            sent = event
        if sent.confirmed is None:
            return Delivery.SENT
        return Delivery.CONFIRMED if sent.confirmed else Delivery.UNCONFIRMED

    def _start(self, uplink: Uplink) -> Sent | None:
        """Until the module has accepted ``uplink``; the end of the transmission where OK got lost.

        An event before OK belongs to an earlier frame: while that was under way, this command
        would have been refused as busy. Only where no OK comes at all may it be ours.
        """
        command = f"AT+SEND={uplink.port}:{uplink.payload.hex().upper()}"
        self.spoke = True
        try:
            self._at.do(command, shown=f"AT+SEND of {len(uplink.payload)} bytes")
        except (MustWait, NotJoined):
            self.spoke = False  # the stack refuses these before it transmits
            raise
        except NoAnswer as error:
            return next((event for event in error.events if isinstance(event, Sent)), None)
        return None
