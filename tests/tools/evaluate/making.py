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


def scene(path: Path, seed: int, size: tuple[int, int] = (320, 240)) -> None:
    """A picture of large soft shapes, which survive a change of size as a landscape does."""
    shapes = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(shapes).resize(size, Image.Resampling.BICUBIC).save(path)


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


def run(part: str | None = None, **models: str) -> Run:
    """What judged: one detector and one species model, unless told otherwise."""
    from edge.config import Triage

    return Run(
        models or {"detector": "d@0", "species": "s@0"}, Triage().model_dump(mode="json"), part
    )


def report(*bursts: BurstOutcome, trapped: bool = True, part: str | None = None) -> Report:
    names = dict.fromkeys(one.set for one in bursts)
    return Report(
        (run(part),),
        tuple(SetInfo(name, "made up", trapped) for name in names),
        bursts,
    )
