"""How the frames of one burst are judged together: what is spared, and what never is.

Finder and namer look at the pixels here: what is bright red is a cat of the target group. So every
way a cat may stand, come and go can be told to happen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.config import Triage
from edge.records import Box, Detection, ObservationType
from edge.vision.background import Background
from edge.vision.boxes import overlap
from edge.vision.decode import Pixels
from edge.vision.eyes import Eyes
from edge.vision.privacy import without_people
from edge.vision.sequential import Calibration
from edge.vision.species import Naming
from edge.vision.triage import judge

WIDTH_PX, HEIGHT_PX = 960, 640
POLICY = Triage(crop_frames=3)
CALIBRATION = Calibration(3.006, 1.355, 0.197, 0.92, 0.58)


@dataclass
class RedEyes:
    """Sees red from ``least_share`` of the picture on; counts what it is asked."""

    least_share: float = 0.0004
    label: str = "animal"
    finds: int = 0
    names: int = 0

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        self.finds += 1
        red = self._red(pixels)
        if red.mean() < self.least_share:
            return ()
        rows, columns = np.nonzero(red)
        height_px, width_px = red.shape
        x, y = columns.min() / width_px, rows.min() / height_px
        box = Box(x, y, (columns.max() + 1) / width_px - x, (rows.max() + 1) / height_px - y)
        return (Detection(box, self.label, 0.9),)

    def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
        self.names += 1
        return Naming(target_mass=0.9 if self._red(pixels).mean() >= self.least_share else 0.0)

    def target_mass(self, pixels: Pixels, region: Box) -> float:
        return 0.9

    def _red(self, pixels: Pixels) -> np.ndarray:  # type: ignore[type-arg]
        wide = pixels.astype(np.int16)
        return (wide[:, :, 0] > 150) & (wide[:, :, 1] < 110)


@pytest.fixture(scope="module")
def rock() -> Pixels:
    import cv2

    coarse = np.random.default_rng(3).normal(120, 20, (40, 60)).astype(np.float32)
    grey = np.clip(cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX)), 30, 200).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


@lru_cache(maxsize=8)
def grain(seed: int, shape: tuple[int, ...]) -> np.ndarray:  # type: ignore[type-arg]
    """What differs from picture to picture: the noise of a camera."""
    return np.random.default_rng(seed).normal(0, 1.5, shape).astype(np.float32)


Shoot = Callable[..., bytes]


@pytest.fixture
def shoot(rock: Pixels, encoded: Callable[..., bytes]) -> Shoot:
    """``shoot(seed, cat=(x, y, w, h))``: the rock once more, with or without a cat on it."""

    def take(seed: int, cat: tuple[int, int, int, int] | None = None) -> bytes:
        seen = rock + grain(seed, rock.shape)
        if cat is not None:
            x, y, w, h = cat
            seen[y : y + h, x : x + w] = (210, 60, 60)
        return encoded(np.clip(seen, 0, 255).astype(np.uint8), quality=90)

    return take


def seeing(red: RedEyes) -> Eyes:
    return Eyes(red, red, (("detector", "red"),), calibration=CALIBRATION)


def test_a_still_scene_is_looked_at_once(shoot: Shoot) -> None:
    red = RedEyes()
    judgement = judge([shoot(i) for i in range(3)], seeing(red), POLICY)
    assert judgement.verdict.observation_type is ObservationType.BLANK
    assert [frame.same_as for frame in judgement.frames] == [None, 0, 0]
    assert (red.finds, red.names) == (1, 1)


CATS = st.tuples(
    st.integers(4, WIDTH_PX - 104), st.integers(45, HEIGHT_PX - 110), st.integers(24, 100),
    st.integers(24, 60),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.none() | CATS, min_size=1, max_size=5).filter(any))
def test_a_cat_in_any_frame_is_found(
    shoot: Shoot, cats: list[tuple[int, int, int, int] | None]
) -> None:
    files = [shoot(i, cat) for i, cat in enumerate(cats)]
    assert judge(files, seeing(RedEyes()), POLICY).verdict.target


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.none() | CATS, min_size=1, max_size=5))
def test_no_frame_is_blank_but_by_a_full_look_or_as_one_that_had_it(
    shoot: Shoot, cats: list[tuple[int, int, int, int] | None]
) -> None:
    red = RedEyes(least_share=2.0)  # sees nothing at all
    files = [shoot(i, cat) for i, cat in enumerate(cats)]
    judgement = judge(files, seeing(red), POLICY)
    looked = [frame for frame in judgement.frames if frame.same_as is None]
    assert red.names >= len(looked) > 0
    for frame, cat in zip(judgement.frames, cats, strict=True):
        assert frame.target_mass is not None
        if frame.same_as is not None:
            twin = judgement.frames[frame.same_as]
            assert twin.same_as is None and twin.target_mass is not None
            assert cats[frame.same_as] == cat


def test_a_cat_that_stands_still_is_found_however_often_it_is_seen(shoot: Shoot) -> None:
    background = Background()
    eyes = seeing(RedEyes())
    for seed in range(8):
        judge([shoot(seed)], eyes, POLICY, background=background)
    for seed in range(20):
        standing = shoot(100 + seed, (400, 300, 90, 50))
        assert judge([standing] * 2, eyes, POLICY, background=background).verdict.target


def test_a_small_cat_is_found_at_the_second_look_where_it_moved(shoot: Shoot) -> None:
    # It fills 0.1 % of the frame, and these eyes need 0.4 %.
    files = [shoot(1, (300, 300, 30, 20)), shoot(2, (600, 400, 30, 20))]
    judgement = judge(files, seeing(RedEyes(0.004)), POLICY)
    assert judgement.verdict.target
    (found, *_) = next(f.detections for f in judgement.frames if f.detections)
    places = [Box(300 / 960, 300 / 640, 30 / 960, 20 / 640)]
    places.append(Box(600 / 960, 400 / 640, 30 / 960, 20 / 640))
    assert max(overlap(found.box, place) for place in places) > 0.5
    assert judgement.crops and judgement.crops[0].box != Box(0, 0, 1, 1)


def test_a_small_cat_alone_in_its_picture_is_found_before_a_known_background(shoot: Shoot) -> None:
    background = Background()
    eyes = seeing(RedEyes(0.004))
    alone = shoot(50, (300, 300, 30, 20))
    assert not judge([alone], eyes, POLICY, background=background).verdict.target
    background = Background()
    for seed in range(8):
        judge([shoot(seed)], eyes, POLICY, background=background)
    assert judge([alone], eyes, POLICY, background=background).verdict.target


def test_second_looks_end_when_time_is_up(shoot: Shoot) -> None:
    files = [shoot(1, (300, 300, 30, 20)), shoot(2, (600, 400, 30, 20))]
    red = RedEyes(0.004)

    def clock() -> float:
        return 1000.0 if red.names >= 2 else 0.0

    judgement = judge(files, seeing(red), POLICY, clock)
    assert red.names == 2
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert any("before a second look" in doubt for doubt in judgement.verdict.doubts)


def test_a_frame_that_cannot_be_decoded_lets_no_other_be_spared(shoot: Shoot) -> None:
    red = RedEyes()
    judgement = judge([shoot(1), b"broken", shoot(2)], seeing(red), POLICY)
    assert [frame.same_as for frame in judgement.frames] == [None] * 3
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN


def test_frames_that_are_faint_alone_are_a_target_together(shoot: Shoot) -> None:
    class Faint(RedEyes):
        def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
            return Naming((("Panthera uncia", 0.17),), target_mass=0.17)

    cats = [(100 + 200 * i, 300, 90, 60) for i in range(4)]
    judgement = judge([shoot(i, cat) for i, cat in enumerate(cats)], seeing(Faint()), POLICY)
    assert judgement.verdict.target
    assert judgement.crops
    one = judge([shoot(0, cats[0])], seeing(Faint()), POLICY)
    assert not one.verdict.target and one.verdict.perhaps_target


def test_no_person_is_on_any_picture_of_a_burst_with_a_leopard(shoot: Shoot) -> None:
    leopard, herder = (100, 200, 200, 120), (600, 100, 150, 400)

    class Both(RedEyes):
        def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
            boxes = [
                Box(x / WIDTH_PX, y / HEIGHT_PX, w / WIDTH_PX, h / HEIGHT_PX)
                for x, y, w, h in (leopard, herder)
            ]
            return (Detection(boxes[0], "animal", 0.9), Detection(boxes[1], "human", 0.2))

    judgement = judge([shoot(1, leopard), shoot(2, leopard)], seeing(Both()), POLICY)
    assert judgement.verdict.target and judgement.crops
    assert list(judgement.crops) == without_people(judgement.crops, judgement.frames)


def test_a_person_who_is_taken_for_a_leopard_is_not_sent(shoot: Shoot) -> None:
    person = (400, 100, 200, 400)
    judgement = judge([shoot(1, person)], seeing(RedEyes(label="human")), POLICY)
    assert judgement.verdict.target and judgement.crops == ()


def test_a_burst_with_a_person_is_a_human_observation_without_a_picture(shoot: Shoot) -> None:
    class Herder(RedEyes):
        def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
            return Naming()

    files = [shoot(1), shoot(2, (400, 100, 200, 400))]
    judgement = judge(files, seeing(Herder(label="human")), POLICY)
    assert judgement.verdict.observation_type is ObservationType.HUMAN
    assert judgement.crops == () and judgement.descriptors == ()


class Doubtful(RedEyes):
    """Sees a red thing as perhaps a person, and has no name for it."""

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        whole = super().find(pixels, least_score)
        return tuple(Detection(d.box, "human", 0.2) for d in whole)

    def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
        return Naming()


def test_no_frame_of_a_burst_in_which_perhaps_a_person_was_is_shown(shoot: Shoot) -> None:
    files = [shoot(1, (400, 100, 200, 400)), shoot(2)]
    judgement = judge(files, seeing(Doubtful()), POLICY)
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert judgement.crops == () and judgement.withheld
    assert "pictures were withheld" in judgement.verdict.doubts[-1]


def test_people_are_shown_where_the_configuration_says_so(shoot: Shoot) -> None:
    files = [shoot(1, (400, 100, 200, 400)), shoot(2)]
    shown = POLICY.model_copy(update={"send_people": True})
    judgement = judge(files, seeing(Doubtful()), shown)
    assert judgement.crops and not judgement.withheld


def test_a_person_found_at_the_second_look_is_a_person(shoot: Shoot) -> None:
    class Closer(RedEyes):
        """Sees nothing in a whole frame, and a person in a part of it."""

        def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
            part = pixels.shape[1] < 0.9 * pixels.shape[0] * WIDTH_PX / HEIGHT_PX
            return (Detection(Box(0.2, 0.2, 0.5, 0.5), "human", 0.95),) if part else ()

        def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
            return Naming()

    files = [shoot(1, (300, 300, 30, 20)), shoot(2, (600, 400, 30, 20))]
    judgement = judge(files, seeing(Closer()), POLICY)
    assert judgement.verdict.observation_type is ObservationType.HUMAN
    assert judgement.crops == ()
