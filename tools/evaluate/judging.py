"""Judge labelled bursts exactly as a station does, several at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from edge.config import Triage
from edge.records import FrameJudgement, Judgement
from edge.vision.decode import decode
from edge.vision.errors import DecodeError
from edge.vision.eyes import Eyes, open_eyes
from edge.vision.triage import judge
from models.registry import load_registry
from tools.evaluate.labelled import (
    EvaluationError,
    LabelledBurst,
    LabelledFrame,
    LabelledSet,
    Mode,
)
from tools.evaluate.outcomes import BurstOutcome, FrameOutcome

COLOURLESS = 6
"""A frame is infrared when 9 of 10 pixels have channels that differ by less than this.

Of 380 frames with a known light, infrared ones measure 0 and all others 27 or more.
"""
_BANNER = 10
"""The tenth of a frame at the top and at the bottom may bear a coloured banner."""


class Judge(NamedTuple):
    """What a worker needs to judge: the policy, and the registry of the models (None: the one
    shipped)."""

    policy: Triage
    registry: Path | None = None

    def eyes(self) -> Eyes:
        """The loaded models. Raises EvaluationError when they cannot be."""
        registry = None if self.registry is None else load_registry(self.registry)
        eyes = open_eyes(self.policy, registry)
        if eyes.blindness:
            raise EvaluationError(eyes.blindness)
        return eyes


def judge_sets(
    sets: Sequence[LabelledSet], using: Judge, workers: int, judged: Callable[[], None]
) -> list[BurstOutcome]:
    """What became of every burst of every set, in their order, whatever the workers do.

    ``judged`` is called after each burst. Raises EvaluationError when the models cannot be loaded.
    """
    eyes = using.eyes()
    jobs = [(one.name, burst) for one in sets for burst in one.bursts]
    outcomes = []
    for outcome in _outcomes(jobs, eyes, using, workers):
        outcomes.append(outcome)
        judged()
    return outcomes


def judge_burst(set_name: str, burst: LabelledBurst, eyes: Eyes, policy: Triage) -> BurstOutcome:
    """Judge each frame alone, then the burst. Raises EvaluationError for a missing file."""
    try:
        files = [frame.path.read_bytes() for frame in burst.frames]
    except OSError as error:
        raise EvaluationError(f"{error.filename}: cannot be read: {error.strerror}") from error
    alone = [judge([data], eyes, policy) for data in files]
    whole = alone[0] if len(files) == 1 else judge(files, eyes, policy)
    frames = tuple(
        _frame_outcome(frame, data, judgement, policy)
        for frame, data, judgement in zip(burst.frames, files, alone, strict=True)
    )
    verdict = whole.verdict
    return BurstOutcome(
        set=set_name,
        name=burst.name,
        station=burst.station,
        truth=burst.truth,
        mode=frames[0].mode,
        kind=verdict.observation_type,
        target=verdict.target,
        target_score=verdict.target_score,
        keep_score=max(map(_keep_score, whole.frames), default=0.0),
        reason=verdict.reason,
        frames=frames,
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


Job = tuple[str, LabelledBurst]
"""The name of a set and one of its bursts."""


def _outcomes(
    jobs: Sequence[Job], eyes: Eyes, using: Judge, workers: int
) -> Iterable[BurstOutcome]:
    if workers == 1:
        return (judge_burst(name, burst, eyes, using.policy) for name, burst in jobs)
    return _in_parallel(jobs, using, workers)


def _in_parallel(jobs: Sequence[Job], using: Judge, workers: int) -> Iterator[BurstOutcome]:
    # Spawned, not forked: an interpreter's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (using,)) as pool:
        yield from pool.map(_judge_in_worker, jobs, chunksize=8)


def _start_worker(using: Judge) -> None:
    _worker_models[:] = [(using.eyes(), using.policy)]


def _judge_in_worker(job: Job) -> BurstOutcome:
    ((eyes, policy),) = _worker_models
    return judge_burst(*job, eyes, policy)


# A pool hands its workers nothing but this module: the models that each loaded live here.
_worker_models: list[tuple[Eyes, Triage]] = []


def _frame_outcome(
    frame: LabelledFrame, data: bytes, judgement: Judgement, policy: Triage
) -> FrameOutcome:
    (found,) = judgement.frames
    return FrameOutcome(
        file=frame.path.name,
        label=frame.label,
        truth=frame.truth,
        mode=frame.mode or (Mode.INFRARED if is_infrared(data) else Mode.DAY),
        drawn=frame.boxes,
        detections=found.detections,
        counts_from=policy.detect_score,
        target_mass=found.target_mass,
        target_score=judgement.verdict.target_score,
        kind=judgement.verdict.observation_type,
        target=judgement.verdict.target,
        error=found.error,
    )


def _keep_score(frame: FrameJudgement) -> float:
    found = max((detection.score for detection in frame.detections), default=0.0)
    return max(found, frame.target_mass or 0.0)
