"""Made-up pictures and outcomes for these tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from edge.records import Box, Detection, ObservationType
from tools.evaluate.labelled import Mode, Truth
from tools.evaluate.outcomes import BurstOutcome, FrameOutcome, Report, Run, SetInfo

COUNTS_FROM = 0.25
WHERE = Box(0.2, 0.2, 0.5, 0.5)


def picture(path: Path, colour: tuple[int, int, int], noise: int = 20) -> None:
    rng = np.random.default_rng(len(path.name))
    pixels = np.clip(rng.normal(0, noise, (240, 320, 1)) + np.array(colour), 0, 255)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


def frame(
    truth: Truth = Truth.TARGET,
    *,
    found: str | None = None,
    score: float = 0.9,
    where: Box = WHERE,
    drawn: tuple[Box, ...] | None = None,
    target: bool = False,
    label: str = "",
    mode: Mode = Mode.DAY,
) -> FrameOutcome:
    """A frame in which one thing was found, or nothing."""
    return FrameOutcome(
        file="a.jpg",
        label=label,
        truth=truth,
        mode=mode,
        drawn=drawn,
        detections=() if found is None else (Detection(where, found, score),),
        counts_from=COUNTS_FROM,
        target_mass=0.9 if target else 0.0,
        target_score=0.9 if target else 0.01,
        kind=ObservationType.ANIMAL if target or found else ObservationType.BLANK,
        target=target,
    )


def burst(
    truth: Truth = Truth.TARGET,
    kind: ObservationType = ObservationType.ANIMAL,
    *,
    target: bool = False,
    target_score: float = 0.0,
    keep_score: float = 0.0,
    frames: tuple[FrameOutcome, ...] | None = None,
    name: str = "b",
    set_name: str = "meadow",
    station: str | None = None,
) -> BurstOutcome:
    """A burst of one frame, unless told otherwise."""
    return BurstOutcome(
        set=set_name,
        name=name,
        station=station,
        truth=truth,
        mode=Mode.DAY,
        kind=kind,
        target=target,
        target_score=target_score,
        keep_score=keep_score,
        reason="made up",
        frames=frames or (frame(truth, target=target),),
    )


def report(*bursts: BurstOutcome, trapped: bool = True, part: str | None = None) -> Report:
    from edge.config import Triage

    names = dict.fromkeys(one.set for one in bursts)
    policy = Triage().model_dump(mode="json")
    return Report(
        (Run({"detector": "d@0", "species": "s@0"}, policy, part),),
        tuple(SetInfo(name, "made up", trapped) for name in names),
        bursts,
    )
