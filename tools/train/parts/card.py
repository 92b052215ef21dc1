"""The parts network's card and registry entry."""

from __future__ import annotations

from collections.abc import Mapping

from edge.vision.parts_net import CELLS, SIDES
from models.registry import ModelEntry
from tools.train.parts.making import NAME, THRESHOLDS
from tools.train.parts.measuring import Report
from tools.train.registering import NOT_HELD_OUT, NewModel, source_table

MADE_BY = "python -m tools.train.parts --data DIR"


def new_model(
    contents: bytes,
    species: ModelEntry,
    measured: Mapping[str, Report],
    learnt_from: Mapping[str, int],
) -> NewModel:
    """The network's entry; ``measured`` is by collection, empty where nothing was held out;
    ``learnt_from`` counts the animals of each collection."""
    training_data = (
        ", ".join(f"{count} animals of {name}" for name, count in learnt_from.items())
        + "; rights not known to the command"
    )
    cells = [1, CELLS, CELLS]
    return NewModel(
        name=NAME,
        role="parts",
        suffix=".npz",
        contents=contents,
        card=_card(len(contents), species, measured, training_data),
        fields={
            "reads": species.name,
            "decode": "parts",
            "labels": [side.value for side in SIDES],
            "licence": species.licence,
            "made_by": MADE_BY,
            "training_data": f"{training_data}; on features from {species.training_data}",
        },
        tables={
            "thresholds": THRESHOLDS,
            "input": {"shape": list(species.output("map8").shape), "dtype": "f4", "fit": "none"},
            "source": source_table(species.source),
        },
        outputs=[
            {"meaning": "sides", "index": 0, "name": "sides", "shape": [1, len(SIDES)]},
            {"meaning": "coat", "index": 1, "name": "coat", "shape": cells},
            {"meaning": "head", "index": 2, "name": "head", "shape": cells},
        ],
    )


def _card(
    size_bytes: int, species: ModelEntry, measured: Mapping[str, Report], training_data: str
) -> str:
    return "\n".join(
        [
            f"# {NAME}",
            "",
            "Says of one animal which side it shows, where its head is, and what is coat and what",
            "is rock, from the maps inside the species model.",
            "",
            "| | |",
            "|---|---|",
            "| role | parts (the default) |",
            f"| reads | map8, map16 and map32 of `{species.name}`, of a square look at the box |",
            f"| file | `{NAME}.npz`, {size_bytes} bytes, float16 weights, computed in numpy |",
            "| SHA-256 | `{sha256}` |",
            f"| licence | {species.licence}, that of the species model |",
            f"| made by | `{MADE_BY}` |",
            f"| learnt from | {training_data} |",
            "",
            f"A side is told from a probability of {THRESHOLDS['side']:.2f}, front or rear from "
            f"{THRESHOLDS['end']:.2f}; below,",
            "movement may tell it, and where movement contradicts the network none is told.",
            "",
            *_measured(measured),
            "## Limits",
            "",
            "The coat masks it learnt from are automatic ones mended with GrabCut: legs and tails",
            "are the least certain. Animals of other collections were not measured.",
            "",
        ]
    )


def _measured(measured: Mapping[str, Report]) -> list[str]:
    if not measured:
        return [*NOT_HELD_OUT, ""]
    lines = ["## Measured at stations left out of the fitting", ""]
    for name, found in measured.items():
        lines += [f"`{name}`:", ""]
        if found.flanks:
            lines += [
                "| what | network | geometry alone |",
                "|---|---|---|",
                f"| side told right | {found.told} of {found.flanks} | |",
                f"| left taken for right, or right for left | {found.wrong} | |",
                f"| front or rear taken for a flank | {found.ends_told} of {found.ends} | |",
                f"| view of no clear side taken for a flank | {found.unclear_told} of"
                f" {found.unclear} | |",
                f"| head found (overlap above 0.3) | {found.heads_found} of {found.heads}"
                f" | {found.geometry_heads_found} of {found.geometry_heads}, given the true side |",
                f"| head, mean overlap | {found.head_overlap:.2f} | {found.geometry_overlap:.2f} |",
                "",
            ]
        lines += [
            f"| coat, {found.coats} masks | network | the box |",
            "|---|---|---|",
            f"| overlap | {found.coat_overlap:.2f} | {found.box_overlap:.2f} |",
            f"| share of what is called coat that is | {found.coat_precision:.2f}"
            f" | {found.box_precision:.2f} |",
            f"| share of the coat that is called so | {found.coat_recall:.2f} | |",
            "",
        ]
    return lines
