"""A judgement on a burst carries the catalogue's answer, and never fails because of it."""

from __future__ import annotations

import numpy as np
import pytest

from edge.records import Side
from edge.vision.catalogue.file import Catalogue, Entry
from edge.vision.catalogue.match import Known
from edge.vision.catalogue.points import CoatPoints
from edge.vision.clock import Stopwatch
from edge.vision.evidence import Evidence, ask_catalogue


def points(seed: int) -> CoatPoints:
    rng = np.random.default_rng(seed)
    return CoatPoints(
        rng.integers(0, 60, (40, 4), np.uint8), rng.integers(0, 256, (40, 32), np.uint8)
    )


KNOWN = Catalogue(
    tuple(Entry(Side.LEFT, Known(name, (points(n),))) for n, name in enumerate("ABC"))
)


def test_the_answer_is_noted() -> None:
    evidence = Evidence(coats=[(Side.LEFT, points(1))])
    ask_catalogue(evidence, KNOWN, Stopwatch(60.0))
    assert evidence.answer is not None
    assert evidence.answer.identities[0].individual == "B"
    assert len(evidence.answer.identities) == 2


def test_without_a_catalogue_there_is_no_answer() -> None:
    evidence = Evidence(coats=[(Side.LEFT, points(1))])
    ask_catalogue(evidence, None, Stopwatch(60.0))
    assert evidence.answer is None and not evidence.mishaps


@pytest.mark.filterwarnings("ignore")
def test_what_goes_wrong_is_a_mishap() -> None:
    broken = CoatPoints(np.zeros((3, 4), np.uint8), np.zeros((3, 7), np.uint8))
    evidence = Evidence(coats=[(Side.LEFT, broken)])
    ask_catalogue(evidence, KNOWN, Stopwatch(60.0))
    assert evidence.answer is None
    assert evidence.mishaps[0].startswith("the catalogue could not be asked")


def test_when_time_is_up_nobody_is_asked() -> None:
    evidence = Evidence(coats=[(Side.LEFT, points(1))])
    ask_catalogue(evidence, KNOWN, Stopwatch(0.0))
    assert evidence.answer is None
