"""The same pictures for everyone, in turn, so that a machine is as warm for one as for another."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.vision.boxes import overlap
from tools.evaluate.labelled import LabelledFrame, LabelledSet, Truth
from tools.evaluate.outcomes import ON_ANIMAL
from tools.evaluate.peers.contestants import Contestant
from tools.evaluate.tables import spread

TRUTHS = (Truth.TARGET, Truth.ANIMAL, Truth.HUMAN, Truth.BLANK)
"""What is looked at; other truths say nothing of who is better."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one contestant did with one picture; ``boxed`` is None where nobody drew a box.

    ``duration_s`` is the time that the processor worked, so that a busy machine does not count.
    """

    truth: Truth
    kept: bool
    boxed: bool | None
    target: bool | None
    duration_s: float


def sample(sets: Sequence[LabelledSet], most: int) -> list[LabelledFrame]:
    """Frames of camera traps, at most ``most``, the rarer truths first, and of each burst the
    middle one: its neighbours are near-copies."""
    frames = [burst.frames[len(burst.frames) // 2] for s in sets if s.trapped for burst in s.bursts]
    groups = [[frame for frame in frames if frame.truth is truth] for truth in TRUTHS]
    chosen: list[LabelledFrame] = []
    left = most
    for waiting, group in enumerate(sorted(groups, key=len)):
        share = left // (len(groups) - waiting)
        picked = set(spread([frame.path for frame in group], share))
        chosen += [frame for frame in group if frame.path in picked]
        left = most - len(chosen)
    return sorted(chosen, key=lambda frame: frame.path.as_posix())


def compete(
    frames: Sequence[LabelledFrame],
    contestants: Sequence[Contestant],
    looked: Callable[[], None] = lambda: None,
) -> list[list[Result]]:
    """For each contestant its results, one a frame. The order of turns rotates from frame to frame;
    one look at the first frame by everyone goes before, and is not counted."""
    for contestant in contestants:
        contestant.look(frames[0].path.read_bytes())
    results: list[list[Result]] = [[] for _ in contestants]
    for number, frame in enumerate(frames):
        data = frame.path.read_bytes()
        for turn in range(len(contestants)):
            place = (number + turn) % len(contestants)
            results[place].append(_timed(contestants[place], frame, data))
        looked()
    return results


def _timed(contestant: Contestant, frame: LabelledFrame, data: bytes) -> Result:
    started = time.process_time()
    found = contestant.look(data)
    duration_s = time.process_time() - started
    boxed = None
    if frame.boxes is not None:
        boxed = any(overlap(a, b) > ON_ANIMAL for a in found.boxes for b in frame.boxes)
    return Result(frame.truth, found.kept, boxed, found.target, duration_s)
