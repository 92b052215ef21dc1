"""What basecamp's log says of a frame that was taken: a line for each record in it."""

from __future__ import annotations

import logging

from edge.wire.air.beacon import Beacon
from edge.wire.air.heartbeat import RadioHeartbeat
from edge.wire.air.sighting import RadioSighting
from tools.basecamp.content import Unreadable
from tools.basecamp.radio_crops import CropNews, Progress
from tools.basecamp.radio_inbox import Filed, Heard

log = logging.getLogger(__name__)

_NAMES: dict[type, str] = {
    RadioSighting: "sighting",
    RadioHeartbeat: "heartbeat",
    Beacon: "beacon",
}
_PIECES = {
    Progress.UNWANTED: ("piece of a picture", "not wanted"),
    Progress.PIECE: ("piece of a picture", "stored"),
    Progress.STORED: ("last piece of a picture", "stored: it is whole"),
    Progress.ABSENT: ("word", "that it has no picture of burst {} for the radio"),
}


def tell(heard: Heard, size_bytes: int) -> None:
    """Log what a frame of ``size_bytes`` brought."""
    station = heard.keys.station
    for filed in heard.filed:
        problem = _problem(filed)
        if problem:
            log.warning("%s: %s", station, problem)
        else:
            what, state = _news(filed)
            log.info("%s: %s by radio (%d bytes) %s", station, what, size_bytes, state)


def _problem(filed: Filed) -> str:
    content, crop = filed.record.content, filed.crop
    if isinstance(content, Unreadable) and filed.is_new:
        return f"a radio record is kept but not understood: {content.reason}"
    if crop is not None and crop.progress is Progress.SPOILT:
        return f"a picture of burst {_burst(crop)} came by radio: {crop.problem}"
    return ""


def _news(filed: Filed) -> tuple[str, str]:
    if filed.crop is not None:
        what, state = _PIECES[filed.crop.progress]
        return what, state.format(_burst(filed.crop))
    what = _NAMES.get(type(filed.record.content), "record")
    return what, "stored" if filed.is_new else "again"


def _burst(crop: CropNews) -> str:
    return "" if crop.name is None else crop.name.reference.hex()
