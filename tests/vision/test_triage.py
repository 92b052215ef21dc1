"""One burst in, one judgement out, whatever happens on the way.

Finder and namer are scripted here, so that each turn of events can be told to happen; the real
models are run in test_eyes.py and test_development_photographs.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.config import Triage
from edge.records import Box, Detection, ObservationType, Part, Side
from edge.vision.decode import Pixels
from edge.vision.eyes import Eyes
from edge.vision.species import Naming
from edge.vision.triage import judge

CAT = Detection(Box(0.3, 0.3, 0.4, 0.25), "animal", 0.9)
LEOPARD = Naming((("Panthera uncia", 0.9),), target_mass=0.9)
GOAT = Naming((("Capra ibex", 0.8),), target_mass=0.0)
NOTHING = Naming()

Answer = Any
"""What a scripted part answers: a value, or an error to raise."""


def answer(answers: Iterator[Answer]) -> Any:
    value = next(answers)
    if isinstance(value, BaseException):
        raise value
    return value


@dataclass
class Finder:
    answers: Sequence[Answer]
    calls: int = 0

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        self.calls += 1
        return answer(iter(self.answers[self.calls - 1 :]))


@dataclass
class Namer:
    answers: Sequence[Answer]
    asked: list[list[Box]] = field(default_factory=list)
    located: int = 0

    def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
        self.asked.append(list(boxes))
        return answer(iter(self.answers[len(self.asked) - 1 :]))

    def target_mass(self, pixels: Pixels, region: Box) -> float:
        self.located += 1
        w = min(region.x + region.w, CAT.box.x + CAT.box.w) - max(region.x, CAT.box.x)
        h = min(region.y + region.h, CAT.box.y + CAT.box.h) - max(region.y, CAT.box.y)
        return max(w, 0.0) * max(h, 0.0) / (CAT.box.w * CAT.box.h)


def eyes_that(found: Sequence[Answer], named: Sequence[Answer]) -> tuple[Eyes, Finder, Namer]:
    finder, namer = Finder(found), Namer(named)
    return Eyes(finder, namer, (("detector", "scripted"),)), finder, namer


@pytest.fixture
def frame(spots: Pixels, encoded: Callable[..., bytes]) -> bytes:
    """A 1280 x 800 JPEG."""
    return encoded(np.tile(spots, (4, 4, 1)), quality=85)


@pytest.fixture
def other(spots: Pixels, encoded: Callable[..., bytes]) -> Callable[[int], bytes]:
    """``other(i)``: a frame as large as ``frame``, of another place for each i."""

    def make(index: int) -> bytes:
        return encoded(np.tile(np.roll(spots, 37 * (index + 1), (0, 1)), (4, 4, 1)), quality=85)

    return make


POLICY = Triage(crop_frames=3)


def test_a_burst_in_which_nothing_is_seen_is_blank(frame: bytes) -> None:
    eyes, _, _ = eyes_that([()] * 3, [NOTHING] * 3)
    judgement = judge([frame] * 3, eyes, POLICY)
    assert judgement.verdict.observation_type is ObservationType.BLANK
    assert judgement.crops == () and judgement.verdict.doubts == ()
    assert judgement.models == eyes.models


def test_every_frame_is_named_even_where_nothing_is_found(
    frame: bytes, other: Callable[[int], bytes]
) -> None:
    eyes, _, namer = eyes_that([()] * 2, [NOTHING, LEOPARD])
    judgement = judge([frame, other(1)], eyes, POLICY)
    assert namer.asked == [[], []]
    assert judgement.verdict.target


def test_a_target_that_only_the_species_head_saw_is_boxed(frame: bytes) -> None:
    """The detector has a faint box of the cat; the species head, asked, sees the cat in it."""
    faint = replace(CAT, score=0.06)
    eyes, _, _ = eyes_that([(faint,), ()], [LEOPARD])
    (judged,) = judge([frame], eyes, POLICY).frames
    assert [d.box for d in judged.detections] == [CAT.box]
    assert judged.detections[0].score > POLICY.detect_score


def test_a_search_for_the_box_that_fails_loses_nothing(frame: bytes) -> None:
    eyes, _, _ = eyes_that([(), OSError("the model is gone")], [LEOPARD])
    judgement = judge([frame], eyes, POLICY)
    assert judgement.verdict.target
    assert judgement.frames[0].target_mass == LEOPARD.target_mass
    assert judgement.frames[0].error == "the model is gone"


def test_a_faint_box_in_a_lone_frame_gets_a_second_look(frame: bytes) -> None:
    faint = replace(CAT, box=Box(0.4, 0.4, 0.1, 0.1), score=0.06)
    eyes, _, _ = eyes_that([(faint,), (CAT,)], [NOTHING, LEOPARD])
    assert judge([frame], eyes, POLICY).verdict.target
    rock, _, _ = eyes_that([(faint,), (CAT,)], [NOTHING, NOTHING])
    assert judge([frame], rock, POLICY).verdict.observation_type is ObservationType.BLANK


def test_a_second_look_that_is_not_afforded_is_counted_and_not_taken(frame: bytes) -> None:
    faint = replace(CAT, box=Box(0.4, 0.4, 0.1, 0.1), score=0.06)
    eyes, finder, _ = eyes_that([(faint,), (CAT,)], [NOTHING, LEOPARD])
    judgement = judge([frame], eyes, POLICY, looking_twice=False)
    assert judgement.spared_looks == 1
    assert finder.calls == 1
    assert judgement.verdict.observation_type is ObservationType.BLANK
    sure, _, _ = eyes_that([(CAT,)], [LEOPARD])
    assert judge([frame], sure, POLICY, looking_twice=False).spared_looks == 0


def test_a_certain_target_ends_the_naming_and_soon_the_looking(frame: bytes) -> None:
    eyes, finder, namer = eyes_that([(CAT,)] * 8, [GOAT, LEOPARD])
    judgement = judge([frame] * 8, eyes, POLICY)
    assert len(namer.asked) == 2
    assert finder.calls == POLICY.crop_frames
    assert [f.skipped for f in judgement.frames] == [False] * 3 + [True] * 5
    assert judgement.verdict.doubts == ()


def test_a_target_found_late_is_looked_at_no_further(other: Callable[[int], bytes]) -> None:
    eyes, finder, _ = eyes_that([()] * 4 + [(CAT,)] * 4, [NOTHING] * 4 + [LEOPARD])
    judgement = judge([other(i) for i in range(8)], eyes, POLICY)
    assert finder.calls == 5
    assert sum(f.skipped for f in judgement.frames) == 3


def test_a_target_comes_with_crops_and_codes_of_at_most_two_frames(frame: bytes) -> None:
    eyes, _, _ = eyes_that([(CAT,)] * 3, [LEOPARD])
    judgement = judge([frame] * 3, eyes, POLICY)
    assert {c.part for c in judgement.crops} == {Part.ANIMAL, Part.FLANK}
    assert len({c.frame_index for c in judgement.crops}) == 2
    assert {d.scheme for d in judgement.descriptors} >= {"rootsift-lsh256/1"}
    assert 0 < judgement.quality <= 1
    assert judgement.crops[0].part is Part.FLANK
    limits = {"image/avif": 2048, "image/webp": 8000}
    assert all(len(c.data) <= limits[c.media_type] for c in judgement.crops)
    assert judgement.timings_ms.decode > 0 and judgement.timings_ms.crops > 0


def test_a_walking_animal_shows_its_side_and_its_head(frame: bytes) -> None:
    there = Detection(Box(0.05, 0.3, 0.4, 0.25), "animal", 0.9)
    eyes, _, namer = eyes_that([(CAT,), (there,)], [LEOPARD])
    namer.target_mass = lambda pixels, region: 1.0  # type: ignore[method-assign]
    judgement = judge([frame] * 2, eyes, POLICY)
    assert judgement.side is Side.LEFT
    assert {c.part for c in judgement.crops} == {Part.ANIMAL, Part.FLANK, Part.HEAD}


def test_a_target_that_is_not_located_comes_with_the_whole_frame(frame: bytes) -> None:
    eyes, _, namer = eyes_that([()], [LEOPARD])
    namer.target_mass = lambda pixels, region: 0.0  # type: ignore[method-assign]
    judgement = judge([frame], eyes, POLICY)
    assert [c.part for c in judgement.crops] == [Part.FRAME]
    assert judgement.descriptors == () and judgement.side is Side.UNCLEAR


def test_a_crop_of_a_distant_animal_is_cut_from_a_larger_decoding(frame: bytes) -> None:
    eyes, _, _ = eyes_that([(CAT,)], [LEOPARD])
    judgement = judge([frame], eyes, POLICY)
    animal = next(c for c in judgement.crops if c.part is Part.ANIMAL)
    seen_px = 640 * CAT.box.w * 1.12
    assert animal.width_px > 1.2 * seen_px


@pytest.mark.parametrize("found", [(CAT,), ()], ids=["found as an animal", "not found"])
def test_a_vehicle_is_told_by_its_naming(frame: bytes, found: tuple[Detection, ...]) -> None:
    eyes, _, _ = eyes_that([found], [Naming(vehicle_mass=0.8)])
    verdict = judge([frame], eyes, POLICY).verdict
    assert verdict.observation_type is ObservationType.VEHICLE and verdict.count == 1


def test_a_leopard_beside_a_vehicle_is_a_leopard(frame: bytes) -> None:
    eyes, _, _ = eyes_that([(CAT,)], [Naming((), 0.9, vehicle_mass=0.8)])
    assert judge([frame], eyes, POLICY).verdict.target


@pytest.mark.parametrize(
    "error", [RuntimeError("delegate failed"), MemoryError(), ValueError("a\nb")], ids=repr
)
@pytest.mark.parametrize("where", ["finder", "namer"])
def test_a_model_that_fails_makes_no_burst_blank(
    frame: bytes, other: Callable[[int], bytes], where: str, error: Exception
) -> None:
    found: list[Answer] = [(), error if where == "finder" else ()]
    named: list[Answer] = [NOTHING, error]
    eyes, _, _ = eyes_that(found, named)
    judgement = judge([frame, other(1)], eyes, POLICY)
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert judgement.frames[0].error is None
    assert judgement.frames[1].error and "\n" not in judgement.frames[1].error


def test_a_frame_that_fails_does_not_hide_a_leopard_in_another(frame: bytes) -> None:
    eyes, _, _ = eyes_that([RuntimeError("delegate failed"), (CAT,)], [LEOPARD])
    verdict = judge([frame] * 2, eyes, POLICY).verdict
    assert verdict.target
    assert verdict.doubts == ("frame 1: delegate failed",)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\xff\xd8\xff\xe0 cut"])
def test_a_file_that_is_no_picture_makes_no_burst_blank(frame: bytes, data: bytes) -> None:
    eyes, _, _ = eyes_that([()] * 2, [NOTHING] * 2)
    judgement = judge([frame, data], eyes, POLICY)
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert [c.frame_index for c in judgement.crops] == [0]


def test_a_truncated_frame_is_judged_and_never_blank(frame: bytes) -> None:
    eyes, _, _ = eyes_that([()], [NOTHING])
    judgement = judge([frame[: len(frame) // 2]], eyes, POLICY)
    assert judgement.frames[0].target_mass == 0.0
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert "truncated" in judgement.verdict.doubts[0]


def test_a_leopard_in_a_truncated_frame_is_a_leopard(frame: bytes) -> None:
    eyes, _, _ = eyes_that([(CAT,)], [LEOPARD])
    assert judge([frame[: len(frame) // 2]], eyes, POLICY).verdict.target


def test_frames_that_time_does_not_reach_are_kept_as_doubts(frame: bytes) -> None:
    eyes, finder, _ = eyes_that([()] * 4, [NOTHING] * 4)
    ticks = count(step=10)
    judgement = judge([frame] * 4, eyes, Triage(timeout_s=60), now=lambda: float(next(ticks)))
    assert finder.calls < 4
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert "time-out" in (judgement.frames[-1].error or "")


def test_a_target_found_in_time_stands_though_its_crops_are_late(frame: bytes) -> None:
    now = 0.0

    class Slow(Namer):
        def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
            nonlocal now
            now = 1000.0
            return LEOPARD

    eyes = Eyes(Finder([(CAT,)]), Slow([]))
    judgement = judge([frame], eyes, POLICY, now=lambda: now)
    assert judgement.verdict.target and judgement.crops == ()
    assert any("time-out" in doubt for doubt in judgement.verdict.doubts)


def test_a_crop_that_fails_costs_no_sighting(frame: bytes) -> None:
    eyes, _, namer = eyes_that([(CAT,)], [LEOPARD])

    def broken(pixels: Pixels, region: Box) -> float:
        raise RuntimeError("no more memory")

    namer.target_mass = broken  # type: ignore[method-assign]
    judgement = judge([frame], eyes, POLICY)
    assert judgement.verdict.target
    assert "frame 1: not located: no more memory" in judgement.verdict.doubts


def test_a_blind_station_keeps_everything_as_unknown(frame: bytes) -> None:
    judgement = judge([frame] * 2, Eyes(blindness="no model to judge with: gone"), POLICY)
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert judgement.verdict.doubts[0] == "all frames: no model to judge with: gone"
    assert judgement.verdict.perhaps_target


def test_a_blind_station_shows_no_picture_for_a_person_may_be_in_it(frame: bytes) -> None:
    judgement = judge([frame] * 2, Eyes(blindness="gone"), POLICY)
    assert judgement.crops == () and judgement.withheld
    assert "pictures were withheld" in judgement.verdict.doubts[-1]


def test_a_blind_station_that_may_send_people_shows_one_small_picture(frame: bytes) -> None:
    shown = POLICY.model_copy(update={"send_people": True})
    judgement = judge([frame] * 2, Eyes(blindness="gone"), shown)
    assert [c.part for c in judgement.crops] == [Part.FRAME]
    assert len(judgement.crops[0].data) <= 2048
    assert not judgement.withheld


def test_a_frame_whose_naming_failed_is_not_shown_and_its_evidence_is_kept(frame: bytes) -> None:
    eyes, _, _ = eyes_that([(CAT,)], [RuntimeError("delegate failed")])
    judgement = judge([frame], eyes, POLICY)
    assert judgement.verdict.perhaps_target
    assert judgement.crops == () and judgement.withheld


def test_a_target_is_told_without_the_whole_frame_that_nobody_was_asked_about(
    frame: bytes, other: Callable[[int], bytes]
) -> None:
    eyes, _, namer = eyes_that([(CAT,), (CAT,)], [LEOPARD])
    namer.target_mass = lambda pixels, region: 0.0  # type: ignore[method-assign]
    judgement = judge([frame, other(1)], eyes, POLICY)
    assert judgement.verdict.target
    assert judgement.frames[1].target_mass is None
    assert [(c.part, c.frame_index) for c in judgement.crops] == [(Part.FRAME, 0)]
    assert judgement.withheld


def test_no_picture_of_an_unknown_burst_is_sent_when_it_is_not_wanted(frame: bytes) -> None:
    policy = Triage(send_unknown=False)
    assert judge([frame], Eyes(blindness="gone"), policy).crops == ()


def test_a_burst_without_frames_is_unknown() -> None:
    eyes, _, _ = eyes_that([], [])
    assert judge([], eyes, POLICY).verdict.observation_type is ObservationType.UNKNOWN


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=st.lists(st.binary(max_size=40), max_size=4))
def test_bytes_that_are_no_pictures_never_raise_and_are_never_blank(frames: list[bytes]) -> None:
    eyes, _, _ = eyes_that([()] * 4, [NOTHING] * 4)
    judgement = judge(frames, eyes, POLICY)
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert len(judgement.frames) == len(frames)
