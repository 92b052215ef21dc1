"""Pictures that lie in two folds, byte for byte or nearly so.

Collections copy from each other, and people send the same photograph twice. A model that learnt one
fold's copy was not held out from the other's; so neither is judged where folds are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.capture.listing import is_picture
from edge.vision.decode import decode
from edge.vision.errors import DecodeError
from tools.evaluate.folds import fold_of, fold_of_place, place_of, stations_of
from tools.evaluate.labelled import LabelledSet

ALIKE = 0.985
"""Two pictures are one from this correlation of their thumbnails on.

Of 2900 development pictures from twelve collections, pairs that were told by eye to be the same lay
above 0.989, the likest of two different pictures in two collections at 0.949.
"""
_SIDE_PX = 16
_BANNER = 0.07
"""This share of the height at the top and at the bottom is not compared: banners go there."""
_FLAT = 2.0
"""Below this spread, in grey levels, a picture is like any other that is as flat."""
_ROWS = 512

Floats = NDArray[np.float32]


class _Lying(NamedTuple):
    """A picture file, its fold, and whether a label says where it was taken."""

    path: Path
    fold: int
    stationed: bool


def divided_copies(sets: Sequence[LabelledSet], folds: int) -> set[Path]:
    """The pictures of which a copy lies in another of ``folds`` folds.

    Two pictures of known stations are never held to be one: a camera at night sees much the same
    anywhere. What cannot be read is no copy. Photographs that lie beside those of ``sets``, and are
    no part of them, count as well: they were there to train on.
    """
    pictures = list(_pictures(sets, folds))
    thumbnails = [_thumbnail(one.path) for one in pictures]
    readable = [number for number, thumbnail in enumerate(thumbnails) if thumbnail is not None]
    if not readable:
        return set()
    looks = np.stack([thumbnail for thumbnail in thumbnails if thumbnail is not None])
    pictures = [pictures[number] for number in readable]
    fold = np.array([one.fold for one in pictures])
    stationed = np.array([one.stationed for one in pictures])
    found: set[Path] = set()
    for first in range(0, len(looks), _ROWS):
        rows = slice(first, first + _ROWS)
        alike = looks[rows] @ looks.T > ALIKE
        alike &= fold[rows, None] != fold[None, :]
        alike &= ~(stationed[rows, None] & stationed[None, :])
        found |= {pictures[first + int(row)].path for row in np.flatnonzero(alike.any(axis=1))}
    return found


def _pictures(sets: Sequence[LabelledSet], folds: int) -> Iterator[_Lying]:
    stations = fold_of(stations_of(sets), folds)
    for one in sets:
        known: set[Path] = set()
        for burst in one.bursts:
            fold = fold_of_place(place_of(one, burst), stations, folds)
            for frame in burst.frames:
                known.add(frame.path)
                yield _Lying(frame.path, fold, burst.station is not None)
        for path in _beside(known) if not one.trapped else ():
            place = f"{one.name}/{path.name}"
            yield _Lying(path, fold_of_place(place, stations, folds), False)


def _beside(known: Iterable[Path]) -> list[Path]:
    """The other pictures in the same folders."""
    known = set(known)
    folders = sorted({path.parent for path in known})
    return [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path not in known and is_picture(path)
    ]


def _thumbnail(path: Path) -> Floats | None:
    """``_SIDE_PX`` squared grey levels of length 1 about their mean; None for a flat picture, or
    for what cannot be read: whoever judges it will say so."""
    try:
        pixels = decode(path.read_bytes(), 8 * _SIDE_PX).pixels
    except (OSError, DecodeError):
        return None
    cut = round(_BANNER * len(pixels))
    grey = cv2.cvtColor(pixels[cut : len(pixels) - cut], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    about = (small - small.mean()).ravel()
    length = float(np.linalg.norm(about))
    return None if length < _FLAT * _SIDE_PX else about / length
