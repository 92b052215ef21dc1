"""Cuts a card's power at many moments of a spool's life; one JSON line of what was found.

    python -m tests.power_cuts.campaign FOLDER POINTS [--days N] [--seed N] [--weakness W]

A weakness takes from the spool what keeps its word, to prove that a broken one
is found out. FOLDER is on a fast file system; what is mounted in it is unmounted at the end.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from edge.spool import past
from tests.power_cuts.life import Deed, Life
from tests.power_cuts.recorder import RecordedCard, mounted, stand_apart
from tests.power_cuts.replay import crash_images, crash_points
from tests.power_cuts.verdict import at_rest, complaints
from tests.power_cuts.weakness import WEAKNESSES, weakened
from tests.power_cuts.write_log import Entry, parse

SPOOL = "spool"
SHOWN = 20


def record(
    folder: Path, days: int, weakness: str
) -> tuple[bytes, list[Entry], list[Deed], dict[str, Any]]:
    """Live once on a recorded card: the card before, its log, the deeds, and what is at rest."""
    with RecordedCard(folder) as card:
        with weakened(weakness) as spoil:
            life = Life(card.mounted / SPOOL, days, card.position, spoil)
            life.live()
        expected = at_rest(card.mounted / SPOOL)
        log = card.log.read_bytes()
    return card.base.read_bytes(), parse(log), life.deeds, expected


def main(folder: Path, points: int, days: int, seed: int, weakness: str) -> None:
    past.BATCH = 2  # forget within so short a life
    base, entries, deeds, expected = record(folder, days, weakness)
    found, images = [], set()
    for point, content in crash_images(base, entries, crash_points(entries, points, seed)):
        # A file of its own: a mount that lingers elsewhere must not be taken for this one.
        image = folder / f"crash-{point.cut}-{point.seed}.img"
        image.write_bytes(content)
        images.add(hash(bytes(content)))
        with mounted(image, folder / "crash") as card:
            wrong = complaints(card / SPOOL, days, deeds, point.cut, expected)
        image.unlink(missing_ok=True)
        if wrong:
            found.append({"cut": point.cut, "seed": point.seed, "complaints": wrong})
    summary = {
        "points": points,
        "images": len(images),
        "entries": len(entries),
        "flushes": sum(entry.flush for entry in entries),
        "deeds": len(deeds),
        "expected": expected,
        "wrong": len(found),
        "found": found[:SHOWN],
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("points", type=int)
    arguments.add_argument("--days", type=int, default=3, help="a multiple of three")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--weakness", choices=WEAKNESSES, default="none")
    chosen = arguments.parse_args()
    stand_apart([sys.executable, "-m", "tests.power_cuts.campaign", *sys.argv[1:]])
    main(**vars(chosen))
