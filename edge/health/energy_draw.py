"""What a station draws in each of its states, and how long each step of an event takes.

Every number of a board or a link is an assumption: sources disagree, and no board was measured
here. So each comes twice, as the kindest and the harshest that is said of it, and what follows from
them is a range as well. Who has measured a board replaces them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class State(StrEnum):
    """What a station may be doing."""

    SLEEP = "sleep"
    """The board is off; the controller and its motion sensor are awake."""
    ARMED = "armed"
    """The board is up and waits for the motion sensor."""
    CAPTURING = "capturing"
    THINKING = "thinking"
    TALKING = "talking"


@dataclass(frozen=True, slots=True)
class Draw:
    """Watts that a board takes in at its 5 V input, by state; asleep less than armed, and armed
    less than at work. Raises ValueError otherwise."""

    sleep_w: float
    armed_w: float
    capturing_w: float
    thinking_w: float
    talking_w: float

    def __post_init__(self) -> None:
        at_work_w = min(self.capturing_w, self.thinking_w, self.talking_w)
        if not 0 <= self.sleep_w <= self.armed_w <= at_work_w:
            raise ValueError(
                f"{self.sleep_w:g} W asleep, {self.armed_w:g} W armed and {at_work_w:g} W at work"
                " do not rise"
            )

    def watts(self, state: State) -> float:
        """In ``state``."""
        return {
            State.SLEEP: self.sleep_w,
            State.ARMED: self.armed_w,
            State.CAPTURING: self.capturing_w,
            State.THINKING: self.thinking_w,
            State.TALKING: self.talking_w,
        }[state]

    @property
    def booting_w(self) -> float:
        """Halfway between armed and thinking: a boot keeps some of the cores busy some of the time.
        A Zero 2 W that was measured took 1.9 As in the 12 s of a stock boot (SolarCamPi,
        kittenlabs.de, 2024): 0.79 W if its supply was of 5 V, within what is assumed for it."""
        return (self.armed_w + self.thinking_w) / 2

    def at_battery(self, converter: float, always_w: float, lamp_w: float = 0.0) -> Self:
        """As the battery feels it: through a converter of that efficiency, with what the
        controller and its sensors draw at all times, and a lamp that burns while it captures."""
        return type(self)(
            self.sleep_w / converter + always_w,
            self.armed_w / converter + always_w,
            (self.capturing_w + lamp_w) / converter + always_w,
            self.thinking_w / converter + always_w,
            self.talking_w / converter + always_w,
        )

    def with_modem(self, modem_w: float) -> Self:
        """With a modem on while it talks."""
        return type(self)(
            self.sleep_w,
            self.armed_w,
            self.capturing_w,
            self.thinking_w,
            self.talking_w + modem_w,
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a board takes: from power to armed, for a burst, to judge it at first sight, for
    a second look, and from the order to power down until it can be cut off."""

    boot_s: float
    catch_s: float
    think_s: float
    second_look_s: float
    off_s: float


@dataclass(frozen=True, slots=True)
class Talk:
    """A link's modem, in watts while it is on, and the seconds for which one target keeps it on:
    for its short news, its full record, and its crops, each on top of the one before. The board
    stays up ``crops_wait_s`` longer while crops wait for their turn on the air."""

    modem_w: float
    news_s: float
    record_s: float
    crops_s: float
    crops_wait_s: float


@dataclass(frozen=True, slots=True)
class Board:
    """A board as the ``best`` and the ``worst`` that is said of it. ``source`` in words."""

    name: str
    best: tuple[Draw, Pace]
    worst: tuple[Draw, Pace]
    source: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link as the ``best`` and the ``worst`` that is said of it. ``source`` in words."""

    name: str
    best: Talk
    worst: Talk
    source: str
