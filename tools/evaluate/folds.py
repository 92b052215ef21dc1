"""Divide pictures into folds so that nothing of one station is on both sides.

Training leaves one fold out and evaluating looks at that fold alone: both ask this module. Frames
of a burst are near-copies and bursts of a station share its rock, its light and its cats, hence
stations are what is divided, and where none is known whole sets (``place_of``).

Folds are numbered from 0. The same pictures give the same folds everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.evaluate.labelled import LabelledBurst, LabelledSet
    from tools.evaluate.outcomes import BurstOutcome, SetInfo


def fold_of(stations: Mapping[str, int], folds: int) -> dict[str, int]:
    """The fold of each station, balanced by the count (frames) that it comes with.

    The largest station goes first, each into the fold that holds least so far (Graham 1969): least
    of the count, then fewest stations, then the lowest number. Raises ValueError for fewer than 1
    fold.
    """
    _check(folds)
    held = [(0, 0, fold) for fold in range(folds)]
    found: dict[str, int] = {}
    for station in sorted(stations, key=lambda name: (-stations[name], name)):
        count, members, fold = min(held)
        found[station] = fold
        held[fold] = (count + stations[station], members + 1, fold)
    return found


def fold_of_name(name: str, folds: int) -> int:
    """The fold of what has no station, from its name alone. Raises ValueError as above."""
    _check(folds)
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % folds


def stations_of(sets: Iterable[LabelledSet]) -> dict[str, int]:
    """Every station with its count of target frames, as the first set that knows it counts them.

    A later set from a known station adds nothing, so that the folds stay what they are whether or
    not it is there.
    """
    found: dict[str, int] = {}
    for one in sets:
        counted: dict[str, int] = {}
        for burst in one.bursts:
            if burst.station is not None:
                frames = len(burst.frames) if burst.holds_target else 0
                counted[burst.station] = counted.get(burst.station, 0) + frames
        found = counted | found
    return found


def place_of(one: LabelledSet | SetInfo, burst: LabelledBurst | BurstOutcome) -> str:
    """What must not be divided: the burst's station; where none is known the whole set of camera
    traps, for the same few cameras may have taken all of it; of photographs the burst alone."""
    return burst.station or (one.name if one.trapped else f"{one.name}/{burst.name}")


def fold_of_place(place: str, stations: Mapping[str, int], folds: int) -> int:
    """The fold of a place: as ``stations``, made by ``fold_of``, tells, else by its name."""
    return stations[place] if place in stations else fold_of_name(place, folds)


def _check(folds: int) -> None:
    if folds < 1:
        raise ValueError(f"{folds} folds: at least 1 is needed")
