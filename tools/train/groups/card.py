"""The group head's card."""

from __future__ import annotations

from collections.abc import Sequence

from models.registry import ModelEntry
from tools.train.material.samples import GROUPS, Ints


def card(
    name: str,
    width: int,
    hidden: int,
    species: ModelEntry,
    training_data: str,
    measured: Sequence[str],
    learnt_from: Sequence[str],
) -> str:
    """The card of a head that reads ``width`` numbers through ``hidden`` units.

    ``measured`` are the lines on what was measured, ``learnt_from`` those on what is in the
    training photographs; ``{sha256}`` is left for the registry.
    """
    return "\n".join(
        [
            f"# {name}",
            "",
            "Says what kind of thing a look shows, from the embedding of the species model.",
            "",
            "| | |",
            "|---|---|",
            f"| role | groups: {', '.join(GROUPS)} |",
            f"| reads | the embedding ({width} numbers) of `{species.name}`"
            f" ({species.sha256[:8]}) |",
            f"| layers | {width} to {hidden} to {len(GROUPS)}, ReLU, softmax; float16 on disk |",
            f"| licence | {species.licence}, that of the species model |",
            "| SHA-256 | `{sha256}` |",
            "| made by | `irbis train --only groups` |",
            "",
            "## Measured",
            "",
            *measured,
            "",
            "## Training photographs",
            "",
            f"{training_data}.",
            "",
            f"The embedding that it reads was made by others, from {species.training_data}.",
            "",
            *learnt_from,
            "",
        ]
    )


def confusion_table(counts: Ints) -> list[str]:
    """Lines of a table of ``counts`` ``(G, G)``: rows what it is, columns what is likeliest."""
    head = "| held-out looks of | " + " | ".join(GROUPS) + " |"
    lines = [head, "|---" * (len(GROUPS) + 1) + "|"]
    for name, row in zip(GROUPS, counts, strict=True):
        lines.append(f"| {name} ({int(row.sum())}) | " + " | ".join(map(str, row)) + " |")
    return lines
