"""From the outbox to the scheduler."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from edge.records import ItemKind
from edge.spool.queue import Queued
from edge.uplink.schedule.situation import Candidate, Form
from edge.uplink.schedule.values import value_class
from edge.wire.air.frame import OVERHEAD_BYTES

FRAME_BYTES = OVERHEAD_BYTES
"""What a sealed frame adds to a record: a radio link's ``overhead_bytes``."""


def candidates(items: Iterable[Queued], wall: datetime, now_s: float) -> list[Candidate]:
    """``items``, in the order in which they were queued, as the scheduler sees them; what was tried
    is added by ``tries.Tries.applied``.

    ``wall`` is the calendar's clock at ``now_s`` of the scheduler's. Ages are taken from the former
    and never below 0: a clock that was set changes how old things look. Who waited longer does not
    depend on it.
    """
    found = []
    since_s = -math.inf
    for item in items:
        since_s = max(math.nextafter(since_s, math.inf), now_s - _age_s(item.queued_at, wall))
        event_s = since_s if item.event_at is None else now_s - _age_s(item.event_at, wall)
        found.append(
            Candidate(
                item.item_id,
                item.kind,
                value_class(item.priority, item.known, item.told),
                event_s,
                since_s,
                _sizes(item),
                burst_id=item.burst_id,
            )
        )
    return found


def _sizes(item: Queued) -> dict[Form, int]:
    """Evidence counts as what it is on the card; its seal adds a little."""
    sizes = {Form.MESSAGE: item.size_bytes}
    if item.news_bytes is not None and item.kind is ItemKind.SIGHTING:
        sizes[Form.RADIO] = item.news_bytes
    return sizes


def _age_s(moment: datetime, wall: datetime) -> float:
    return max(0.0, (wall - moment).total_seconds())
