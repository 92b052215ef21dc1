"""What the tests of crops over radio share: a camp, a station that is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.wire.air.channel import open_down
from edge.wire.air.kinds import RecordKind, kind_of
from edge.wire.air.window import Seen
from tools.basecamp.radio_crops import Progress
from tools.basecamp.radio_inbox import Heard

from .crop_camp import (
    CropCamp,
    camp_in,
    heartbeats,
    sighting_record,
)
from .radio_trap import Trap

WIDE = 242


@pytest.fixture
def camp(tmp_path: Path) -> Iterator[CropCamp]:
    with camp_in(tmp_path) as camp:
        yield camp


def progress(heard: Heard) -> Progress | None:
    crop = heard.filed[0].crop
    return None if crop is None else crop.progress


def is_want(trap: Trap, frame: bytes) -> bool:
    """Whether a downlink that nobody heard is a want."""
    return kind_of(open_down(frame, trap.keys, Seen()).content) is RecordKind.WANT


def fetch(camp: CropCamp, trap: Trap, most: int = 1000) -> list[Progress | None]:
    """Let the station send what it is asked for, each frame answered; what each did."""
    did: list[Progress | None] = []
    while len(did) < most and (frame := trap.next_frame(WIDE)) is not None:
        did.append(progress(camp.exchange(trap, frame)))
    return did


def hear_of(camp: CropCamp, trap: Trap, *numbers: int) -> None:
    """Sightings come by radio, then a heartbeat, and what they are answered is heard."""
    for number in numbers:
        camp.exchange(trap, trap.say(sighting_record(number)))
    camp.exchange(trap, trap.say(next(heartbeats())))
