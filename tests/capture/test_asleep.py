"""A camera that sleeps is open while a burst is taken, and never longer: it costs a watt."""

from __future__ import annotations

import pytest

from edge.capture.camera.errors import CameraGone
from edge.capture.trigger.pacing import PacingTerms
from edge.capture.trigger.storm import StormTerms
from edge.capture.watch import WatchTerms
from tests.capture.watching import PATIENCE_S, SMALL, Memory, Moody, Post, posted

ASLEEP = WatchTerms(SMALL, asleep=True)
LONGEST = PacingTerms(debounce_s=0, tail_s=0.04, longest_s=0.04, rest_s=0.2)
QUICK = PacingTerms(debounce_s=0, tail_s=0.05, longest_s=0.2, rest_s=0.0)


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn in which nothing is due is soon over."""
    monkeypatch.setattr("edge.capture.watch.LOOK_S", 0.05)


def taken_and_more(post: Post, bursts: int = 1) -> None:
    """So many bursts wait to be stored, in which the sensor fires until they can be no longer."""
    while len(post.source.waiting) < bursts:
        post.sensor.fire()
        post.turn()


def test_in_a_storm_it_sleeps_between_samples() -> None:
    camera = Moody()
    with posted(camera, watch=ASLEEP, pacing=QUICK, storm=StormTerms(most_bursts=1)) as post:
        post.sensor.fire()
        post.burst()
        post.sensor.fire()
        post.turn(2)
        assert post.source.counters()["passed_over"] == 1
        assert not camera.runs


def test_it_sleeps_when_what_fired_on_is_passed_over() -> None:
    camera = Moody()
    with posted(camera, watch=ASLEEP, pacing=LONGEST, storm=StormTerms(most_bursts=1)) as post:
        taken_and_more(post)
        while not post.source.counters()["passed_over"]:
            post.turn()
        post.turn()
        assert not camera.runs


def test_it_sleeps_while_a_full_card_takes_no_burst() -> None:
    camera = Moody()
    with posted(camera, watch=ASLEEP, pacing=LONGEST) as post:
        while len(post.source.waiting) < 4:
            taken_and_more(post, len(post.source.waiting) + 1)
        post.sensor.fire()
        post.turn(2)
        assert len(post.source.waiting) == 4
        assert post.source.busy
        post.turn()
        assert not camera.runs


def test_it_sleeps_when_it_is_back_and_what_fired_meanwhile_is_too_old() -> None:
    camera = Moody()
    stale = PacingTerms(debounce_s=0, tail_s=0.05, longest_s=0.2, rest_s=0.0, stale_s=0.01)
    with posted(camera, watch=ASLEEP, pacing=stale) as post:
        camera.gone = True
        post.turn()
        camera.gone = False
        post.sensor.fire(ago_s=1.0)
        while post.source.blindness is not None:
            post.turn()
        post.turn()
        assert post.source.counters()["stale"] == 1
        assert not camera.runs


def test_what_it_knows_of_the_light_is_not_written_by_the_thread_that_watches() -> None:
    memory = Memory()
    with posted(Moody(), watch=ASLEEP, pacing=QUICK, memory=memory) as post:
        post.sensor.fire()
        post.burst()
        post.turn()
        assert memory.state is None, "a slow card would cost the next animal"
        post.source.keep()
        assert memory.state is not None


def test_it_is_woken_for_somebody_who_asks_for_a_picture_and_sleeps_again() -> None:
    camera = Moody()
    with posted(camera, watch=ASLEEP) as post:
        post.turn(2)
        assert not camera.runs
        with post.watching():
            assert post.source.picture(PATIENCE_S) is not None
        post.turn()
        assert not camera.runs
        assert camera.opened == 2
        assert len(post.source.waiting) == 0


def test_that_it_died_in_its_sleep_shows_when_somebody_asks_and_is_an_alarm() -> None:
    camera = Moody()
    with posted(camera, watch=ASLEEP) as post:
        post.turn(2)
        camera.gone = True
        post.turn(2)
        assert post.source.alarms() == {}
        with post.watching():
            assert post.source.picture(PATIENCE_S) is None
        assert "no-camera" in post.source.alarms()
        with pytest.raises(CameraGone):
            post.source.next_burst(0)


def test_nobody_waits_for_a_picture_of_a_station_that_stops() -> None:
    with posted(Moody(), watch=ASLEEP) as post:
        post.source.leave()
        assert post.source.picture(PATIENCE_S) is None
