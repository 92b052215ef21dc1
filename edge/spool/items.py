"""What the stages hand to the spool and get from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from edge.records import ClockQuality, Frame, ItemKind


class Priority(IntEnum):
    """The order of sending: the most valuable byte first."""

    ALERT = 0
    SIGHTING = 1
    HEARTBEAT = 2
    THUMBNAIL = 3
    CROP = 4
    EVIDENCE = 5
    AUDIT = 6


class GivesWay(IntEnum):
    """The order in which evidence is given up when the card fills. Unranked evidence never is."""

    AUDITED_BLANK = 0
    NOT_WANTED = 1
    DELIVERED = 2
    WITHHELD = 3
    """What may be a target beside a person: never sent, so it goes after all that was."""
    TOLD = 4
    """A target that basecamp knows of by radio; its crops wait in the outbox. Without a wider link
    a card would fill with these, and then catch nothing more."""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """Something for basecamp. ``payload`` is a sealed message; None stands for the burst's
    evidence file, which is read when its turn comes. ``known``: it tells of an individual that the
    catalogue names with confidence, which makes it less urgent."""

    item_id: bytes
    kind: ItemKind
    priority: Priority
    burst_id: str | None
    payload: bytes | None = field(repr=False)
    known: bool = False


@dataclass(frozen=True, slots=True)
class RadioCrop:
    """A crop small enough for a radio, sealed to basecamp: the ``picture``-th of the burst that
    ``reference`` names on the air. ``item_id`` is that of the crop in full."""

    item_id: bytes
    reference: bytes
    picture: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewsItem:
    """A record of a few bytes about the item ``item_id``, without its number."""

    item_id: bytes
    priority: Priority
    record: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CapturedBurst:
    """A burst that waits to be judged. ``admit_ms`` is what storing it took. ``frames`` is None,
    and ``unreadable`` says why, when the station itself can no longer open it."""

    burst_id: str
    captured_at: datetime
    clock: ClockQuality
    frame_count: int
    admit_ms: float
    frames: tuple[Frame, ...] | None
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The result of judging one burst, committed in one transaction.

    ``keep`` is whether the evidence stays; ``gives_way`` its rank in retention, None while it must
    not go. Evidence that must not go becomes
    GivesWay.DELIVERED when basecamp has acknowledged every item of its burst.
    """

    burst_id: str
    judgement: bytes
    keep: bool
    gives_way: GivesWay | None
    items: tuple[OutboxItem, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    news: tuple[NewsItem, ...] = ()
    radio_crops: tuple[RadioCrop, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedBurst:
    """A settled burst, as the report and the telemetry see it."""

    burst_id: str
    captured_at: datetime
    clock: ClockQuality
    frame_count: int
    held: bool
    judgement: bytes
