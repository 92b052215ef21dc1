"""What frames add up to. Each row of the table is one rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Triage
from edge.records import Box, Detection, FrameJudgement, ObservationType
from edge.vision.verdict import Calibration, fuse

POLICY = Triage(detect_score=0.25, doubt_score=0.15, target_mass=0.3, doubt_mass=0.1)
BOX = Box(0.1, 0.1, 0.5, 0.5)


def frame(
    *found: tuple[str, float],
    mass: float | None = 0.0,
    error: str | None = None,
    skipped: bool = False,
) -> FrameJudgement:
    detections = tuple(Detection(BOX, label, score) for label, score in found)
    return FrameJudgement(detections, mass, error, skipped)


EMPTY = frame()
LEOPARD = frame(("animal", 0.9), mass=0.93)
GOAT = frame(("animal", 0.8), mass=0.02)
FAINT = frame(("animal", 0.2))
HINT = frame(mass=0.15)
BROKEN = frame(mass=None, error="truncated JPEG after 100 bytes")
DAMAGED = frame(mass=0.0, error="truncated JPEG after 100 bytes")
SKIPPED = frame(mass=None, skipped=True)
UNASKED = frame(mass=None)

TABLE = [
    ("all frames empty", [EMPTY, EMPTY, EMPTY], "blank", False),
    ("a leopard in one frame", [EMPTY, LEOPARD, EMPTY], "animal", True),
    ("a leopard the detector missed", [frame(mass=0.6)], "animal", True),
    ("a leopard, and the rest skipped", [LEOPARD, SKIPPED, SKIPPED], "animal", True),
    ("a leopard between broken frames", [BROKEN, LEOPARD, BROKEN], "animal", True),
    ("another animal", [GOAT, EMPTY], "animal", False),
    ("an animal beside a broken frame", [GOAT, BROKEN], "animal", False),
    ("a person", [frame(("human", 0.5))], "human", False),
    ("a person with a dog", [frame(("animal", 0.9), ("human", 0.4))], "human", False),
    ("a person and a leopard", [frame(("human", 0.9)), LEOPARD], "animal", True),
    ("a car", [frame(("vehicle", 0.5))], "vehicle", False),
    ("a faint detection", [EMPTY, FAINT], "unknown", False),
    ("a hint of a target", [EMPTY, HINT], "unknown", False),
    ("a frame that cannot be read", [EMPTY, BROKEN], "unknown", False),
    ("a damaged frame that looks empty", [EMPTY, DAMAGED], "unknown", False),
    ("a frame never looked at", [EMPTY, SKIPPED], "unknown", False),
    ("a frame whose species was not asked", [EMPTY, UNASKED], "unknown", False),
    ("something of an unheard-of kind", [frame(("ghost", 0.9))], "unknown", False),
    ("no frame at all", [], "unknown", False),
    ("exactly at the threshold of seeing", [frame(("animal", 0.25))], "animal", False),
    ("exactly at the threshold of doubt", [frame(("animal", 0.15))], "unknown", False),
    ("exactly at the target's threshold", [frame(mass=0.3)], "animal", True),
    ("exactly at the target's doubt", [frame(mass=0.1)], "unknown", False),
]


@pytest.mark.parametrize(
    ("frames", "kind", "target"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_burst_is_called(frames: list[FrameJudgement], kind: str, target: bool) -> None:
    verdict = fuse(frames, [()] * len(frames), POLICY)
    assert (verdict.observation_type.value, verdict.target) == (kind, target)
    assert verdict.reason and "\n" not in verdict.reason


masses = st.none() | st.floats(0, 1)
found = st.lists(st.tuples(st.sampled_from(["animal", "human", "vehicle"]), st.floats(0, 1)))


@given(st.lists(st.tuples(found, masses, st.none() | st.just("broken"), st.booleans())))
def test_blank_is_only_what_every_frame_calls_empty(
    rows: list[tuple[list[tuple[str, float]], float | None, str | None, bool]],
) -> None:
    frames = [frame(*f, mass=m, error=e, skipped=s) for f, m, e, s in rows]
    verdict = fuse(frames, [()] * len(frames), POLICY)
    judged_empty = bool(frames) and all(
        f.error is None
        and f.target_mass is not None
        and f.target_mass < POLICY.doubt_mass
        and all(d.score < POLICY.doubt_score for d in f.detections)
        for f in frames
    )
    assert (verdict.observation_type is ObservationType.BLANK) == judged_empty
    if verdict.doubts:
        assert verdict.observation_type is not ObservationType.BLANK


def test_doubts_are_listed_even_where_something_certain_was_seen() -> None:
    verdict = fuse([BROKEN, LEOPARD], [(), ()], POLICY)
    assert verdict.target
    assert verdict.doubts == ("frame 1: truncated JPEG after 100 bytes",)


def test_a_frame_with_nothing_boxed_but_a_species_named_is_not_blank() -> None:
    cheetah = (("Acinonyx jubatus", 0.93), ("Panthera pardus", 0.01))
    verdict = fuse([EMPTY, EMPTY], [(), cheetah], POLICY)
    assert verdict.observation_type is ObservationType.UNKNOWN
    assert verdict.doubts == ("frame 2: perhaps Acinonyx jubatus (0.93), though nothing was boxed",)


@pytest.mark.parametrize(
    ("frames", "perhaps"),
    [
        ([GOAT, EMPTY], False),
        ([GOAT, FAINT], False),
        ([GOAT, BROKEN], True),
        ([GOAT, DAMAGED], True),
        ([GOAT, HINT], True),
        ([EMPTY, FAINT], True),
        ([LEOPARD, BROKEN], False),
        ([EMPTY], False),
    ],
)
def test_a_target_may_be_in_what_could_not_be_judged_in_full(
    frames: list[FrameJudgement], perhaps: bool
) -> None:
    verdict = fuse(frames, [()] * len(frames), POLICY)
    assert verdict.perhaps_target is perhaps


def test_the_same_doubt_of_all_frames_is_told_once() -> None:
    verdict = fuse([BROKEN] * 3, [()] * 3, POLICY)
    assert verdict.doubts == ("all frames: truncated JPEG after 100 bytes",)


def test_the_reason_names_the_target_and_its_frame() -> None:
    species = [(), (("Lynx", 0.5), ("Panthera uncia", 0.4)), ()]
    verdict = fuse([EMPTY, LEOPARD, EMPTY], species, POLICY)
    assert verdict.reason == "Panthera uncia 0.93 in frame 2 of 3"
    assert verdict.species == species[1]


def test_the_reason_is_honest_where_a_leopard_is_taken_for_a_jaguar() -> None:
    verdict = fuse([LEOPARD], [(("Panthera onca", 0.9),)], POLICY)
    assert verdict.reason == "Panthera onca 0.93 in frame 1 of 1"


def test_the_reason_of_a_burst_that_is_kept_is_its_first_doubt() -> None:
    assert fuse([EMPTY, BROKEN], [()] * 2, POLICY).reason == (
        "kept, frame 2: truncated JPEG after 100 bytes"
    )


def test_individuals_are_counted_in_the_fullest_frame() -> None:
    two = frame(("animal", 0.9), ("animal", 0.4), ("animal", 0.2), mass=0.0)
    assert fuse([GOAT, two], [()] * 2, POLICY).count == 2
    assert fuse([frame(mass=0.6)], [()], POLICY).count == 1
    assert fuse([EMPTY], [()], POLICY).count == 0


def test_the_score_is_the_mass_until_it_is_calibrated() -> None:
    assert fuse([frame(mass=0.42)], [()], POLICY).target_score == pytest.approx(0.42)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_calibrated_score_is_a_probability_that_rises_with_the_mass(a: float, b: float) -> None:
    calibration = Calibration(bias=2.7, slope=1.3)
    low, high = calibration.probability(min(a, b)), calibration.probability(max(a, b))
    assert 0 <= low <= high <= 1
