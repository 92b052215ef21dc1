"""What a cellular session stands on, in the test's hand, and what waits to be sent."""

from __future__ import annotations

from collections.abc import Sequence

from edge.health.clock import ClockState
from edge.records import ClockQuality, ItemKind
from edge.spool.items import OutboxItem, Priority, Settlement
from edge.spool.spool import Spool
from edge.uplink.cellular.bearer import AlwaysUp
from edge.uplink.cellular.errors import BearerError
from edge.uplink.cellular.ledger_clock import machine_reading
from edge.uplink.cellular.outgoing import Outgoing
from edge.uplink.schedule.situation import Candidate, Form, LinkState
from edge.wire.sealing import Identity
from tests.basecamp import samples
from tests.spool.makers import a_burst, a_target, burst_id

READ_CLOCK = machine_reading(lambda: ClockState(ClockQuality.UNSET))
"""This machine's time, of which nobody knows the date: a midnight in the middle of a test would
begin the day's budget anew."""


class Switch(AlwaysUp):
    """A bearer that notes when it is switched, and counts what the test says."""

    def __init__(self) -> None:
        self.switched: list[str] = []
        self.fault: BearerError | None = None
        self.counts: int | None = None
        self.obeys = True

    def up(self) -> None:
        if self.fault is not None:
            raise self.fault
        self.switched.append("up")

    def used_bytes(self) -> int | None:  # type: ignore[override]
        return self.counts

    def down(self) -> bool:
        self.switched.append("down")
        return self.obeys


class Open:
    """A Carrier that takes everything, at no cost."""

    name = "cellular"

    def __init__(self, part_bytes: int | None) -> None:
        self.outgoing: Outgoing | None = None
        self._part_bytes = part_bytes

    def link(self) -> LinkState:
        assert self.outgoing is not None
        refused, part_bytes = self.outgoing.refused, self._part_bytes
        splits = part_bytes is not None
        return LinkState(self.name, Form.MESSAGE, part_bytes, splits, refused=refused)

    def own(self, now_s: float) -> Sequence[Candidate]:
        return ()


def queue_burst(
    spool: Spool, identity: Identity, number: int, priority: Priority = Priority.SIGHTING
) -> None:
    """A sighting, a large crop and the evidence of one burst wait to be sent."""
    spool.admit(a_burst(number, frame_bytes=30_000))
    crop = samples.crop()
    sighting = samples.sighting_message(samples.sighting(number))
    picture = samples.crop_message(number, crop)
    items = (
        OutboxItem(
            sighting.item_id,
            ItemKind.SIGHTING,
            priority,
            burst_id(number),
            identity.seal(sighting.item_id, ItemKind.SIGHTING, sighting.payload),
        ),
        OutboxItem(
            picture.item_id,
            ItemKind.CROP,
            Priority.CROP,
            burst_id(number),
            identity.seal(picture.item_id, ItemKind.CROP, picture.payload),
        ),
        OutboxItem(
            bytes([number]) * 16, ItemKind.EVIDENCE, Priority.EVIDENCE, burst_id(number), None
        ),
    )
    settlement: Settlement = a_target(number, *items)
    spool.settle(settlement)


def queue_alert(spool: Spool, identity: Identity, number: int) -> OutboxItem:
    """Somebody walked by: one small item, and nothing goes before it."""
    spool.admit(a_burst(number))
    message = samples.sighting_message(samples.sighting(number))
    sealed = identity.seal(message.item_id, ItemKind.SIGHTING, message.payload)
    item = OutboxItem(message.item_id, ItemKind.SIGHTING, Priority.ALERT, burst_id(number), sealed)
    spool.settle(a_target(number, item))
    return item


def queue_heartbeat(spool: Spool, identity: Identity) -> None:
    """The station says how it is."""
    beat = samples.heartbeat_message()
    sealed = identity.seal(beat.item_id, ItemKind.HEARTBEAT, beat.payload)
    item = OutboxItem(beat.item_id, ItemKind.HEARTBEAT, Priority.HEARTBEAT, None, sealed)
    spool.outbox.replace_heartbeat(item)
