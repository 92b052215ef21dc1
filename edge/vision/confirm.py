"""The detector and the group head put together: what is sure to be something, and what kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.records import Detection, ObservationType
from edge.vision.species import Boxed

CERTAIN = 0.6
"""From this probability of a person or a vehicle in a box, that is what the box is called."""


def confirmed(
    found: Sequence[Detection], boxed: Sequence[Boxed], least_score: float
) -> tuple[Detection, ...]:
    """Detections after the group head looked at the first ``len(boxed)`` of them, surest first.

    A score becomes ``score * max(something, score ** 2)``: bare rock that looks a little like an
    animal falls away, while what the detector is sure of stands even against the head's word. On
    stations that neither had seen, cats kept 0.31 at least and bare rock 0.31 at most, where the
    detector's own scores overlapped. What falls below ``least_score`` is left out.
    """
    judged = [_judged(one, box) for one, box in zip(found, boxed, strict=False)]
    together = (*judged, *found[len(boxed) :])
    kept = [detection for detection in together if detection.score >= least_score]
    return tuple(sorted(kept, key=lambda detection: -detection.score))


def _judged(detection: Detection, boxed: Boxed) -> Detection:
    score = detection.score * max(boxed.something, detection.score**2)
    label = detection.label
    if boxed.person >= CERTAIN:
        label = ObservationType.HUMAN.value
    elif boxed.vehicle >= CERTAIN:
        label = ObservationType.VEHICLE.value
    return replace(detection, score=score, label=label)
