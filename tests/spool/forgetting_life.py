"""A small spool that forgets, ended at each durable step in turn; one JSON line a life.

    python -m tests.spool.forgetting_life FOLDER

After each end a second life is offered the same bursts again and goes on to its end. Then every
burst must be known once, counted once, and no file left over.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from edge.security.keys import BasecampKey
from edge.spool import past
from edge.spool.items import Settlement
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.faults.crash_points import ENDED_HERE, end_at, in_child
from tests.kit.card import counters, disorder, rows
from tests.spool.makers import a_blank, a_burst, a_target, burst_id

BURSTS = 6
KEY = BasecampKey.generate()
ROOM_FOR_TWO = Budget(max_bytes=3200, min_free_bytes=0)


def settled(number: int) -> Settlement:
    kinds = (a_blank(number), a_target(number), a_blank(number, audited=True))
    return kinds[number % 3]


def live(folder: Path) -> None:
    past.BATCH = 2
    numbers = {burst_id(number): number for number in range(BURSTS)}
    with Spool(folder / "spool", KEY.token.seal, ROOM_FOR_TWO, folder / "memory", 1) as spool:
        for number in range(BURSTS):
            spool.admit(a_burst(number))
            while (waiting := spool.next_captured()) is not None:
                spool.settle(settled(numbers[waiting.burst_id]))
            spool.outbox.acknowledge([item.item_id for item in spool.outbox.next_items(10)])


def at_rest(folder: Path) -> dict[str, Any]:
    spool = folder / "spool"
    ids = "SELECT burst_id FROM bursts UNION ALL SELECT lower(hex(burst_id)) FROM forgotten"
    return {
        "known": sorted(name for (name,) in rows(spool, ids)),
        "counters": counters(spool),
        "disorder": disorder(spool),
    }


def main(root: Path) -> None:
    def ended(folder: Path, step: int) -> bool:
        def work() -> None:
            end_at(step)
            live(folder)

        return in_child(work) == ENDED_HERE

    in_child(lambda: live(root / "calm"))
    expected = at_rest(root / "calm")
    assert rows(root / "calm" / "spool", "SELECT count(*) FROM forgotten") > [(2,)]
    assert len(expected["known"]) == BURSTS and not expected["disorder"]
    step = 1
    while ended(folder := root / str(step), step):
        code = in_child(lambda folder=folder: live(folder))  # type: ignore[misc]
        found = at_rest(folder)
        wrong = [f"{key} is {found[key]}" for key in expected if found[key] != expected[key]]
        complaints = wrong if code == 0 else [f"ended with {code}"]
        print(json.dumps({"step": step, "complaints": complaints}), flush=True)
        step += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
