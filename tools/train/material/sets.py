"""Labelled sets for training: as for evaluating, but whole where evaluating takes a sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from edge.capture.listing import is_picture
from tools.evaluate.labelled import LabelledBurst, LabelledSet, Truth
from tools.evaluate.labels import truth_of
from tools.evaluate.sources import check_pictures, load_sets
from tools.evaluate.tables import foldered, single

FIRST_THING = "n02666196"
"""WordNet id of the abacus: ImageNet's classes before it in the order of ids are all animals."""
UNCHECKED = ("burrow_cameras",)
"""Sets whose labels nobody checked: nothing can be learnt from them."""


def training_sets(paths: Iterable[Path]) -> list[LabelledSet]:
    """The sets in ``paths``, also those that nothing can be learnt from.

    Raises EvaluationError where there is none, or where a labelled picture is not there.
    """
    sets = [_whole(one) for one in load_sets(paths)]
    check_pictures(sets)
    return sets


def checked(sets: Iterable[LabelledSet]) -> list[LabelledSet]:
    """Those of ``sets`` that somebody looked at."""
    return [one for one in sets if one.name not in UNCHECKED]


def _whole(one: LabelledSet) -> LabelledSet:
    if one.name not in ("bigcat_thumbs", "imagenet_one_each"):
        return one
    folder = one.bursts[0].frames[0].path.parent
    if one.name == "bigcat_thumbs":
        bursts: Iterable[LabelledBurst] = foldered(folder.parent, most=10**6)
    else:
        bursts = map(_thing, sorted(path for path in folder.iterdir() if is_picture(path)))
    return replace(one, bursts=tuple(bursts))


def _thing(picture: Path) -> LabelledBurst:
    """A picture named by its class, ``n02128757_snow_leopard.jpg``."""
    number, _, name = picture.stem.partition("_")
    truth = truth_of(name, otherwise=Truth.ANIMAL if number < FIRST_THING else Truth.OTHER)
    return single(picture, truth, name)
