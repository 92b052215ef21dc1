"""Judgements as vision would give them."""

from __future__ import annotations

from edge.records import (
    Box,
    Burst,
    Crop,
    Descriptor,
    Detection,
    FrameJudgement,
    Judgement,
    ObservationType,
    Part,
    Side,
    Timings,
    Verdict,
)
from edge.spool.items import CapturedBurst

FLANK = Crop(
    Part.FLANK, Side.LEFT, 0, Box(0.1, 0.2, 0.3, 0.4), "image/avif", 256, 96, 0.8, b"flank"
)
HEAD = Crop(Part.HEAD, Side.LEFT, 1, Box(0.1, 0.2, 0.1, 0.1), "image/webp", 64, 64, 0.5, b"head")
CODE = Descriptor("vlad-1", Side.LEFT, 0, b"c" * 24)
LONG_CODE = Descriptor("sift-1", Side.LEFT, 0, b"c" * 25)


def a_judgement(
    kind: ObservationType,
    target: bool = False,
    crops: tuple[Crop, ...] = (),
    doubts: tuple[str, ...] = (),
) -> Judgement:
    verdict = Verdict(
        kind, target, 0.75 if target else 0.0, (("Panthera uncia", 0.75),), 1, "a reason", doubts,
        people=kind in (ObservationType.HUMAN, ObservationType.VEHICLE),
    )  # fmt: skip
    found = Detection(Box(0.1, 0.2, 0.3, 0.4), "animal", 0.5)
    frames = (FrameJudgement((found,), 0.75), FrameJudgement(error="truncated"))
    return Judgement(
        verdict, frames, Side.LEFT, 0.5, crops, (CODE, LONG_CODE),
        (("detector", "d@1"), ("species", "s@2")), Timings(decode=1.5),
    )  # fmt: skip


def captured(burst: Burst) -> CapturedBurst:
    return CapturedBurst(
        burst.burst_id, burst.captured_at, burst.clock, len(burst.frames), 0.0, burst.frames
    )
