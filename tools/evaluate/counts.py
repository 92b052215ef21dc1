"""From outcomes to counted shares with their uncertainty."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.records import ObservationType
from tools.evaluate.labelled import Mode, Truth
from tools.evaluate.outcomes import BurstOutcome, FrameOutcome, Report

Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``total``."""

    count: int
    total: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson 1927), 0..1; all of it when nothing was seen."""
        if not self.total:
            return 0.0, 1.0
        n, p = self.total, self.count / self.total
        centre = (p + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
        spread = Z_95 / (1 + Z_95**2 / n) * math.sqrt(p * (1 - p) / n + Z_95**2 / (4 * n * n))
        # Exact at the ends, where rounding would leave a hair outside.
        low = 0.0 if self.count == 0 else max(0.0, centre - spread)
        high = 1.0 if self.count == n else min(1.0, centre + spread)
        return low, high


@dataclass(frozen=True, slots=True)
class Row:
    """What happened to the pictures of one set that hold the same thing in the same light.

    Frames were judged one by one, bursts as a whole. ``detected_frames`` have a detection at all;
    ``found_frames`` are of those with an animal, a person or a vehicle, and have a detection that
    says so; ``located_frames`` are of those with a drawn box, and have one on the animal. A burst
    ends as one of ``called_target``, ``called_other`` (an animal, a person or a vehicle),
    ``unknown``, ``blank``.
    """

    set: str
    truth: Truth
    mode: Mode
    detected_frames: Share
    found_frames: Share
    located_frames: Share
    target_frames: Share
    blank_frames: Share
    called_target: Share
    called_other: Share
    unknown: Share
    blank: Share

    @property
    def frames(self) -> int:
        return self.target_frames.total

    @property
    def bursts(self) -> int:
        return self.called_target.total


def rows_of_report(report: Report) -> list[Row]:
    """The rows of every set, in the order of the sets."""
    return [row for one in report.sets for row in rows_of_set(one.name, report.of_set(one.name))]


def rows_of_set(name: str, outcomes: Sequence[BurstOutcome]) -> list[Row]:
    """The rows of one set, by truth and mode."""
    frames = [frame for burst in outcomes for frame in burst.frames]
    keys = {(burst.truth, burst.mode) for burst in outcomes}
    keys |= {(frame.truth, frame.mode) for frame in frames}
    order = sorted(keys, key=lambda key: (list(Truth).index(key[0]), list(Mode).index(key[1])))
    return [
        _row(
            name,
            truth,
            mode,
            [frame for frame in frames if (frame.truth, frame.mode) == (truth, mode)],
            [burst for burst in outcomes if (burst.truth, burst.mode) == (truth, mode)],
        )
        for truth, mode in order
    ]


def summed(name: str, rows: Iterable[Row]) -> Row | None:
    """All of ``rows`` as one, called ``name``; None where there are none."""
    rows = list(rows)
    if not rows:
        return None
    first = rows[0]
    return Row(
        name,
        first.truth,
        first.mode,
        *(
            Share(
                sum(getattr(row, field).count for row in rows),
                sum(getattr(row, field).total for row in rows),
            )
            for field in SHARES
        ),
    )


SHARES = (
    "detected_frames",
    "found_frames",
    "located_frames",
    "target_frames",
    "blank_frames",
    "called_target",
    "called_other",
    "unknown",
    "blank",
)


def _row(
    name: str,
    truth: Truth,
    mode: Mode,
    frames: Sequence[FrameOutcome],
    bursts: Sequence[BurstOutcome],
) -> Row:
    blank, unknown = ObservationType.BLANK, ObservationType.UNKNOWN
    rest = [burst for burst in bursts if not burst.target]
    return Row(
        set=name,
        truth=truth,
        mode=mode,
        detected_frames=share_of(frame.detected for frame in frames),
        found_frames=share_of(frame.found for frame in frames),
        located_frames=share_of(frame.located for frame in frames),
        target_frames=share_of(frame.target for frame in frames),
        blank_frames=share_of(frame.kind is blank for frame in frames),
        called_target=share_of(burst.target for burst in bursts),
        called_other=Share(sum(burst.kind not in (blank, unknown) for burst in rest), len(bursts)),
        unknown=share_of(burst.kind is unknown for burst in bursts),
        blank=share_of(burst.kind is blank for burst in bursts),
    )


def share_of(flags: Iterable[bool | None]) -> Share:
    """How many hold, of those of which anything is known."""
    known = [flag for flag in flags if flag is not None]
    return Share(sum(known), len(known))
