"""What the camera's own small picture saves, and what it costs where a frame is not empty."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import median

from edge.records import Judgement
from edge.vision.decode import Pixels
from edge.vision.eyes import Eyes
from edge.vision.triage import judge
from tools.bench.judging import POLICY, Sample
from tools.bench.pairs import interleaved, ratio_of
from tools.bench.pictures import as_camera_burst
from tools.bench.result import Result

SIZES_PX = {"2 MP": (1632, 1224), "12 MP": (4056, 3040)}
GLANCE_PX = 640
EMPTY_LIMIT = 1.1
"""A small picture must never cost where there is nothing; the rest is for the clock's noise."""


def measure_glances(samples: Sequence[Sample], eyes: Eyes, repetitions: int) -> list[Result]:
    """Judging frames that come with small pictures, over judging them without; with decoding.

    One sample of each kind, enlarged to each size. A kind that is not among ``samples`` has no
    result.
    """
    wanted = (
        ("glance_frame_ratio", "blank", 1, EMPTY_LIMIT, "an empty frame"),
        ("glance_blank_ratio", "blank", 3, EMPTY_LIMIT, "a burst of three of a still, empty scene"),
        ("glance_animal_ratio", "animal", 3, None, "a burst of three of an animal"),
    )
    made = []
    for name, kind, frames, limit, words in wanted:
        data = next((sample.data for sample in samples if sample.kind == kind), None)
        if data is not None:
            bursts = {
                size: as_camera_burst(data, size_px, frames) for size, size_px in SIZES_PX.items()
            }
            made.append(_measured(name, limit, words, bursts, eyes, repetitions))
    return made


def _measured(
    name: str,
    limit: float | None,
    words: str,
    bursts: dict[str, list[bytes]],
    eyes: Eyes,
    repetitions: int,
) -> Result:
    ratios, spent_ms = {}, {}
    for size, files in bursts.items():
        small = {index: glance_of(file) for index, file in enumerate(files)}
        ways = [partial(_judged, files, eyes, small), partial(_judged, files, eyes, {})]
        with_them, without = interleaved(ways, repetitions)
        ratios[size] = round(ratio_of(with_them, without), 3)
        spent_ms[size] = [round(1000 * median(times), 2) for times in (with_them, without)]
    return Result(
        name,
        ratios,
        "x",
        limit,
        judged=max(ratios.values()),
        rule=f"judging {words} with the camera's small pictures / without",
        details={"spent_ms": spent_ms},
        notes=tuple(f"{size} {ratio:.3f}" for size, ratio in ratios.items()),
    )


def glance_of(file: bytes) -> Pixels:
    """The small picture as a camera would have taken it beside ``file``."""
    import cv2
    import numpy as np

    from edge.vision.decode import decode

    pixels = decode(file, GLANCE_PX).pixels
    height_px = 2 * round(GLANCE_PX * pixels.shape[0] / pixels.shape[1] / 2)
    return np.asarray(cv2.resize(pixels, (GLANCE_PX, height_px), interpolation=cv2.INTER_AREA))


def _judged(files: Sequence[bytes], eyes: Eyes, glances: dict[int, Pixels]) -> Judgement:
    return judge(files, eyes, POLICY, glances=glances)
