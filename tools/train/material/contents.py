"""What a collection of samples shows, counted: a card tells it, and what is hardly there."""

from __future__ import annotations

from collections.abc import Sequence

from tools.train.material.samples import GROUPS, LABELS, Sample

FEW = 50
"""Of what stands in fewer pictures than this, a card says that little is known."""


def contents(samples: Sequence[Sample]) -> dict[str, int]:
    """The number of pictures that show each of ``GROUPS``; nothing at all counts as blank."""
    counted = dict.fromkeys(GROUPS, 0)
    for sample in samples:
        for group in _groups(sample):
            counted[group] += 1
    return counted


def told(samples: Sequence[Sample]) -> list[str]:
    """The lines of a card on what was learnt from."""
    counted = contents(samples)
    few = [group for group, count in counted.items() if count < FEW]
    lines = [
        "| learnt from pictures of | " + " | ".join(counted) + " |",
        "|---" * (len(counted) + 1) + "|",
        "| | " + " | ".join(map(str, counted.values())) + " |",
    ]
    if few:
        lines += ["", f"Fewer than {FEW} of: {', '.join(few)}. Little is learnt of those here."]
    return lines


def _groups(sample: Sample) -> set[str]:
    if not len(sample.boxes) and not len(sample.unsure):
        return {"blank"}
    labels = (LABELS[number] for number in sample.labels)
    return {sample.animal if label == "animal" else label for label in labels}
