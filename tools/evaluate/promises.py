"""What the models have to reach, as data, and what a report measured of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tools.evaluate.clusters import Placed, interval, share_of_placed
from tools.evaluate.counts import Share
from tools.evaluate.folds import place_of
from tools.evaluate.labelled import Truth
from tools.evaluate.labels import plain
from tools.evaluate.outcomes import BurstOutcome, FrameOutcome, Report

_SNOW_LEOPARD = ("snow leopard", "panthera uncia")


class Promise(NamedTuple):
    """``goal`` is the share (0..1) to reach, or with ``at_most`` not to pass. ``pick`` finds what
    the promise speaks of, and whether each kept it."""

    what: str
    goal: float
    pick: Callable[[Report], list[Placed]]
    at_most: bool = False

    @property
    def goal_in_words(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {100 * self.goal:g} %"

    def measure(self, report: Report) -> Share:
        return share_of_placed(self.pick(report))


class Answer(NamedTuple):
    """A promise and what was measured, with an interval that knows of stations."""

    promise: Promise
    measured: Share
    interval: tuple[float, float]

    @property
    def met(self) -> bool | None:
        """Whether the count reaches the goal; None where nothing was measured."""
        if not self.measured.total:
            return None
        reached = self.measured.count / self.measured.total
        goal = self.promise.goal
        return reached <= goal if self.promise.at_most else reached >= goal

    @property
    def certain(self) -> bool:
        """Whether the whole interval lies on the same side of the goal as the count."""
        low, high = self.interval
        above, below = low >= self.promise.goal, high <= self.promise.goal
        return above or below

    @property
    def words(self) -> str:
        if self.met is None:
            return "not measured"
        word = "met" if self.met else "**missed**"
        return word if self.certain else f"{word}, chance not excluded"


def answers(report: Report) -> list[Answer]:
    """Every promise with what this report measured."""
    found = [(promise, promise.pick(report)) for promise in PROMISES]
    return [Answer(one, share_of_placed(picked), interval(picked)) for one, picked in found]


def _bursts(report: Report, *, trapped: bool) -> Iterator[tuple[str, BurstOutcome]]:
    """The bursts of camera traps, or those of photographs, with their places."""
    sets = {one.name: one for one in report.sets}
    for burst in report.bursts:
        if sets[burst.set].trapped is trapped:
            yield place_of(sets[burst.set], burst), burst


def _frames(
    report: Report,
    wanted: Callable[[FrameOutcome], bool],
    holds: Callable[[FrameOutcome], bool | None],
    *,
    trapped: bool,
) -> list[Placed]:
    """The frames that are ``wanted``, each judged alone."""
    return [
        Placed(place, bool(holds(frame)))
        for place, burst in _bursts(report, trapped=trapped)
        for frame in burst.frames
        if wanted(frame)
    ]


def _snow_leopard_bursts(report: Report) -> Iterator[tuple[str, BurstOutcome]]:
    """Bursts of snow leopards from camera traps."""
    for place, burst in _bursts(report, trapped=True):
        if any(plain(frame.label) in _SNOW_LEOPARD for frame in burst.frames):
            yield place, burst


def _kept_as_target(report: Report) -> list[Placed]:
    return [Placed(place, burst.target) for place, burst in _snow_leopard_bursts(report)]


def _boxed(report: Report) -> list[Placed]:
    return [
        Placed(place, frame.located)
        for place, burst in _snow_leopard_bursts(report)
        for frame in burst.frames
        if frame.truth is Truth.TARGET and frame.located is not None
    ]


def _blanks_dropped(report: Report) -> list[Placed]:
    return [
        Placed(place, burst.blank)
        for place, burst in _bursts(report, trapped=True)
        if burst.truth is Truth.BLANK
    ]


def _target_frames(trapped: bool) -> Callable[[Report], list[Placed]]:
    return lambda report: _frames(
        report,
        lambda frame: frame.truth is Truth.TARGET,
        lambda frame: frame.target,
        trapped=trapped,
    )


def _called_target(trapped: bool) -> Callable[[Report], list[Placed]]:
    return lambda report: _frames(
        report,
        lambda frame: frame.truth not in (Truth.TARGET, Truth.COUSIN),
        lambda frame: frame.target,
        trapped=trapped,
    )


def _persons_found(trapped: bool) -> Callable[[Report], list[Placed]]:
    return lambda report: _frames(
        report,
        lambda frame: frame.truth is Truth.HUMAN,
        lambda frame: frame.found,
        trapped=trapped,
    )


_TARGETS = "single frames of leopards called target"
_OTHERS = "frames of other things called target (other spotted cats apart)"
_PERSONS = "frames with a person in which one is found"

PROMISES = (
    Promise("snow-leopard bursts kept as target", 0.99, _kept_as_target),
    Promise("snow-leopard frames boxed", 0.96, _boxed),
    Promise(f"{_TARGETS}, camera traps", 0.95, _target_frames(trapped=True)),
    Promise(f"{_TARGETS}, photographs", 0.95, _target_frames(trapped=False)),
    Promise("blank bursts dropped", 0.95, _blanks_dropped),
    Promise(f"{_OTHERS}, camera traps", 0.01, _called_target(trapped=True), at_most=True),
    Promise(f"{_OTHERS}, photographs", 0.01, _called_target(trapped=False), at_most=True),
    Promise(f"{_PERSONS}, camera traps", 0.95, _persons_found(trapped=True)),
    Promise(f"{_PERSONS}, photographs", 0.95, _persons_found(trapped=False)),
)
"""A trap's picture and a photographer's portrait are never added up: one would hide the other."""
