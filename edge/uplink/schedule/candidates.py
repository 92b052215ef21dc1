"""From the outbox to the scheduler."""

from __future__ import annotations

from edge.records import ItemKind
from edge.spool.items import OutboxItem
from edge.uplink.schedule.situation import Candidate, Form
from edge.uplink.schedule.values import value_class
from edge.wire.air.frame import OVERHEAD_BYTES
from edge.wire.air.kinds import LARGEST_RECORD_BYTES

FRAME_BYTES = OVERHEAD_BYTES
"""What a sealed frame adds to a record: a radio link's ``overhead_bytes``."""

_IN_ONE_RECORD = frozenset({ItemKind.SIGHTING, ItemKind.HEARTBEAT})


def candidate(
    item: OutboxItem,
    event_s: float,
    queued_s: float,
    evidence_bytes: int = 0,
    radio_bytes: int | None = None,
    known: bool = False,
    told: bool = False,
) -> Candidate:
    """``item`` as the scheduler sees it; what was tried is added by ``tries.Tries.applied``.

    ``event_s`` and ``queued_s`` are seconds of the scheduler's clock, the former below 0 for what
    happened before it began. ``evidence_bytes`` is the size of an item without a payload,
    ``radio_bytes`` what is left of a crop's fragments, None where it has none. ``known``: the
    catalogue names the cat with confidence. ``told``: basecamp has the news by radio; then only the
    whole record is left to send.
    """
    sizes = {Form.MESSAGE: evidence_bytes if item.payload is None else len(item.payload)}
    if item.kind in _IN_ONE_RECORD and not told:
        sizes[Form.RADIO] = LARGEST_RECORD_BYTES
    elif radio_bytes is not None:
        sizes[Form.RADIO] = radio_bytes
    return Candidate(
        item.item_id,
        item.kind,
        value_class(item.priority, known, told),
        event_s,
        queued_s,
        sizes,
        burst_id=item.burst_id,
    )
