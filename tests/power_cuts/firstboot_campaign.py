"""Cuts a card's power at many moments of a first boot; one JSON line of what was found.

    python -m tests.power_cuts.firstboot_campaign FOLDER POINTS [--hasty]

The boot partition is a folder in memory that is put back as it stood at the cut: what first boot
writes and removes there counts as durable at once, the worst case for the order of the two. What
FAT's own tables may come to is not put to the test: the kernels this runs on seldom have FAT.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from tests.power_cuts.recorder import RecordedCard, mounted, stand_apart
from tests.power_cuts.replay import crash_images, crash_points
from tests.power_cuts.write_log import Entry, parse
from tests.tools.test_firstboot_cuts import (
    WATCHED,
    content,
    first_boot,
    make_board,
    require_whole,
)
from tools.firstboot import durable
from tools.firstboot.reading import Taken
from tools.firstboot.taking import TakeIn

State = dict[str, bytes]
Timeline = list[tuple[int, State]]


def record(folder: Path, board: Path, *, hasty: bool) -> tuple[bytes, list[Entry], Timeline]:
    """One first boot, its /data on a recorded card: the card before, its log, and how the boot
    partition stood as of which entry."""
    with RecordedCard(folder) as card:
        root = folder / "live"
        shutil.copytree(board, root)
        shutil.copytree(board / "data", card.mounted / "data")
        shutil.rmtree(root / "data")
        (root / "data").symlink_to(card.mounted / "data")
        _settle(card.mounted)
        timeline = [(card.position(), content(root / "boot"))]

        def look(frame: FrameType, event: str, _: Any) -> Any:
            if frame.f_code.co_filename not in WATCHED:
                return None
            if (now := content(root / "boot")) != timeline[-1][1]:
                timeline.append((card.position(), now))
            return look

        with patch.object(TakeIn, "lay_down", _clear_first) if hasty else nullcontext():
            sys.settrace(look)
            first_boot(root)
            sys.settrace(None)
        timeline.append((card.position(), content(root / "boot")))
        os.sync()
        log = card.log.read_bytes()
    return card.base.read_bytes(), parse(log), timeline


def lay_boot(boot: Path, timeline: Timeline, cut: int) -> None:
    """The boot partition as it stood when the card had taken ``cut`` entries."""
    state = next(state for position, state in reversed(timeline) if position <= cut)
    shutil.rmtree(boot, ignore_errors=True)
    for name, raw in state.items():
        (boot / name).parent.mkdir(parents=True, exist_ok=True)
        (boot / name).write_bytes(raw)


def _clear_first(self: TakeIn, taken: Taken) -> None:
    """The slip that must be found out: the boot partition is cleared before all is kept."""
    for name in taken.names:
        durable.remove(self._places.folder / name)
    _LAY_DOWN(self, taken)


_LAY_DOWN = TakeIn.lay_down


def _settle(mounted_at: Path) -> None:
    """All that was written is on the card, the file system's own head included: what follows is
    about the first boot alone."""
    os.sync()
    handle = os.open(mounted_at / "settled", os.O_WRONLY | os.O_CREAT)
    os.fsync(handle)
    os.close(handle)
    os.sync()


def complaint(root: Path, board: Path) -> str | None:
    """What is wrong after the start that follows the cut."""
    try:
        first_boot(root)
        require_whole(root, board)
    except Exception as error:
        return repr(error)
    return None


def main(folder: Path, points: int, hasty: bool) -> None:
    board = make_board(folder / "stamped", own_key=False)
    base, entries, timeline = record(folder, board, hasty=hasty)
    began = timeline[0][0]
    root = folder / "live"
    found, images = [], set()
    for point, card_bytes in crash_images(base, entries, crash_points(entries, points, 7, began)):
        image = folder / f"crash-{point.cut}-{point.seed}.img"
        image.write_bytes(card_bytes)
        images.add(hash(bytes(card_bytes)))
        with mounted(image, folder / "crash") as card:
            (root / "data").unlink()
            (root / "data").symlink_to(card / "data")
            lay_boot(root / "boot", timeline, point.cut)
            wrong = complaint(root, board)
        image.unlink(missing_ok=True)
        if wrong is not None:
            found.append({"cut": point.cut, "seed": point.seed, "wrong": wrong})
    flushes = sum(entry.flush for entry in entries[began:])
    print(
        json.dumps(
            {"points": points, "images": len(images), "entries": len(entries) - began,
             "flushes": flushes, "wrong": len(found), "found": found[:10]}
        )
    )  # fmt: skip


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("points", type=int)
    arguments.add_argument("--hasty", action="store_true")
    chosen = arguments.parse_args()
    stand_apart([sys.executable, "-m", "tests.power_cuts.firstboot_campaign", *sys.argv[1:]])
    main(**vars(chosen))
