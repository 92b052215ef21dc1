"""What the scheduler must know again after a reboot, as bytes.

Its clock counts the seconds that the station was awake: it goes on where it was saved, so it is
never ahead of the truth, and a wait or a budget lasts too long rather than too short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pydantic import ConfigDict, TypeAdapter, ValidationError

from edge.errors import IrbisError
from edge.uplink.schedule.choose import Decision
from edge.uplink.schedule.delivery import Delivery
from edge.uplink.schedule.situation import Form, LinkState
from edge.uplink.schedule.tries import Tried, Tries
from edge.uplink.schedule.values import ValueClass
from edge.uplink.schedule.windows import Window

_SETTINGS = ConfigDict(ser_json_bytes="hex", val_json_bytes="hex")


class DamagedSchedule(IrbisError, ValueError):
    """A saved state that cannot be read; begin with a new one and full waits."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One link: how many transmissions there had been, over any link, when it had its last turn,
    and how many of its own there were since; whether its last one was an alert; arrivals."""

    turn_at: int = 0
    own_since_turn: int = 0
    alert_last: bool = False
    delivery: Delivery = field(default_factory=Delivery)


@dataclass(frozen=True, slots=True)
class _Saved:
    clock_s: float
    transmissions: int = 0
    links: dict[str, Memory] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)
    tried: dict[bytes, Tried] = field(default_factory=dict)


class SchedulerState:
    """Attempts, turns, arrivals and used windows. For one thread.

    ``started_s`` is a monotonic clock at the moment of making it; times that methods take and give
    are the scheduler's, from ``now_s``.
    """

    def __init__(
        self, started_s: float, windows: Iterable[Window] = (), forgot: bool = False
    ) -> None:
        """``forgot``: what was used before is not known, so every window counts as used up."""
        self._offset_s = -started_s
        self._forgot = forgot
        self._transmissions = 0
        self._links: dict[str, Memory] = {}
        self.tries = Tries()
        self.windows = {window.name: window for window in windows}

    def track(self, window: Window) -> None:
        """From now on ``window`` is kept; what was used of one of its name carries over."""
        if self._forgot and window.name not in self.windows:
            window = replace(window, used=window.limit)
        self.windows[window.name] = _continued(window, self.windows)

    def now_s(self, monotonic_s: float) -> float:
        """The scheduler's clock."""
        return monotonic_s + self._offset_s

    @property
    def is_waiting(self) -> bool:
        """Whether anything ends by this clock: a wait for an answer, or a budget's window."""
        return bool(self.tries.all()) or any(one.used for one in self.windows.values())

    def applied(self, link: LinkState, asks_itself: bool = False) -> LinkState:
        """``link`` with what is remembered of it.

        Where each link ``asks_itself``, it has its turn among its own transmissions: those of a
        fast one must not make every packet of a slow one a turn.
        """
        memory = self._links.get(link.name, Memory())
        since_turn = self._transmissions - memory.turn_at
        return replace(
            link,
            delivery=memory.delivery.chance,
            since_turn=memory.own_since_turn if asks_itself else since_turn,
            alert_last=memory.alert_last,
        )

    def sent(self, decision: Decision, now_s: float, answer_s: float) -> None:
        """A decision was carried out; an answer takes ``answer_s`` over its link."""
        offer = decision.offer
        name = offer.link.name
        memory = self._links.get(name, Memory())
        self._transmissions += 1
        self._links[name] = replace(
            memory,
            turn_at=self._transmissions if decision.turn else memory.turn_at,
            own_since_turn=0 if decision.turn else memory.own_since_turn + 1,
            alert_last=offer.candidate.value_class is ValueClass.ALERT,
        )
        for cost in offer.costs:
            window = self.windows.get(cost.budget.name)
            if window is not None:
                self.windows[window.name] = window.spent(cost.amount, now_s)
        whole = offer.portion_bytes >= offer.candidate.sizes[offer.link.form]
        short = offer.link.form is Form.RADIO
        self.tries.sent(offer.candidate.item_id, name, now_s, answer_s, whole, short)

    def outcome(self, link: str, arrived: bool) -> None:
        """A transmission over ``link`` arrived, or is known not to have."""
        memory = self._links.get(link, Memory())
        self._links[link] = replace(memory, delivery=memory.delivery.after(arrived))

    def to_bytes(self, now_s: float) -> bytes:
        """Everything that ``load`` needs; about 100 bytes an item that waits for an answer."""
        saved = _Saved(now_s, self._transmissions, self._links, self.windows, self.tries.all())
        return _ADAPTER.dump_json([saved])

    @classmethod
    def load(cls, data: bytes, started_s: float, windows: Iterable[Window] = ()) -> SchedulerState:
        """Go on from ``to_bytes``. ``windows`` are today's: what was used carries over to those of
        the same name, limits do not. Raises DamagedSchedule."""
        try:
            (saved,) = _ADAPTER.validate_json(data)
        except (ValidationError, ValueError) as error:
            raise DamagedSchedule(
                "the scheduler's saved state cannot be read; it begins anew"
            ) from error
        state = cls(started_s, windows)
        state._offset_s = saved.clock_s - started_s
        state._transmissions = saved.transmissions
        state._links = dict(saved.links)
        state.tries = Tries(saved.tried)
        state.windows = dict(saved.windows)
        for window in windows:
            state.track(window)
        return state


def _continued(window: Window, saved: Mapping[str, Window]) -> Window:
    old = saved.get(window.name)
    return window if old is None else replace(window, began_s=old.began_s, used=old.used)


_ADAPTER = TypeAdapter(list[_Saved], config=_SETTINGS)
