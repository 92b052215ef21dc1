"""What the scheduler looks at: items, links and energy at one moment. Plain values.

Times are seconds of the scheduler's own clock, which never runs backwards (``state``). No time of
an event is ever taken from it: events carry their own, and keep it however late they are sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.records import ItemKind
from edge.uplink.radio.regions import DataRate
from edge.uplink.schedule.values import WORTH, ValueClass


class Form(StrEnum):
    """How an item is written for a link."""

    RADIO = "radio"
    """A record or fragments for sealed frames (``edge.wire.air``)."""
    MESSAGE = "message"
    """A signed and sealed message (``edge.wire.message``)."""


class Resource(StrEnum):
    """What a transmission uses up; each name has its unit."""

    AIRTIME = "airtime_ms"
    DATA = "bytes"
    ENERGY = "joules"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that waits. ``sizes`` is what is still to be sent, in each form that it has.

    ``event_s`` is when it happened, ``waiting_since_s`` when it was queued, or last sent.
    ``not_before_s`` leaves time for an answer, ``short_until_s`` too, but only over links that take
    it in short (Form.RADIO); ``tries`` counts unanswered attempts by link.
    ``only`` names the one link that can carry it, None: any that has a form for it.
    """

    item_id: bytes
    kind: ItemKind
    value_class: ValueClass
    event_s: float
    waiting_since_s: float
    sizes: Mapping[Form, int]
    not_before_s: float = 0.0
    short_until_s: float = 0.0
    tries: Mapping[str, int] = field(default_factory=dict)
    burst_id: str | None = None
    only: str | None = None

    def worth(self, now_s: float) -> float:
        """Points, see ``values``."""
        return WORTH[self.value_class].at(now_s - self.event_s)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of a resource may still be used now.

    ``left`` of ``limit`` in every ``window_s``; ``reserve`` of it is for alerts alone. What is
    ``gradual`` comes back bit by bit (a sliding window), any other budget all at once.
    ``refill_in_s`` is when the next part of it comes back.
    """

    name: str
    resource: Resource
    limit: float
    left: float
    window_s: float
    reserve: float = 0.0
    gradual: bool = False
    refill_in_s: float = 0.0

    def spendable(self, alert: bool) -> float:
        return self.left if alert else self.left - self.reserve

    def attainable(self, alert: bool) -> float:
        """What is spendable when nothing was spent for a window."""
        return self.limit if alert else self.limit - self.reserve


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a link charges. Bytes and joules; per transmission unless said otherwise.

    ``rate`` gives the time on the air, None for links that are not on LoRa. ``session_*`` is what
    it takes to bring the link up; nothing where it is up.
    """

    overhead_bytes: int = 0
    rate: DataRate | None = None
    watts_on_air: float = 0.0
    joules: float = 0.0
    joules_per_byte: float = 0.0
    session_joules: float = 0.0
    session_bytes: int = 0


@dataclass(frozen=True, slots=True)
class LinkState:
    """A link as it is now.

    ``payload_bytes`` is the longest transmission with its overhead, None for no limit. A link that
    ``splits`` sends larger items in parts, and goes on where it stopped. ``takes`` is the least
    valuable class that it is for. ``down`` says why nothing can be sent. ``delivery`` is the
    probability that a transmission arrives (``delivery``). ``since_turn``: how many
    transmissions went by since this one's last turn, over any link, or over this one where each
    link asks for itself; ``alert_last``: whether its last
    was an alert (``state`` keeps both). ``refused`` are items that it found that it cannot carry.
    """

    name: str
    form: Form
    payload_bytes: int | None = None
    splits: bool = False
    takes: ValueClass = ValueClass.AUDIT
    tariff: Tariff = Tariff()
    budgets: tuple[Budget, ...] = ()
    delivery: float = 1.0
    down: str | None = None
    ready_in_s: float = 0.0
    since_turn: int = 0
    alert_last: bool = False
    refused: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a decision depends on. ``energy`` is None on mains; classes that are
    ``spared`` wait until the battery affords them."""

    now_s: float
    candidates: tuple[Candidate, ...]
    links: tuple[LinkState, ...]
    energy: Budget | None = None
    spared: frozenset[ValueClass] = frozenset()
