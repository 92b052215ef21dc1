"""Kills basecamp at each step of taking the last piece of a crop, and of asking for one.

Every statement and every fsync is a step; a child is forked for each and killed just before it.
Then the same folder is opened again, and the frame comes again. One JSON line a step: what it was,
and what was wrong afterwards.

    python -m tests.basecamp.crop_kills FOLDER
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from edge.wire.air.frame import FrameRefused, parse_frame

from .crop_camp import CropCamp, camp_in, crop, heartbeats, sighting_record, trap_with

WIDE = 242
Act = Callable[[CropCamp], object]


def kill_before(camp: CropCamp, step: int, act: Act) -> str | None:
    """What the step of ``act`` is before which a child of ours was killed; None past the last."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child:
        os.close(write_end)
        os.waitpid(child, 0)
        with os.fdopen(read_end) as told:
            return told.read() or None
    left, fsync = step, os.fsync

    def count(what: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.write(write_end, what.split("(")[0].encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def counted_fsync(handle: int) -> None:
        count("fsync")
        fsync(handle)

    camp.restart()  # not with what the parent has open
    os.fsync = counted_fsync  # type: ignore[assignment]
    camp.trace(count)
    act(camp)
    os._exit(0)


def at_each_step(folder: Path, act: Act, check: Callable[[CropCamp], str]) -> None:
    """Kill at every step of ``act`` in turn, each time in a copy of ``folder``."""
    for step in range(1, 1000):
        copy = folder.with_name(f"{folder.name}-{step}")
        shutil.copytree(folder, copy)
        with camp_in(copy) as camp:
            camp.close()
            what = kill_before(camp, step, act)
            if what is None:
                return
            camp.restart()
            print(json.dumps({"step": what, "complaint": check(camp)}), flush=True)
        shutil.rmtree(copy)


def main() -> None:
    root = Path(sys.argv[1])
    trap, beats = trap_with(1), heartbeats()
    with camp_in(root / "asked") as camp:
        camp.exchange(trap, trap.say(sighting_record(1)))
        heard = camp.take(trap.say(next(beats)))
    asked = root / "asked"

    def counters_go_on(camp: CropCamp) -> str:
        first = camp.answer(camp.take(trap.say(next(beats))))
        camp.restart()
        second = camp.answer(camp.take(trap.say(next(beats))))
        if first is None or second is None:
            return "no want"
        numbers = [parse_frame(frame).number.counter for frame in (first, second)]
        return "" if numbers[0] < numbers[1] else f"counters {numbers}"

    at_each_step(asked, lambda camp: camp.answer(heard), counters_go_on)

    shutil.copytree(asked, root / "fetched")
    with camp_in(root / "fetched") as camp:
        answer = camp.answer(heard)
        assert answer is not None
        trap.hear(answer)
        frames = list(iter(lambda: trap.next_frame(WIDE), None))
        for frame in frames[:-1]:
            camp.take(frame)

    def stored_once(camp: CropCamp) -> str:
        before = camp.pictures()
        try:
            camp.take(frames[-1])
            spent = False
        except FrameRefused:
            spent = True
        if spent != bool(before):
            return f"the frame is {'' if spent else 'not '}spent, and {len(before)} are stored"
        stored = camp.pictures()
        return "" if stored == [crop(1, 700).data] else f"{len(stored)} are stored"

    at_each_step(root / "fetched", lambda camp: camp.take(frames[-1]), stored_once)


if __name__ == "__main__":
    main()
