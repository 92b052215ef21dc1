"""All gateways of a fleet, on as many processors as there are."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from typing import Any

from tools.simulate.cell import Cell
from tools.simulate.settings import Fleet
from tools.simulate.tally import Tally


def simulate(fleet: Fleet, jobs: int, on_progress: Callable[[int, int], None]) -> Tally:
    """The whole fleet's numbers; ``on_progress`` gets stations done and stations in all.

    Gateways do not hear each other, so each has its own random numbers and its own process: the
    numbers do not depend on ``jobs``. Raises UnknownRegion, BadSimulation.
    """
    work = [(fleet, number, stations) for number, stations in enumerate(fleet.cells)]
    total, done = Tally(), 0
    # Forked children would inherit whatever threads the caller has.
    context = multiprocessing.get_context("spawn")
    pool: Any = (
        ProcessPoolExecutor(jobs, mp_context=context)
        if jobs > 1 and len(work) > 1
        else nullcontext()
    )
    with pool as workers:
        tallies: Iterable[Tally] = workers.map(_run, work) if workers else map(_run, work)
        for tally, (_, _, stations) in zip(tallies, work, strict=True):
            total.add(tally)
            done += stations
            on_progress(done, fleet.stations)
    return total


def _run(work: tuple[Fleet, int, int]) -> Tally:
    return Cell(*work).run()
