"""Judge labelled bursts exactly as a station does, several at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from edge.config import Triage
from edge.records import Box, Judgement, ObservationType
from edge.vision.boxes import overlap
from edge.vision.decode import decode
from edge.vision.errors import DecodeError
from edge.vision.eyes import Eyes, open_eyes
from edge.vision.triage import judge
from tools.evaluate.labelled import (
    EvaluationError,
    LabelledBurst,
    LabelledFrame,
    LabelledSet,
    Mode,
    Truth,
)

ON_ANIMAL = 0.3
"""A detection is on the animal when it shares this much with a drawn box (IoU)."""
COLOURLESS = 6
"""A frame is infrared when 9 of 10 pixels have channels that differ by less than this.

Of 380 frames with a known light, infrared ones measure 0 and all others 27 or more.
"""
_BANNER = 10
"""The tenth of a frame at the top and at the bottom may bear a coloured banner."""


@dataclass(frozen=True, slots=True)
class FrameOutcome:
    """One frame judged alone: ``detected`` when anything is at or above the detection score, and
    ``located`` when that is on the animal, None where nobody drew a box."""

    truth: Truth
    mode: Mode
    detected: bool
    located: bool | None
    kind: ObservationType
    target: bool


@dataclass(frozen=True, slots=True)
class BurstOutcome:
    """One burst judged as a whole, and each of its frames judged alone."""

    truth: Truth
    mode: Mode
    kind: ObservationType
    target: bool
    frames: tuple[FrameOutcome, ...]


def judge_sets(
    sets: Sequence[LabelledSet], policy: Triage, workers: int, judged: Callable[[], None]
) -> list[list[BurstOutcome]]:
    """What became of every burst of every set, in their order, whatever the workers do.

    ``judged`` is called after each burst. Raises EvaluationError when the models cannot be loaded.
    """
    eyes = open_eyes(policy)
    if eyes.blindness:
        raise EvaluationError(eyes.blindness)
    bursts = [burst for one in sets for burst in one.bursts]
    outcomes = []
    for outcome in _outcomes(bursts, eyes, policy, workers):
        outcomes.append(outcome)
        judged()
    waiting = iter(outcomes)
    return [[next(waiting) for _ in one.bursts] for one in sets]


def judge_burst(burst: LabelledBurst, eyes: Eyes, policy: Triage) -> BurstOutcome:
    """Judge each frame alone, then the burst. Raises EvaluationError for a missing file."""
    try:
        files = [frame.path.read_bytes() for frame in burst.frames]
    except OSError as error:
        raise EvaluationError(f"{error.filename}: cannot be read: {error.strerror}") from error
    alone = [judge([data], eyes, policy) for data in files]
    whole = alone[0] if len(files) == 1 else judge(files, eyes, policy)
    frames = tuple(map(_frame_outcome, burst.frames, files, alone, [policy] * len(files)))
    verdict = whole.verdict
    return BurstOutcome(
        burst.truth, frames[0].mode, verdict.observation_type, verdict.target, frames
    )


def is_infrared(data: bytes) -> bool:
    """Whether a picture has no colour. False for one that cannot be decoded."""
    import numpy as np

    try:
        pixels = decode(data, 160).pixels
    except DecodeError:
        return False
    cut = pixels.shape[0] // _BANNER
    middle = pixels[cut : pixels.shape[0] - cut].astype(np.int16)
    chroma = middle.max(axis=2) - middle.min(axis=2)
    return float(np.percentile(chroma, 90)) < COLOURLESS


def _outcomes(
    bursts: Sequence[LabelledBurst], eyes: Eyes, policy: Triage, workers: int
) -> Iterable[BurstOutcome]:
    if workers == 1:
        return (judge_burst(burst, eyes, policy) for burst in bursts)
    return _in_parallel(bursts, policy, workers)


def _in_parallel(
    bursts: Sequence[LabelledBurst], policy: Triage, workers: int
) -> Iterator[BurstOutcome]:
    # Spawned, not forked: an interpreter's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (policy,)) as pool:
        yield from pool.map(_judge_in_worker, bursts, chunksize=8)


def _start_worker(policy: Triage) -> None:
    _worker_models[:] = [(open_eyes(policy), policy)]


def _judge_in_worker(burst: LabelledBurst) -> BurstOutcome:
    ((eyes, policy),) = _worker_models
    return judge_burst(burst, eyes, policy)


# A pool hands its workers nothing but this module: the models that each loaded live here.
_worker_models: list[tuple[Eyes, Triage]] = []


def _frame_outcome(
    frame: LabelledFrame, data: bytes, judgement: Judgement, policy: Triage
) -> FrameOutcome:
    detections = judgement.frames[0].detections
    sure = [found.box for found in detections if found.score >= policy.detect_score]
    return FrameOutcome(
        truth=frame.truth,
        mode=frame.mode or (Mode.INFRARED if is_infrared(data) else Mode.DAY),
        detected=bool(sure),
        located=None if frame.boxes is None else _on_animal(sure, frame.boxes),
        kind=judgement.verdict.observation_type,
        target=judgement.verdict.target,
    )


def _on_animal(found: Sequence[Box], drawn: Sequence[Box]) -> bool:
    return any(overlap(one, other) > ON_ANIMAL for one in found for other in drawn)
