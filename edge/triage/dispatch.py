"""From an outcome to the sealed items that wait for basecamp."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edge.records import ItemKind, Sighting
from edge.spool.items import OutboxItem, Priority
from edge.triage.outcome import Outcome
from edge.wire.crop import encode_crop
from edge.wire.message import item_id
from edge.wire.sealing import Identity
from edge.wire.sighting import encode_sighting

KNOWN_SCORE = 0.5
"""From here on an individual is more probable than all others and *none of these* together."""


def outbox_items(burst_id: str, outcome: Outcome, identity: Identity) -> Iterator[OutboxItem]:
    """The sighting, its crops (the first, best one before all others), or the evidence itself."""

    def sealed(kind: ItemKind, number: int, priority: Priority, payload: bytes) -> OutboxItem:
        name = item_id(burst_id, kind, number)
        return OutboxItem(name, kind, priority, burst_id, identity.seal(name, kind, payload))

    if outcome.sighting is not None:
        priority = Priority.ALERT if outcome.sighting.people else Priority.SIGHTING
        item = sealed(ItemKind.SIGHTING, 0, priority, encode_sighting(outcome.sighting))
        yield replace(item, known=is_known(outcome.sighting))
    for number, crop in enumerate(outcome.crops):
        priority = Priority.CROP if number else Priority.THUMBNAIL
        yield sealed(ItemKind.CROP, number, priority, encode_crop(burst_id, crop))
    if outcome.send_evidence:
        name = item_id(burst_id, ItemKind.EVIDENCE, 0)
        priority = Priority.AUDIT if outcome.audited else Priority.EVIDENCE
        yield OutboxItem(name, ItemKind.EVIDENCE, priority, burst_id, payload=None)


def is_known(sighting: Sighting) -> bool:
    """Whether the catalogue names the cat with confidence; without a catalogue nobody is known."""
    if not sighting.identities or sighting.not_in_catalogue is None:
        return False
    best = sighting.identities[0].score
    return best >= KNOWN_SCORE and best > sighting.not_in_catalogue
