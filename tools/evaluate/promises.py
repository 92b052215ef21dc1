"""What the models have to reach, as data, and what a report measured of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tools.evaluate.counts import Share, share_of
from tools.evaluate.labelled import Truth
from tools.evaluate.labels import plain
from tools.evaluate.outcomes import BurstOutcome, FrameOutcome, Report

_SNOW_LEOPARD = ("snow leopard", "panthera uncia")


class Promise(NamedTuple):
    """``goal`` is the share (0..1) to reach, or with ``at_most`` not to pass."""

    what: str
    goal: float
    measure: Callable[[Report], Share]
    at_most: bool = False


class Answer(NamedTuple):
    """A promise and what was measured."""

    promise: Promise
    measured: Share

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
        low, high = self.measured.interval
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
    return [Answer(promise, promise.measure(report)) for promise in PROMISES]


def _snow_leopard_bursts(report: Report) -> list[BurstOutcome]:
    """Bursts of snow leopards from camera traps."""
    trapped = report.trapped
    return [
        burst
        for burst in report.bursts
        if burst.set in trapped and any(plain(f.label) in _SNOW_LEOPARD for f in burst.frames)
    ]


def _snow_leopard_frames(report: Report) -> list[FrameOutcome]:
    return [
        frame
        for burst in _snow_leopard_bursts(report)
        for frame in burst.frames
        if frame.truth is Truth.TARGET
    ]


def _kept_as_target(report: Report) -> Share:
    return share_of(burst.target for burst in _snow_leopard_bursts(report))


def _boxed(report: Report) -> Share:
    return share_of(frame.located for frame in _snow_leopard_frames(report))


def _target_frames(report: Report, *, trapped: bool) -> Share:
    sets = report.trapped
    return share_of(
        frame.target
        for burst in report.bursts
        if (burst.set in sets) is trapped
        for frame in burst.frames
        if frame.truth is Truth.TARGET
    )


def _blanks_dropped(report: Report) -> Share:
    return share_of(burst.blank for burst in report.bursts if burst.truth is Truth.BLANK)


def _called_target(report: Report) -> Share:
    return share_of(
        frame.target for frame in report.frames if frame.truth not in (Truth.TARGET, Truth.COUSIN)
    )


def _persons_found(report: Report) -> Share:
    return share_of(frame.found for frame in report.frames if frame.truth is Truth.HUMAN)


PROMISES = (
    Promise("snow-leopard bursts kept as target", 0.99, _kept_as_target),
    Promise("snow-leopard frames boxed", 0.96, _boxed),
    Promise(
        "single frames of leopards called target, camera traps",
        0.95,
        lambda report: _target_frames(report, trapped=True),
    ),
    Promise(
        "single frames of leopards called target, photographs",
        0.95,
        lambda report: _target_frames(report, trapped=False),
    ),
    Promise("blank bursts dropped", 0.95, _blanks_dropped),
    Promise(
        "frames of other things called target (other spotted cats apart)",
        0.01,
        _called_target,
        at_most=True,
    ),
    Promise("frames with a person in which one is found", 0.95, _persons_found),
)
