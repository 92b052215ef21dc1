"""Lamp, filter and exposure go with the light, and every frame tells by which it was taken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from edge.capture.camera.camera import Glance, Shot, shot_of
from edge.capture.camera.errors import CameraGone, NotStarted
from edge.capture.light.filter import HeldFilter
from edge.capture.light.lamp import Lamp, LampTerms
from edge.capture.light.lit_camera import LightTerms, LitCamera, monochrome
from edge.capture.light.phase import Phase
from edge.records import Exposure
from tests.capture.light.outputs import on_wire
from tests.capture.light.scene_camera import AdjustableScene, Animal, Clock, SceneCamera
from tests.capture.trigger.wires import Wire

NIGHT_LX, DUSK_LX, DAY_LX = 0.05, 12.0, 5_000.0


@dataclass
class Post:
    """A lit camera before a scene, with a lamp and a filter on wires."""

    scene: SceneCamera
    clock: Clock
    camera: LitCamera
    lamp: Wire
    filter: Wire
    lamp_itself: Lamp
    shots: list[Shot] = field(default_factory=list)

    def watch(self, pictures: int, every_s: float = 10.0) -> None:
        """Pictures between two bursts."""
        for _ in range(pictures):
            self.clock.now_s += every_s
            self.shots.append(self.camera.grab(1.0))

    def burst(self, pictures: int = 8) -> list[Shot]:
        self.camera.begin_burst()
        taken = [self.camera.grab(1.0) for _ in range(pictures)]
        self.camera.end_burst()
        return taken


def posted(
    scene: SceneCamera,
    lamp: bool = True,
    ir_cut: bool = True,
    supposed: Phase | None = None,
    remembered: Exposure | None = None,
    **lamp_terms: float,
) -> Post:
    clock, lamp_wire, filter_wire = Clock(), Wire(), Wire()
    scene.clock = clock
    scene.lamp = lambda: bool(lamp_wire.driven)
    scene.filter_out = lambda: bool(filter_wire.driven)
    terms = LampTerms(3.0, scene.lamp_is_infrared, **lamp_terms)
    itself = Lamp(on_wire(lamp_wire), terms, clock)
    camera = LitCamera(
        scene,
        LightTerms(),
        itself if lamp else None,
        HeldFilter(on_wire(filter_wire)) if ir_cut else None,
        lambda: supposed,
        clock,
    )
    camera.start(remembered or Exposure())
    return Post(scene, clock, camera, lamp_wire, filter_wire, itself)


def whitened(pixels: np.ndarray, box: tuple[slice, slice]) -> float:
    """The share of the animal that is burnt out."""
    return float((pixels[box].max(axis=2) >= 250).mean())


def test_by_day_the_filter_is_in_and_the_lamp_stays_dark() -> None:
    post = posted(SceneCamera(DAY_LX))
    post.watch(5)
    taken = post.burst()
    assert post.camera.phase is Phase.DAY
    assert not post.filter.driven and not any(post.scene.lit)
    assert {shot.frame.exposure.infrared for shot in taken} == {False}


def test_by_night_the_lamp_burns_for_the_burst_and_never_otherwise() -> None:
    post = posted(SceneCamera(NIGHT_LX))
    post.watch(5)
    assert post.camera.phase is Phase.NIGHT
    assert not any(post.scene.lit)
    taken = post.burst()
    assert not post.lamp.driven
    assert {shot.frame.exposure.infrared for shot in taken} == {True}
    post.watch(5)
    assert not any(post.scene.lit[-5:])


def test_no_picture_of_a_burst_was_exposed_while_the_lamp_came_on() -> None:
    post = posted(SceneCamera(NIGHT_LX), settle_s=0.25)
    post.watch(5)
    before_s = post.clock.now_s
    first = post.burst(3)[0]
    assert first.moment.monotonic_s >= before_s + 0.25


def test_at_dusk_the_filter_is_out_and_the_lamp_stays_dark() -> None:
    post = posted(SceneCamera(DUSK_LX))
    post.watch(20)
    post.burst()
    assert post.camera.phase is Phase.DUSK
    assert post.filter.driven and not any(post.scene.lit)


def test_an_evening_and_a_morning_move_the_filter_twice() -> None:
    post = posted(SceneCamera(3_000.0))
    moves: list[bool] = []
    lights = [3_000.0 / 1.3**n for n in range(50)]
    for lux in [*lights, *reversed(lights)]:
        post.scene.sky_lx = lux
        post.watch(6)
        if not moves or moves[-1] is not post.filter.driven:
            moves.append(bool(post.filter.driven))
    assert moves == [False, True, False]
    assert post.camera.counters()["light_changes"] == 4


def test_the_lamps_own_light_is_never_taken_for_the_morning() -> None:
    post = posted(AdjustableScene(NIGHT_LX, Animal(1.0), lamp_lx=5_000))
    post.watch(5)
    for _ in range(10):
        post.burst(20)
        post.clock.now_s += 30.0
    assert post.camera.phase is Phase.NIGHT
    assert post.camera.counters()["light_changes"] == 0


def test_a_white_lamp_leaves_the_filter_in_and_its_pictures_are_no_infrared() -> None:
    post = posted(SceneCamera(NIGHT_LX, lamp_is_infrared=False))
    post.watch(5)
    taken = post.burst()
    assert not post.filter.driven
    assert any(post.scene.lit)
    assert {shot.frame.exposure.infrared for shot in taken} == {False}


def test_pictures_from_before_the_filter_moved_are_told_as_they_were() -> None:
    post = posted(SceneCamera(DAY_LX))
    post.watch(5)
    post.scene.sky_lx = DUSK_LX
    post.watch(20)
    told = [shot.frame.exposure.infrared for shot in post.shots]
    turned = told.index(True)
    assert told == [False] * turned + [True] * (len(told) - turned)


def test_a_camera_that_is_woken_by_night_has_light_in_its_first_picture() -> None:
    post = posted(SceneCamera(NIGHT_LX), supposed=Phase.NIGHT)
    first = post.burst(1)[0]
    assert post.scene.lit[-2:].count(True) >= 1
    assert first.frame.exposure.infrared is True


def test_what_was_remembered_of_this_hour_wakes_it_with_light_too() -> None:
    post = posted(SceneCamera(NIGHT_LX), remembered=Exposure(33_000, 4.0, infrared=True))
    assert post.burst(1)[0].frame.exposure.infrared is True
    post = posted(SceneCamera(DAY_LX), remembered=Exposure(500, 1.0, infrared=False))
    assert post.burst(1)[0].frame.exposure.infrared is False


def test_a_camera_that_wakes_into_a_morning_finds_out_after_its_first_burst() -> None:
    post = posted(SceneCamera(DAY_LX), remembered=Exposure(33_000, 4.0, infrared=True))
    post.burst()
    assert post.camera.phase is Phase.DAY
    post.scene.lit.clear()
    post.burst()
    assert not any(post.scene.lit)


def test_night_that_fell_between_two_bursts_of_a_camera_that_sleeps_is_seen() -> None:
    """In twilight the light goes down to a tenth within ten minutes, and less."""
    post = posted(SceneCamera(DAY_LX))
    post.burst(2)
    post.camera.close()
    post.clock.now_s += 360.0
    post.scene.sky_lx = NIGHT_LX
    post.camera.begin_burst()
    post.camera.start()
    taken = [post.camera.grab(1.0) for _ in range(6)]
    assert post.camera.phase is Phase.NIGHT
    assert post.scene.lit[-1] and taken[-1].frame.exposure.infrared
    post.camera.end_burst()
    assert post.filter.driven


def test_a_camera_that_tells_nothing_has_its_nights_and_days_too() -> None:
    post = posted(SceneCamera(tells=False))
    told = []
    for lux in (DAY_LX, 0.005, DAY_LX):
        post.scene.sky_lx = lux
        post.watch(40)
        told.append(post.camera.phase)
    assert told == [Phase.DAY, Phase.NIGHT, Phase.DAY]


def test_a_camera_that_fails_in_a_burst_leaves_no_lamp_on() -> None:
    class Failing(SceneCamera):
        def grab(self, timeout_s: float) -> Shot:
            if self.lamp():
                raise CameraGone("it was unplugged")
            return super().grab(timeout_s)

    post = posted(Failing(NIGHT_LX))
    post.watch(5)
    post.camera.begin_burst()
    with pytest.raises(CameraGone):
        post.camera.grab(1.0)
    post.camera.close()  # as whoever holds it does
    assert not post.lamp.driven
    post.camera.end_burst()
    assert not post.lamp.driven


def test_starting_it_again_while_it_runs_changes_nothing() -> None:
    post = posted(SceneCamera(NIGHT_LX))
    post.watch(5)
    post.camera.begin_burst()
    post.camera.grab(1.0)
    post.camera.start(Exposure(100, 1.0, infrared=False))
    assert post.lamp.driven and post.filter.driven
    assert post.camera.phase is Phase.NIGHT
    post.camera.end_burst()


def test_releasing_it_gives_all_lines_back() -> None:
    post = posted(SceneCamera(NIGHT_LX))
    post.watch(5)
    post.camera.begin_burst()
    post.camera.grab(1.0)
    post.camera.release()
    assert not post.lamp.taken and not post.filter.taken
    assert not post.lamp.driven


def test_a_camera_that_is_closed_lights_nothing() -> None:
    post = posted(SceneCamera(NIGHT_LX), supposed=Phase.NIGHT)
    post.camera.begin_burst()
    post.camera.close()
    with pytest.raises(NotStarted):
        post.camera.grab(1.0)
    assert not post.lamp.driven


@pytest.mark.parametrize("told", [Exposure(0, 1.0), Exposure(-1, 1.0), Exposure(1000, 0.0)])
def test_a_driver_that_tells_nonsense_of_its_exposure_costs_no_picture(told: Exposure) -> None:
    class Odd(AdjustableScene):
        def glance(self, timeout_s: float) -> Glance:
            return replace(super().glance(timeout_s), exposure=told)

    post = posted(Odd(DAY_LX, Animal()))
    post.watch(5)
    assert all(shot.frame.data for shot in post.burst())


def test_a_picture_that_light_cannot_be_told_from_is_a_picture_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Grey(SceneCamera):
        def grab(self, timeout_s: float) -> Shot:
            glance = self.glance(timeout_s)
            return shot_of(b"a file", replace(glance, pixels=glance.pixels[:, :, 0]))

    post = posted(Grey(DAY_LX))
    post.watch(3)
    assert [shot.frame.data for shot in post.shots] == [b"a file"] * 3
    assert len(caplog.records) == 1, "told once"


def test_a_camera_that_refuses_an_exposure_is_not_blind_for_it() -> None:
    class Stubborn(AdjustableScene):
        def expose(self, exposure: Exposure) -> None:
            raise RuntimeError("no such control")

    post = posted(Stubborn(NIGHT_LX, Animal(1.5)))
    post.watch(5)
    assert all(shot.frame.exposure.infrared for shot in post.burst())


def test_lines_that_fail_cost_their_light_alone_and_are_told() -> None:
    post = posted(SceneCamera(NIGHT_LX))
    post.lamp.gone = post.filter.gone = True
    post.watch(5)
    assert all(shot.frame.data for shot in post.burst())
    assert set(post.camera.alarms()) == {"lamp-failed", "filter-failed"}


def test_without_lines_infrared_is_told_by_the_pictures_colours() -> None:
    assert monochrome(np.full((40, 40, 3), 90, np.uint8)) is True
    assert monochrome(np.full((40, 40, 3), (90, 80, 60), np.uint8)) is False
    assert monochrome(np.zeros((40, 40, 3), np.uint8)) is None
    post = posted(SceneCamera(DAY_LX), lamp=False, ir_cut=False)
    assert post.burst(2)[1].frame.exposure.infrared is False


def test_a_coat_near_the_lamp_is_not_left_white() -> None:
    near = Animal(distance_m=1.5, step_px=0)
    burnt = {}
    for scene in (SceneCamera(NIGHT_LX), AdjustableScene(NIGHT_LX)):
        post = posted(scene)
        post.watch(5)
        post.burst(12)  # of nothing: what the place looks like by lamplight
        scene.animal = near
        shots = post.burst(12)
        assert all(shot.glance is not None for shot in shots)
        burnt[type(scene)] = [
            whitened(shot.glance.pixels, scene.animal_box()) for shot in shots if shot.glance
        ]
    assert burnt[SceneCamera][-1] > 0.5, "left to itself the camera whitens it"
    assert burnt[AdjustableScene][-1] < 0.05
    assert post.camera.counters()["burnt_out"] > 0


def test_it_is_not_left_white_in_the_very_first_burst_of_a_night_either() -> None:
    scene = AdjustableScene(NIGHT_LX, Animal(distance_m=1.5, step_px=2))
    post = posted(scene)
    post.watch(5)
    last = post.burst(14)[-1]
    assert last.glance is not None
    box = scene.animal_box()
    assert whitened(last.glance.pixels, box) < 0.05
    assert 90 < last.glance.pixels[box].mean() < 220


def test_a_dark_animal_before_snow_is_exposed_for_itself() -> None:
    scene = AdjustableScene(20_000.0)
    scene._rock[:] = np.maximum(0.75, scene._rock * 2)
    post = posted(scene)
    post.watch(5)
    scene.animal = Animal(reflects=0.08, step_px=0)
    shots = post.burst(12)
    first, last = shots[0].glance, shots[-1].glance
    assert first is not None and last is not None
    level = last.pixels[scene.animal_box()].mean()
    assert level > first.pixels[scene.animal_box()].mean() + 30
    assert whitened(last.pixels, scene.animal_box()) < 0.05


def test_a_lamp_that_was_cut_short_leaves_the_rest_to_the_cameras_own_metering() -> None:
    scene = AdjustableScene(NIGHT_LX, Animal(1.5, step_px=0))
    post = posted(scene, most_s=600.0)
    post.watch(5)
    post.camera.begin_burst()
    for _ in range(10):
        post.camera.grab(1.0)
    assert post.lamp.driven
    post.clock.now_s += 600.0
    post.lamp_itself.rest()
    shots = [post.camera.grab(1.0) for _ in range(12)]
    post.camera.end_burst()
    assert not any(scene.lit[-12:])
    assert shots[-1].frame.exposure.exposure_us == 200_000


def test_after_a_burst_the_camera_meters_for_itself() -> None:
    scene = AdjustableScene(NIGHT_LX, Animal(1.5))
    post = posted(scene)
    post.watch(5)
    post.burst(12)
    scene.animal = None
    post.watch(12, every_s=0.5)
    assert scene.exposed[-1].exposure_us == 200_000


def test_the_next_burst_of_a_night_begins_with_the_last_ones_exposure() -> None:
    scene = AdjustableScene(NIGHT_LX, Animal(1.5, step_px=0))
    post = posted(scene)
    post.watch(5)
    post.burst(14)
    first = post.burst(6)[0]
    assert first.glance is not None
    assert whitened(first.glance.pixels, scene.animal_box()) < 0.05


def test_where_nothing_moves_exposure_is_left_to_the_camera() -> None:
    scene = AdjustableScene(DAY_LX)
    post = posted(scene)
    post.watch(10)
    before = scene.exposed[-1].exposure_us
    post.burst(10)
    after = scene.exposed[-1].exposure_us
    assert before is not None and after == pytest.approx(before, rel=0.2)
    assert scene._held is None
