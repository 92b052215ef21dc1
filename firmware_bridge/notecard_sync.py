"""How a Notecard's sync stands, judged from one reply to hub.sync.status."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from firmware_bridge.notecard_codes import Advice, gravest, tags

# A card may give its replies without a checksum, and a digit changed by noise, or a number that no
# float holds, must not silence a station for good.
_LONGEST_PENALTY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the sync stands. ``failure`` is the code of one that is over and failed."""

    over: bool
    failure: str | None
    penalty_s: float
    """How long the card will not try, 0 where it may."""
    asked: bool
    """Whether the card remembers that a sync was asked for; not in the first second, either."""
    text: str


def judge_sync(reply: dict[str, Any]) -> Progress:
    """Read a reply. Fields that are false or 0 are left out by the card.

    A sync is over when the last completion is younger than the last request. One that failed says
    so by ``alert``, by an error in its status, or by the penalty that the card does.
    """
    text = str(reply.get("status", ""))
    asked = "requested" in reply
    penalty_s = min(max(_number(reply, "seconds", 0.0), 0.0), _LONGEST_PENALTY_S)
    tag = gravest(f"{text} {reply.get('err', '')}")
    failed = tag is not None and tag.advice >= Advice.WAIT
    if penalty_s > 0 or failed:
        code = tag.name if tag is not None and failed else "network"
        return Progress(True, code, penalty_s, asked, text)
    completed_s = _number(reply, "completed", math.inf)
    # In its first second a request is left out, and must not look like an old one.
    requested_s = _number(reply, "requested", -math.inf)
    over = completed_s <= requested_s and _says_done(text)
    if over and reply.get("alert"):
        return Progress(True, "sync-error", 0.0, asked, text)
    # Notes that are still waiting were added after the sync began, or it is an older one's end.
    return Progress(over and not reply.get("sync"), None, 0.0, asked, text)


def _says_done(text: str) -> bool:
    tag = gravest(text)
    return not tags(text) or (tag is not None and tag.advice is Advice.DONE)


def _number(reply: dict[str, Any], name: str, default: float) -> float:
    value = reply.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        number = math.inf if value > 0 else -math.inf
    return default if math.isnan(number) else number
