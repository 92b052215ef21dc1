"""How sure a share is that was counted on pictures which are not independent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from tools.evaluate.counts import Share

DRAWS = 2000
_SEED = 0
_AT_ONCE = 1_000_000
IN_WORDS = (
    f"the 95 % interval of a bootstrap over stations ({DRAWS} draws; a set without stations counts"
    " as one, each photograph as its own), or Wilson's where that is wider"
)


class Placed(NamedTuple):
    """Whether something holds of one picture or burst, and the place that it shares its rock, its
    light and its cats with (``tools.evaluate.folds.place_of``)."""

    place: str
    holds: bool


def share_of_placed(found: Sequence[Placed]) -> Share:
    """How many hold, of all."""
    return Share(sum(one.holds for one in found), len(found))


def interval(found: Iterable[Placed]) -> tuple[float, float]:
    """The 95 % interval of the share, 0..1: IN_WORDS.

    Whole places are drawn with replacement (Davison and Hinkley 1997, 3.8), for pictures of one
    place stand or fall together. Where no two places differ that tells nothing, hence never less
    than Wilson's.
    """
    found = list(found)
    low, high = share_of_placed(found).interval
    totals = Counter(one.place for one in found)
    counts = Counter(one.place for one in found if one.holds)
    if len(totals) < 2:
        return low, high
    held = np.array([counts[place] for place in totals])
    all_of = np.array(list(totals.values()))
    rng = np.random.default_rng(_SEED)
    shares: list[float] = []
    while len(shares) < DRAWS:
        draws = min(DRAWS - len(shares), max(1, _AT_ONCE // len(held)))
        drawn = rng.integers(0, len(held), (draws, len(held)))
        shares += (held[drawn].sum(axis=1) / all_of[drawn].sum(axis=1)).tolist()
    drawn_low, drawn_high = np.percentile(shares, [2.5, 97.5])
    return min(low, float(drawn_low)), max(high, float(drawn_high))
