"""What the parts network gets right on animals that it did not learn from, beside geometry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edge.records import Box, Side
from edge.vision import parts
from edge.vision.boxes import overlap
from edge.vision.coat import COAT, peak_box
from edge.vision.parts_net import SIDES, Floats, PartsNet, Seen
from edge.vision.window import to_window
from tools.train.parts.samples import Sample

WINDOW = Box(0.0, 0.0, 1.0, 1.0)
FLANKS = (Side.LEFT, Side.RIGHT)
FOUND = 0.3
"""A head counts as found from this intersection over union."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the network says of one sample; ``head_box`` is the true one, in the window."""

    sample: Sample
    box: Box
    head_box: Box | None
    seen: Seen


@dataclass(frozen=True, slots=True)
class Report:
    """Counts and means over held-out animals of known side, head or coat.

    ``told`` sides are those at or above the threshold; ``wrong`` is left for right and the other
    way; ``ends_told`` are animals seen from the front or behind that were given a flank.
    """

    flanks: int = 0
    told: int = 0
    wrong: int = 0
    ends: int = 0
    ends_told: int = 0
    unclear: int = 0
    unclear_told: int = 0
    heads: int = 0
    heads_said: int = 0
    heads_found: int = 0
    head_overlap: float = 0.0
    geometry_heads: int = 0
    geometry_heads_found: int = 0
    geometry_overlap: float = 0.0
    coats: int = 0
    coat_overlap: float = 0.0
    coat_precision: float = 0.0
    coat_recall: float = 0.0
    box_overlap: float = 0.0
    box_precision: float = 0.0

    def lines(self) -> Iterable[str]:
        """One line a number."""
        for key, value in asdict(self).items():
            yield f"{key}: {value:.3f}" if isinstance(value, float) else f"{key}: {value}"


def answers(
    samples: Iterable[tuple[Sample, Box, Box | None, Box]],
    network: PartsNet,
    scales: Sequence[tuple[float, int]],
) -> list[Answer]:
    """The network's answers; each sample comes with box, head and window in its frame."""
    found = []
    for sample, box, head, window in samples:
        fine, middle, coarse = (
            (x.astype(np.float32) - zero) * np.float32(scale)
            for x, (scale, zero) in zip(sample.maps, scales, strict=True)
        )
        inside = to_window(window, box)
        seen = network.see((fine, middle, coarse), inside)
        found.append(Answer(sample, inside, head and to_window(window, head), seen))
    return found


def report(given: Sequence[Answer], side_from: float, head_from: float) -> Report:
    """Count at the thresholds from which a side and a head are told."""
    return Report(**_sides(given, side_from), **_heads(given, head_from), **_coats(given))


def _sides(given: Sequence[Answer], least: float) -> dict[str, int]:
    known = [a for a in given if a.sample.side is not None]
    told = {id(a): _told(a, least) for a in known}
    flanks = [a for a in known if a.sample.side in FLANKS]
    ends = [a for a in known if a.sample.side in (Side.FRONT, Side.REAR)]
    unclear = [a for a in known if a.sample.side is Side.UNCLEAR]
    right = sum(told[id(a)] is a.sample.side for a in flanks)
    some = sum(told[id(a)] is not None for a in flanks)
    return {
        "flanks": len(flanks),
        "told": right,
        "wrong": some - right,
        "ends": len(ends),
        "ends_told": sum(told[id(a)] is not None for a in ends),
        "unclear": len(unclear),
        "unclear_told": sum(told[id(a)] is not None for a in unclear),
    }


def _told(answer: Answer, least: float) -> Side | None:
    best = int(answer.seen.sides.argmax())
    side = SIDES[best]
    return side if side in FLANKS and float(answer.seen.sides[best]) >= least else None


def _heads(given: Sequence[Answer], least: float) -> dict[str, Any]:
    true = [(a, a.head_box) for a in given if a.head_box is not None]
    said = [(peak_box(WINDOW, a.seen.head, least), box) for a, box in true]
    hits = [overlap(found, box) for found, box in said if found is not None]
    drawn = [(parts.head(a.box, a.sample.side or Side.UNCLEAR), box) for a, box in true]
    guessed = [overlap(found, box) for found, box in drawn if found is not None]
    return {
        "heads": len(true),
        "heads_said": len(hits),
        "heads_found": sum(hit > FOUND for hit in hits),
        "head_overlap": _mean(hits),
        "geometry_heads": len(guessed),
        "geometry_heads_found": sum(hit > FOUND for hit in guessed),
        "geometry_overlap": _mean(guessed),
    }


def _coats(given: Sequence[Answer]) -> dict[str, Any]:
    scores = [_coat(a, a.seen.coat, COAT) for a in given if a.sample.coat is not None]
    boxes = [_coat(a, a.sample.plane, 0.5) for a in given if a.sample.coat is not None]
    return {
        "coats": len(scores),
        "coat_overlap": _mean([s[0] for s in scores]),
        "coat_precision": _mean([s[1] for s in scores]),
        "coat_recall": _mean([s[2] for s in scores]),
        "box_overlap": _mean([s[0] for s in boxes]),
        "box_precision": _mean([s[1] for s in boxes]),
    }


def _coat(answer: Answer, cells: Floats, least: float) -> tuple[float, float, float]:
    """Intersection over union, precision and recall of cells, inside the frame."""
    assert answer.sample.coat is not None
    inside = answer.sample.known > 0.5
    said, true = (cells >= least) & inside, (answer.sample.coat > 0.5) & inside
    both = float((said & true).sum())
    union, of_said, of_true = (said | true).sum(), said.sum(), true.sum()
    return both / max(union, 1), both / max(of_said, 1), both / max(of_true, 1)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
