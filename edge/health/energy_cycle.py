"""What one event costs, step by step, and what a day of events does.

A station that is *always armed* draws what its board draws up and waiting, and what each event adds
to that. One that is *woken* by its controller sleeps without its board, and each event is a whole
cycle: boot, catch, think, speak, off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from edge.health.energy_draw import Draw, Pace, State, Talk
from edge.health.energy_policy import DAY_S, LADDER, Policy


class Mode(StrEnum):
    """What the board does between two events."""

    ALWAYS_ARMED = "always-armed"
    WOKEN = "woken"

    @property
    def rest(self) -> State:
        """Its state between two events."""
        return State.ARMED if self is Mode.ALWAYS_ARMED else State.SLEEP


class Occasion(StrEnum):
    """What makes a station work."""

    OTHER = "other"
    """A burst that holds no target: it may get a second look, and nothing of it is sent."""
    TARGET = "target"
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a cycle."""

    name: str
    seconds: float
    watts: float

    @property
    def joules(self) -> float:
        return self.seconds * self.watts


@dataclass(frozen=True, slots=True)
class Station:
    """A board with its pace and its link, one figure each; ``draw`` as the battery feels it, with
    the modem where it talks."""

    draw: Draw
    pace: Pace
    talk: Talk


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a day brings. ``events`` are triggers of the motion sensor, ``target_share`` of which,
    0 to 1, hold a target."""

    events: float
    target_share: float
    heartbeats: float


@dataclass(frozen=True, slots=True)
class DayBudget:
    """Joules of a day, and for how long the station works in it. Where there were more events than
    a day has room for, ``served`` is the share of them that was seen to, else 1."""

    joules: float
    busy_s: float
    served: float

    @property
    def watts(self) -> float:
        """The mean load."""
        return self.joules / DAY_S


def cycle(
    station: Station, mode: Mode, occasion: Occasion, policy: Policy = LADDER[0]
) -> tuple[Step, ...]:
    """The steps of one event, in their order; none that takes no time."""
    work = _work(station, occasion, policy)
    if mode is Mode.WOKEN:
        draw, pace = station.draw, station.pace
        is_sending_crops = policy.crops and occasion is Occasion.TARGET
        wait_s = station.talk.crops_wait_s if is_sending_crops else 0.0
        work = (
            Step("boot", pace.boot_s, draw.booting_w),
            *work,
            Step("wait", wait_s, draw.armed_w),
            Step("off", pace.off_s, draw.booting_w),
        )
    return tuple(step for step in work if step.seconds > 0)


def day_budget(
    station: Station, mode: Mode, traffic: Traffic, policy: Policy = LADDER[0]
) -> DayBudget:
    """A day of ``traffic``, events one after the other.

    On the high side where the woken are concerned: an event that comes while the board is up needs
    no boot of its own, and is counted with one.
    """
    rest_w = station.draw.watts(mode.rest)

    def cost(occasion: Occasion) -> tuple[float, float]:
        return _cost(cycle(station, mode, occasion, policy), rest_w)

    beat_s, beat_j = (part * traffic.heartbeats for part in cost(Occasion.HEARTBEAT))
    targets = traffic.events * traffic.target_share
    numbers = ((Occasion.TARGET, targets), (Occasion.OTHER, traffic.events - targets))
    event_s = sum(number * cost(occasion)[0] for occasion, number in numbers)
    event_j = sum(number * cost(occasion)[1] for occasion, number in numbers)
    room_s = max(0.0, DAY_S - beat_s)
    served = 1.0 if event_s <= room_s else room_s / event_s
    return DayBudget(
        joules=rest_w * DAY_S + beat_j + served * event_j,
        busy_s=beat_s + served * event_s,
        served=served,
    )


def _work(station: Station, occasion: Occasion, policy: Policy) -> tuple[Step, ...]:
    draw, pace, talk = station.draw, station.pace, station.talk
    if occasion is Occasion.HEARTBEAT:
        return (Step("speak", talk.news_s, draw.talking_w),)
    look_twice = policy.second_looks and occasion is Occasion.OTHER
    think_s = pace.think_s + (pace.second_look_s if look_twice else 0.0)
    seen = (
        Step("catch", pace.catch_s, draw.capturing_w),
        Step("think", think_s, draw.thinking_w),
    )
    if occasion is Occasion.OTHER:
        return seen
    speak_s = talk.news_s
    if policy.full_records:
        speak_s += talk.record_s
    if policy.crops:
        speak_s += talk.crops_s
    return (*seen, Step("speak", speak_s, draw.talking_w))


def _cost(steps: Iterable[Step], rest_w: float) -> tuple[float, float]:
    """Seconds, and joules above those that resting would have taken."""
    parts = tuple(steps)
    seconds = sum(step.seconds for step in parts)
    return seconds, sum(step.joules for step in parts) - rest_w * seconds
