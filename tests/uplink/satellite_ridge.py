"""A station's satellite stage over a simulated modem on a real serial line, and basecamp's ears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.spool.items import NewsItem, Priority
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.hearing import Hearing
from edge.uplink.satellite import SatelliteStage, SatelliteTerms
from edge.uplink.schedule.situation import Candidate, Form, LinkState, Tariff
from edge.wire.air.acknowledgement import RadioAcknowledgement, encode_radio_acknowledgements
from edge.wire.air.channel import open_up
from edge.wire.air.downlink import next_down_counter
from edge.wire.air.frame import FrameRefused, Number, Stream, key_id_of, seal_frame
from edge.wire.air.pack import unpacked
from edge.wire.air.window import Seen
from firmware_bridge.errors import LinkLost
from firmware_bridge.modem import Exchange, Modem, Uplink
from tests.firmware_bridge.iridium import Field
from tests.kit.station import Notes
from tests.spool.makers import a_burst, a_target, an_item

STATION, BASECAMP = StationKey.generate(), BasecampKey.generate()
KEYS = RadioKeys.of_station("ridge-1", STATION, BASECAMP.token)
HOUR_S = 3600.0
NO_SERVICE, LOST_CONNECTION = 32, 18
BEAT = b"\x21\0\0\0" + bytes(30)


class PowerCut(BaseException):
    """The station is gone in the middle of what it does."""


class Wifi:
    """A link beside the satellite, that carries everything for nothing."""

    name = "wifi"

    def __init__(self, down: str | None = None) -> None:
        self._down = down

    def link(self) -> LinkState:
        tariff = Tariff(overhead_bytes=100)
        return LinkState(self.name, Form.RADIO, tariff=tariff, down=self._down)

    def own(self, now_s: float) -> Sequence[Candidate]:
        return ()


class Ridge:
    """A station under the open sky, and basecamp behind the gateway."""

    def __init__(self, folder: Path, field: Field) -> None:
        self.field = field
        self.terms = SatelliteTerms(heartbeat_s=0)
        self.spool = Spool(folder, BASECAMP.token.seal, Budget(min_free_bytes=0))
        self.notes = Notes()
        self._down = -1
        self.days_later = 0
        self.modem_is_there = True
        self.stage = self.rebooted()

    def rebooted(self) -> SatelliteStage:
        """The stage of a new process; the modem keeps its power."""
        clock = self.field.clock
        dispatcher = Dispatcher(self.spool.queue, self.spool.keepsake("schedule"), now=clock)
        self.dispatcher = dispatcher
        self.stage = SatelliteStage(
            self.spool,
            self._open_modem,
            Hearing(self.spool, KEYS, dispatcher, self.notes, now=clock),
            lambda: BEAT,
            self.terms,
            self.notes,
            dispatcher,
            now=clock,
            wall=lambda: datetime.now(UTC) + timedelta(days=self.days_later),
        )
        return self.stage

    def _open_modem(self) -> Modem:
        if not self.modem_is_there:
            raise LinkLost("no such port")
        return self.field.modem

    @contextmanager
    def no_power_in_a_session(self) -> Iterator[None]:
        """The station's own power goes while its modem speaks."""

        def cut(_: Uplink | None) -> Exchange:
            raise PowerCut

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.field.modem, "exchange", cut)
            yield

    def find(self, number: int, priority: Priority = Priority.SIGHTING, size: int = 32) -> bytes:
        """A leopard: its news are committed with its verdict."""
        about = number.to_bytes(size - 4, "big")
        item = replace(an_item(number), priority=priority)
        news = NewsItem(item.item_id, priority, b"\x11\0\0\0" + about)
        self.spool.admit(a_burst(number))
        self.spool.settle(replace(a_target(number, item), news=(news,)))
        return about

    def passes(self, seconds: float) -> None:
        self.field.clock.now_s += seconds

    @property
    def arrived(self) -> list[list[bytes]]:
        """What each message held, as basecamp understands it; repeated ones are refused."""
        keys = RadioKeys.of_basecamp("ridge-1", STATION.token, BASECAMP)
        seen, found = Seen(), []
        for message in self.field.messages:
            try:
                opened = open_up(message, keys, seen)
            except FrameRefused:
                continue
            seen = opened.seen
            found.append([record[4:] for record in unpacked(opened.content)])
        return found

    def answer(self, *numbers: int) -> None:
        """Basecamp's word waits in the gateway for the next session."""
        key_id = key_id_of(self.field.messages[-1])
        (record,) = encode_radio_acknowledgements(RadioAcknowledgement(key_id, numbers))
        self._down = next_down_counter(self._down, datetime.now(UTC))
        number = Number(0, self._down)
        self.field.sim.send_downlink(
            seal_frame(record, KEYS.key(0), "ridge-1", Stream.DOWN, number)
        )


@contextmanager
def on_a_ridge(folder: Path) -> Iterator[Ridge]:
    """A ridge whose spool lies in ``folder``."""
    field = Field()
    with field.running():
        ridge = Ridge(folder, field)
        yield ridge
        ridge.stage.close()
        ridge.spool.close()
