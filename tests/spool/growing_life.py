"""A small spool whose bursts grow, ended at each durable step in turn; one JSON line a life.

    python -m tests.spool.growing_life FOLDER

What the spool said had grown is noted outside. After each end a second life is shown the same
bursts again and goes on to its end. Then every burst must be known once, counted once, and open at
basecamp with no fewer frames than had grown, each as it was taken.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from edge.records import Burst
from edge.security.evidence import unseal_content_key
from edge.security.keys import BasecampKey
from edge.spool.contents import CUT_SHORT, open_burst
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.faults.crash_points import ENDED_HERE, end_at, in_child
from tests.kit.card import counters, disorder, rows
from tests.spool.makers import a_burst, a_target, burst_id

BURSTS, FRAMES = 3, 4
NEVER_WHOLE = 1
"""This burst is never given: the camera's thread is gone. It ends as it was."""
KEY = BasecampKey.generate()
ROOMY = Budget(min_free_bytes=0)


def so_far(burst: Burst, frames: int) -> Burst:
    return replace(burst, frames=burst.frames[:frames])


def live(folder: Path) -> None:
    numbers = {burst_id(number): number for number in range(BURSTS)}
    with Spool(folder / "spool", KEY.token.seal, ROOMY, folder / "memory") as spool:
        for number in range(BURSTS):
            burst = a_burst(number, frames=FRAMES)
            for frames in (1, 3):
                spool.grow(so_far(burst, frames))
                _note(folder, number, frames)
            if number != NEVER_WHOLE:
                spool.admit(burst)
                _note(folder, number, FRAMES)
            while (waiting := spool.next_captured()) is not None:
                spool.settle(a_target(numbers[waiting.burst_id]))
            spool.outbox.acknowledge([item.item_id for item in spool.outbox.next_items(10)])


def _note(folder: Path, number: int, frames: int) -> None:
    handle = os.open(folder / "grown", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, f"{number} {frames}\n".encode())
    os.close(handle)


def complaints(folder: Path) -> Iterator[str]:
    spool = folder / "spool"
    yield from disorder(spool)
    known = rows(spool, "SELECT burst_id, frame_count FROM bursts ORDER BY burst_id")
    if [name for name, _ in known] != sorted(burst_id(number) for number in range(BURSTS)):
        yield f"known are {known}"
    counted = counters(spool)
    if (counted["bursts"], counted["frames"]) != (BURSTS, sum(frames for _, frames in known)):
        yield f"counted are {counted}, of {known}"
    least = {}
    for line in (folder / "grown-at-the-end").read_text().splitlines():
        number, frames = map(int, line.split())
        least[number] = frames
    for number in range(BURSTS):
        (file,) = spool.glob(f"evidence/??/{burst_id(number)}.burst")
        data = file.read_bytes()
        burst = open_burst(data, unseal_content_key(data, KEY.unseal))
        frames = [frame for frame in burst.frames if frame.fault is None]
        cut = [frame.fault for frame in burst.frames[len(frames) :]]
        whole = a_burst(number, frames=FRAMES)
        if frames != list(whole.frames[: len(frames)]) or cut not in ([], [CUT_SHORT]):
            yield f"another burst {number}: {burst}"
        if (not cut and len(frames) < FRAMES) or len(frames) < least.get(number, 0):
            yield f"burst {number} has {len(frames)} frames, and {cut}"
        if (burst_id(number), len(burst.frames)) not in known:
            yield f"burst {number} has {len(burst.frames)} frames, but known are {known}"


def main(root: Path) -> None:
    def ended(folder: Path, step: int) -> bool:
        def work() -> None:
            end_at(step)
            live(folder)

        return in_child(work) == ENDED_HERE

    step = 1
    while True:
        folder = root / str(step)
        folder.mkdir()
        if not ended(folder, step):
            return
        noted = folder / "grown"
        (folder / "grown-at-the-end").write_text(noted.read_text() if noted.exists() else "")
        code = in_child(lambda folder=folder: live(folder))
        found = list(complaints(folder)) if code == 0 else [f"ended with {code}"]
        print(json.dumps({"complaints": found}), flush=True)
        step += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
