"""A judgement as bytes for the spool: what was found, without any picture.

Names of files and places are not in it: the card must not tell them.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from edge.records import (
    Box,
    Detection,
    FrameJudgement,
    Judgement,
    ObservationType,
    Side,
    Timings,
    Verdict,
)
from edge.wire.cbor import dumps, loads
from edge.wire.errors import WireError

VERSION = 1


def archive(judgement: Judgement, audited: bool) -> bytes:
    """The judgement, without crops, descriptors and identities: a stolen card must not tell which
    cat was here."""
    verdict = judgement.verdict
    return dumps(
        {
            "version": VERSION,
            "audited": audited,
            "verdict": {**asdict(verdict), "observation_type": verdict.observation_type.value},
            "frames": [_frame_out(frame) for frame in judgement.frames],
            "side": judgement.side.value,
            "quality": judgement.quality,
            "models": dict(judgement.models),
            "timings_ms": asdict(judgement.timings_ms),
        }
    )


def restore(data: bytes) -> tuple[Judgement, bool]:
    """The judgement, and whether the burst was kept for audit. Raises WireError."""
    value = loads(data)
    try:
        verdict = value["verdict"]
        judgement = Judgement(
            verdict=Verdict(
                observation_type=ObservationType(verdict["observation_type"]),
                target=verdict["target"],
                target_score=verdict["target_score"],
                species=tuple((name, score) for name, score in verdict["species"]),
                count=verdict["count"],
                reason=verdict["reason"],
                doubts=tuple(verdict["doubts"]),
                perhaps_target=verdict["perhaps_target"],
                people=verdict.get("people", False),
            ),
            frames=tuple(map(_frame_in, value["frames"])),
            side=Side(value["side"]),
            quality=value["quality"],
            models=tuple(sorted(value["models"].items())),
            timings_ms=Timings(**value["timings_ms"]),
        )
        return judgement, bool(value["audited"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise WireError(f"an archived judgement cannot be read: {error!r}") from error


def _frame_out(frame: FrameJudgement) -> list[Any]:
    detections = [[*asdict(d.box).values(), d.label, d.score] for d in frame.detections]
    return [detections, frame.target_mass, frame.error, frame.skipped, frame.same_as]


def _frame_in(row: list[Any]) -> FrameJudgement:
    # A row of four was written before frames could equal one another.
    detections, target_mass, error, skipped, *same_as = row
    found = tuple(
        Detection(Box(x, y, w, h), label, score) for x, y, w, h, label, score in detections
    )
    return FrameJudgement(found, target_mass, error, skipped, *same_as)
