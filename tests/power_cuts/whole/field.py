"""A whole station on a card, and what is beside it: pictures, a broker, basecamp, memory.

All but the card outlives a power cut; memory does not.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import edge.capture.stage
import edge.catching
import edge.vision.eyes
from edge.capture.files import read_burst
from edge.capture.listing import BurstFiles, list_bursts
from edge.capture.replay import ReplaySource
from edge.config import StationConfig, load_config
from edge.errors import ConfigError
from edge.health.last_good import LastGood
from edge.lens import Lens
from edge.records import Burst
from edge.spool.spool import Spool
from edge.station import Station
from edge.vision.eyes import open_eyes
from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.pictures import lay_card
from tests.kit.remembering import Remembering, remember_evidence
from tests.kit.station import Notes, StationFolder
from tools.opening import Choice, open_station

STATION = "ridge-1"
A_DAY = 8
"""Bursts."""
TARGET_EVERY = 3
DAYS = 6
FIRST_HEARTBEAT_S = 3600
"""The value that is configured anew each day: one second more."""
QUOTA_BYTES = 200_000
"""Room for some five bursts: what may go has to go."""
_PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Field:
    """What ``lay`` made. ``bursts`` are offered in this order; ``camp`` has nothing yet."""

    folder: Path
    camp: Camp
    bursts: Sequence[BurstFiles]


def lay(folder: Path) -> Field:
    """Pictures of all days, and basecamp's folder."""
    bursts = list_bursts(lay_card(folder / "pictures", A_DAY * DAYS, 2, TARGET_EVERY))
    return Field(folder, Camp(folder / "camp"), bursts)


def equip(card: Path, camp: Camp, max_bytes: int = QUOTA_BYTES) -> None:
    """Put a station's key and configuration on ``card``, and enrol it."""
    sections = {
        "spool": {"path": "spool", "max_bytes": max_bytes, "remembered_bursts": 6},
        "uplink": {"heartbeat_s": FIRST_HEARTBEAT_S},
    }
    made = StationFolder(card / "station", camp.key.token, STATION, sections)
    camp.enrol(STATION, made.key.token)


def config_on(card: Path) -> Path:
    return card / "station" / "station.toml"


def spool_on(card: Path) -> Path:
    return card / "station" / "spool"


def reconfigure(card: Path, heartbeat_s: int) -> bool:
    """A technician's careless editor: it empties the file, writes it, and syncs nothing."""
    path = config_on(card)
    path.write_text(re.sub(r"heartbeat_s = \d+", f"heartbeat_s = {heartbeat_s}", path.read_text()))
    return True


@contextmanager
def stationed(
    card: Path,
    broker: Broker | None,
    notes: Notes,
    bursts: Sequence[BurstFiles],
    spoil: Callable[[Spool], None] = lambda spool: None,
) -> Iterator[tuple[Station, int]]:
    """The station as its daemon opens it unattended, with ``bursts`` in place of a lens; and the
    ``heartbeat_s`` that is in force. Raises AssertionError where it has only a safe mode."""
    path = config_on(card)
    good = LastGood(path.parent, path)

    def kept() -> StationConfig:
        return _speaking_to(broker, good.load())

    try:
        config: StationConfig | ConfigError = _speaking_to(broker, load_config(path))
    except ConfigError as error:
        config = error
    arm = Station.arm

    def spoilt(station: Station) -> None:
        spoil(station.spool)
        arm(station)

    with (
        patch.object(edge.catching, "open_lens", lambda *_: Lens(GrowingReplay(bursts))),
        patch.object(Station, "arm", spoilt),
        patch.object(edge.capture.stage, "GROW_S", 0.0),
    ):
        opened = open_station(Choice(config, kept, unattended=True), notes)
        station = opened.station
        with closing(station):
            assert isinstance(station, Station), opened.head
            if opened.as_configured:
                good.keep(load_config(path))
            yield station, int(station._config.uplink.heartbeat_s)


class GrowingReplay(ReplaySource):
    """Shows the first frame of every second burst before it gives the whole: as a lens does whose
    burst goes on."""

    def __init__(self, bursts: Sequence[BurstFiles]) -> None:
        super().__init__(bursts)
        self._bursts = bursts
        self._shown = 0

    def so_far(self) -> Burst | None:
        number = self.taken
        if number < self._shown or number == len(self._bursts) or not grows(number):
            return None
        self._shown = number + 1
        whole = read_burst(self._bursts[number])
        return replace(whole, frames=whole.frames[:1])


def grows(number: int) -> bool:
    """Whether the burst of this number becomes durable bit by bit."""
    return number % 2 == 1


def _speaking_to(broker: Broker | None, config: StationConfig) -> StationConfig:
    """The configuration with the broker's port of today."""
    address = None if broker is None else str(broker.address)
    uplink = config.uplink.model_copy(update={"broker": address})
    return config.model_copy(update={"uplink": uplink})


def finish(station: Station, *, heard: bool = True) -> None:
    """Wait until all is judged and, if it is ``heard``, basecamp has everything. Raises
    TimeoutError, and what ended the station."""
    end_s = time.monotonic() + _PATIENCE_S
    while not station.all_judged or (heard and not station.spool.outbox.is_empty()):
        if station.failure is not None:
            raise station.failure
        if time.monotonic() > end_s:
            waiting = [item.kind.value for item in station.spool.outbox.next_items(9)]
            raise TimeoutError(f"still unjudged {station.spool.unjudged()}, waiting {waiting}")
        time.sleep(0.02)


def learn(field: Field) -> None:
    """Look once, with the real models, at all that will be seen; forks need not look again."""
    place = field.folder / "calm"
    place.mkdir()
    remember_memory(place / "memory")
    equip(place, Camp(place / "camp"), max_bytes=0)
    eyes = Remembering(open_eyes(load_config(config_on(place)).triage)).eyes
    edge.vision.eyes.open_eyes = lambda policy: eyes  # type: ignore[assignment]
    remember_evidence()
    with stationed(place, None, Notes(), field.bursts) as (station, _):
        finish(station, heard=False)
    shutil.rmtree(place)


def remember_memory(folder: Path) -> None:
    """Stations of this process keep their boot keys in ``folder``, made anew."""
    folder.mkdir(mode=0o700)
    os.environ["RUNTIME_DIRECTORY"] = str(folder)


def moved(camp: Camp, folder: Path) -> Camp:
    """A copy of basecamp in ``folder``, with the same keys."""
    shutil.copytree(camp.folder, folder)
    twin = copy.copy(camp)
    twin.folder = folder
    return twin
