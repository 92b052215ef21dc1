"""The camera's own small picture in place of the file: where it may stand for it, where never.

Finder and namer look at the pixels, as in test_burst.py: what is bright red is a cat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.config import Triage
from edge.records import Box, Detection, Judgement, ObservationType
from edge.vision import glance as glance_module
from edge.vision.decode import Picture, Pixels, outline
from edge.vision.errors import DecodeError
from edge.vision.eyes import Eyes
from edge.vision.glance import PLAIN, finds_nothing, glimpse, is_worth_searching, names_nothing
from edge.vision.species import Naming
from edge.vision.triage import judge
from tests.vision.test_burst import CATS, POLICY, RedEyes, Shoot, rock, seeing, shoot

__all__ = ["rock", "shoot"]  # fixtures

LEAST_FILE_PX = glance_module.LEAST_FILE_PX
CAT = (300, 250, 120, 80)
BLANK, ANIMAL, UNKNOWN = ObservationType.BLANK, ObservationType.ANIMAL, ObservationType.UNKNOWN


@pytest.fixture(autouse=True)
def _every_file_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files here are small, so that the tests are quick."""
    monkeypatch.setattr(glance_module, "LEAST_FILE_PX", 0)


def glance_of(file: bytes) -> Pixels:
    """As the camera takes it beside ``file``."""
    pixels = cv2.cvtColor(cv2.imdecode(np.frombuffer(file, np.uint8), 1), cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.resize(pixels, (640, 426), interpolation=cv2.INTER_AREA), np.uint8)


def judged(
    files: Sequence[bytes], glances: Sequence[bytes], red: RedEyes | None = None
) -> Judgement:
    """The judgement on ``files`` with the small pictures of ``glances`` beside them: whichever of
    the two the burst is told by is what was looked at."""
    small = {index: glance_of(file) for index, file in enumerate(glances)}
    return judge(files, seeing(red or RedEyes()), POLICY, glances=small)


def in_wind(file: bytes, x: int) -> bytes:
    """``file`` a little brighter at ``x`` px: no longer the same, and nothing that moved."""
    pixels = cv2.imdecode(np.frombuffer(file, np.uint8), 1)
    pixels[150:310, x : x + 160] += 6
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def test_the_first_frame_is_looked_at_in_its_file(shoot: Shoot) -> None:
    assert judged([shoot(1, CAT)], [shoot(1)]).verdict.target


def test_a_frame_that_is_plainly_empty_is_not_decoded(shoot: Shoot) -> None:
    windy = [shoot(0), *(in_wind(shoot(1), x) for x in (100, 500))]
    small = {index: glance_of(file) for index, file in enumerate(windy)}
    files = [*windy[:2], shoot(2, CAT)]
    judgement = judge(files, seeing(RedEyes()), POLICY, looking_twice=False, glances=small)
    assert judgement.verdict.observation_type is BLANK
    assert judgement.frames[2].target_mass == 0.0


def test_no_burst_is_called_blank_by_small_pictures_alone(shoot: Shoot) -> None:
    windy = [shoot(0), *(in_wind(shoot(1), x) for x in (100, 500))]
    judgement = judged([windy[0], shoot(1, CAT), shoot(2, CAT)], windy)
    assert judgement.verdict.target
    assert all(frame.detections for frame in judgement.frames[1:]), "no other is spared then"


@dataclass
class Startled(RedEyes):
    """Sees something of that score, where there is nothing, in one of the pictures it is shown."""

    picture: int = 0
    score: float = 0.9

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        found = super().find(pixels, least_score)
        box = Box(0.5, 0.2, 0.1, 0.4)
        return found or (Detection(box, self.label, self.score),) * (self.finds == self.picture)


def test_the_small_picture_that_shows_most_is_the_one_that_is_doubted(shoot: Shoot) -> None:
    windy = [shoot(0), *(in_wind(shoot(1), x) for x in (100, 500))]
    files = [*windy[:2], shoot(2, CAT)]
    red = Startled(picture=3, score=PLAIN * POLICY.doubt_score - 0.01)
    assert judged(files, windy, red).verdict.target


@dataclass
class Noting(RedEyes):
    """Notes how wide the pictures are that it is shown."""

    widths_px: list[int] = field(default_factory=list)

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        self.widths_px.append(pixels.shape[1])
        return super().find(pixels, least_score)


def test_what_moved_is_looked_at_in_its_file_at_once_and_the_others_are_spared(
    shoot: Shoot,
) -> None:
    red, branch = Noting(), in_wind(in_wind(in_wind(shoot(1), 600), 600), 600)
    files = [shoot(0), branch, *(in_wind(branch, x) for x in (100, 300))]
    small = {index: glance_of(file) for index, file in enumerate(files)}
    judge(files, seeing(red), POLICY, looking_twice=False, glances=small)
    assert red.widths_px == [960, 960, 640, 640, 960], "the last is to be sure"


def test_an_animal_in_it_is_judged_by_the_file(shoot: Shoot) -> None:
    judgement = judged([shoot(1, CAT)], [shoot(1, CAT)])
    assert judgement.verdict.target
    assert judgement.verdict == judge([shoot(1, CAT)], seeing(RedEyes()), POLICY).verdict
    assert max(crop.width_px for crop in judgement.crops) > 640 * CAT[2] / 960


def test_once_a_small_picture_shows_anything_no_other_of_the_burst_is_searched(
    shoot: Shoot,
) -> None:
    red = Startled(picture=2)
    files = [shoot(0), *(in_wind(shoot(1), x) for x in (100, 300, 500))]
    assert judged(files, files, red).verdict.observation_type is BLANK
    assert red.finds == 1 + len(files)


def test_the_small_picture_of_a_small_file_is_compared_and_not_searched(
    shoot: Shoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance_module, "LEAST_FILE_PX", 960 * 640 + 1)
    red = RedEyes()
    judgement = judged([shoot(0, CAT)] * 2, [shoot(0), shoot(1)], red)
    assert judgement.verdict.target, "the file was decoded"
    judgement = judged([shoot(0), shoot(1, CAT)], [shoot(0), shoot(1)])
    assert [frame.same_as for frame in judgement.frames] == [None, 0]


def test_what_the_namer_alone_sees_in_it_is_judged_by_the_file(shoot: Shoot) -> None:
    red, windy = RedEyes(), [shoot(0), in_wind(shoot(1), 100)]
    named = iter((0.0, 0.9))
    red.name = lambda pixels, boxes: Naming(target_mass=next(named, 0.0))  # type: ignore[method-assign]
    judgement = judged([windy[0], shoot(1, CAT)], windy, red)
    assert judgement.frames[1].detections


def test_the_frames_of_a_still_scene_are_not_decoded(shoot: Shoot) -> None:
    judgement = judged([shoot(0), *(shoot(i, CAT) for i in range(2))], [shoot(i) for i in range(3)])
    assert [frame.same_as for frame in judgement.frames] == [None, 0, 0]
    assert judgement.verdict.observation_type is BLANK


def test_small_pictures_of_a_stream_that_stands_still_are_not_believed(shoot: Shoot) -> None:
    assert judged([shoot(0), shoot(1, CAT)], [shoot(0)] * 2).verdict.target


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.none() | CATS, min_size=1, max_size=4).filter(any), st.sets(st.integers(0, 3)))
def test_a_cat_in_any_frame_is_found_whichever_frames_have_a_small_picture(
    shoot: Shoot, cats: list[tuple[int, int, int, int] | None], glanced: set[int]
) -> None:
    files = [shoot(i, cat) for i, cat in enumerate(cats)]
    glances = {i: glance_of(file) for i, file in enumerate(files) if i in glanced}
    assert judge(files, seeing(RedEyes()), POLICY, glances=glances).verdict.target


def test_a_file_that_arrived_in_part_is_told_though_the_small_picture_is_empty(
    shoot: Shoot,
) -> None:
    file = shoot(1, CAT)
    judgement = judged([file[: len(file) // 4]], [shoot(1)])
    assert judgement.verdict.observation_type is not BLANK
    assert judgement.verdict.perhaps_target
    assert "truncated" in (judgement.frames[0].error or "")


def half_lost(file: bytes) -> bytes:
    """``file`` with one colour in its lower half, in a JPEG whose structure is whole."""
    pixels = cv2.imdecode(np.frombuffer(file, np.uint8), 1)
    pixels[len(pixels) // 2 :] = 128
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def test_damage_that_only_pixels_show_is_told_of_the_evidence_of_a_cat(shoot: Shoot) -> None:
    file = shoot(1, (300, 100, 120, 80))
    judgement = judged([half_lost(file)], [file])
    assert judgement.verdict.target
    assert "one flat colour" in (judgement.frames[0].error or "")


def test_a_small_picture_that_is_itself_lost_in_part_is_not_trusted(shoot: Shoot) -> None:
    lost = half_lost(shoot(1, (300, 500, 120, 80)))
    judgement = judged([lost], [lost])
    assert judgement.verdict.observation_type is UNKNOWN


def test_a_second_look_tells_damage_that_the_first_did_not_need_to_see(shoot: Shoot) -> None:
    """Something moves between two small pictures; no model sees what it is."""
    red = RedEyes(least_share=2.0)
    still, moved = shoot(0), shoot(1, CAT)
    judgement = judged([still, half_lost(moved)], [still, moved], red)
    assert "one flat colour" in (judgement.frames[1].error or "")
    assert judgement.verdict.observation_type is UNKNOWN


def test_the_onlooker_is_shown_what_was_looked_at_first(shoot: Shoot) -> None:
    shown: list[Pixels] = []
    for file in (shoot(1), shoot(1, CAT)):
        judge(
            [file], seeing(RedEyes()), POLICY, onlooker=shown.append, glances={0: glance_of(file)}
        )
    assert [pixels.shape[1] for pixels in shown] == [640, 640]


@dataclass
class Failing(RedEyes):
    """Fails at the second picture it is shown: the first small one."""

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        if self.finds == 1:
            self.finds += 1
            raise MemoryError("no memory")
        return super().find(pixels, least_score)


def test_a_failure_at_the_small_picture_makes_no_burst_blank(shoot: Shoot) -> None:
    files = [shoot(0), in_wind(shoot(1), 100)]
    judgement = judged(files, files, Failing())
    assert judgement.verdict.observation_type is UNKNOWN


@pytest.mark.parametrize(
    ("width_px", "height_px", "why"),
    [(320, 214, "too small"), (640, 480, "of another shape"), (426, 640, "turned")],
)
def test_a_small_picture_that_cannot_stand_for_the_file(
    shoot: Shoot, width_px: int, height_px: int, why: str
) -> None:
    lively = np.random.default_rng(1).integers(0, 255, (height_px, width_px, 3), np.uint8)
    assert glimpse(shoot(1), lively) is None, why


def test_it_speaks_for_a_file_of_its_shape_and_has_the_size_of_that(shoot: Shoot) -> None:
    picture = glimpse(shoot(1), glance_of(shoot(1)))
    assert picture is not None
    assert (picture.full_width_px, picture.full_height_px) == (960, 640)
    assert picture.pixels.shape == (426, 640, 3)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0"])
def test_it_never_speaks_for_what_is_no_picture(data: bytes) -> None:
    lively = np.random.default_rng(1).integers(0, 255, (426, 640, 3), np.uint8)
    assert glimpse(data, lively) is None


@given(st.binary(max_size=300))
def test_an_outline_of_any_bytes_is_told_or_refused(data: bytes) -> None:
    for bytes_ in (data, b"\xff\xd8\xff" + data, b"\x89PNG\r\n\x1a\n" + data):
        try:
            width_px, height_px, _ = outline(bytes_)
        except DecodeError:
            continue
        assert width_px > 0 and height_px > 0


def test_an_outline_is_upright(
    scene: Callable[[int, int], Pixels], encoded: Callable[..., bytes]
) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    assert outline(encoded(scene(64, 32), exif=exif)) == (32, 64, None)


def test_what_is_far_below_each_doubt_is_plain_and_nothing_else() -> None:
    policy = Triage()
    box = Box(0.1, 0.1, 0.2, 0.2)
    near = PLAIN * policy.doubt_score
    assert finds_nothing((), policy)
    assert finds_nothing((Detection(box, "animal", near - 0.01),), policy)
    assert not finds_nothing((Detection(box, "animal", near),), policy)
    assert names_nothing(Naming((("Capra ibex", 0.2),), 0.01, 0.1, 0.05), policy)
    for doubtful in (
        Naming((("Capra ibex", 0.25),)),
        Naming(target_mass=0.025),
        Naming(vehicle_mass=0.15),
        Naming(person_mass=0.1),
    ):
        assert not names_nothing(doubtful, policy)


def test_the_file_of_a_large_picture_is_worth_sparing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance_module, "LEAST_FILE_PX", LEAST_FILE_PX)
    small = np.zeros((426, 640, 3), np.uint8)
    assert is_worth_searching(Picture(small, 4056, 3040))
    assert not is_worth_searching(Picture(small, 1920, 1080))


def test_blind_eyes_look_at_no_small_picture(shoot: Shoot) -> None:
    judgement = judge(
        [shoot(1)], Eyes(blindness="no model"), POLICY, glances={0: glance_of(shoot(1))}
    )
    assert judgement.verdict.observation_type is UNKNOWN
