"""The glass before the lens: covered, fogged, blurred, each told after days, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import cv2
import numpy as np
import pytest

from edge.health.clock import ClockState
from edge.health.elapsed import Elapsed
from edge.health.lens_history import (
    BAD_DAYS,
    DAY_S,
    LEARNT_DAYS,
    LEAST_LOOKS,
    Glass,
    LensHistory,
    Usual,
    wrong,
)
from edge.health.lens_sight import Sight, sight
from edge.health.lens_watch import UNKNOWN_S, LensWatch
from edge.health.selftest_picture import drawn
from edge.records import ClockQuality
from edge.security.keys import BasecampKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.kit.station import Notes

CAMP = BasecampKey.generate()


@cache
def scene(seed=0):
    """Texture of every size, as rock has, in colour."""
    chance = np.random.default_rng(seed)
    picture = np.zeros((480, 640), np.float32)
    for size in (4, 12, 40, 120, 480):
        noise = chance.normal(0, 1, (max(2, 480 // (480 // size)), max(2, 640 * size // 480)))
        picture += cv2.resize(noise.astype(np.float32), (640, 480)) * 12
    picture += chance.normal(0, 14, picture.shape)
    grey = np.clip(picture + 120, 0, 255)
    return np.stack([grey, grey * 0.9, grey * 0.8], -1).astype(np.uint8)


def blurred(pixels):
    return cv2.GaussianBlur(pixels, (0, 0), 2)


def fogged(pixels):
    return (pixels * 0.4 + 110).astype(np.uint8)


def covered(pixels):
    pixels = pixels.copy()
    pixels[:, :400] = 20
    return pixels


def infrared(pixels):
    return np.repeat(blurred(pixels)[:, :, :1], 3, axis=2)


def black(pixels):
    return np.zeros_like(pixels)


def unchanged(pixels):
    return pixels


@cache
def seen_as(change, seed):
    return sight(change(scene(seed)))


def lived(history, days, change=unchanged):
    for _ in range(days):
        for look in range(LEAST_LOOKS):
            history.look(seen_as(change, look), DAY_S / LEAST_LOOKS)
    return history.standing()


@pytest.fixture
def history():
    history = LensHistory()
    assert lived(history, LEARNT_DAYS + 2) == frozenset()
    return history


@pytest.mark.parametrize(
    ("change", "glass"),
    [
        (blurred, Glass.BLURRED),
        (fogged, Glass.FOGGED),
        (covered, Glass.BLOCKED),
        (black, Glass.BLOCKED),
    ],
)
def test_what_stays_for_days_is_told_and_goes_when_it_is_mended(history, change, glass):
    assert lived(history, 1, change) == frozenset(), "one odd day proves nothing"
    seen = lived(history, BAD_DAYS, change)
    # Black pictures have no colour: they are those of the night.
    assert seen == {glass}
    assert lived(history, BAD_DAYS) == (frozenset() if change is not black else {glass})


def test_a_day_of_mist_between_clear_ones_is_no_alarm(history):
    for _ in range(6):
        assert lived(history, 1, fogged) == frozenset()
        assert lived(history, 1) == frozenset()


def test_a_few_odd_pictures_a_day_are_no_bad_day(history):
    for day in range(4):
        for look in range(9):
            change = covered if (look + day) % 3 == 0 else unchanged
            history.look(seen_as(change, look % LEAST_LOOKS), DAY_S / 9)
    assert history.standing() == frozenset()


def test_a_lens_that_was_covered_from_the_first_day_is_told():
    assert lived(LensHistory(), BAD_DAYS, black) == {Glass.BLOCKED}


def test_a_restart_forgets_nothing(history):
    lived(history, BAD_DAYS, fogged)
    again = LensHistory(history.state())
    assert again.standing() == {Glass.FOGGED}
    assert again.state() == history.state()
    assert lived(again, BAD_DAYS) == frozenset()


@pytest.mark.parametrize("state", [None, b"", b"{", b"[]", b'{"day": 3}', b'{"day": {}}'])
def test_a_damaged_memory_begins_anew(state):
    assert LensHistory(state).standing() == frozenset()


def test_night_and_day_have_each_their_own_past(history):
    assert lived(history, 6, infrared) == frozenset()


def test_what_stays_for_months_is_the_scene(history):
    assert lived(history, BAD_DAYS, covered) == {Glass.BLOCKED}
    assert lived(history, 90, covered) == frozenset()


def test_few_bursts_make_no_day():
    history = LensHistory()
    for _ in range(LEAST_LOOKS - 1):
        assert not history.look(Sight(0, 5, 0, False), 10 * DAY_S)
    assert history.look(Sight(0, 5, 0, False), 0)


def test_nothing_is_told_of_a_place_that_is_hardly_known():
    assert wrong(Usual(-9, -9, 0.5), Usual(0, 5, 0, LEARNT_DAYS - 1)) is None


@pytest.mark.parametrize("shape", [(1, 1), (10, 640), (700, 20), (0, 0)])
def test_a_picture_too_small_says_nothing(shape):
    assert sight(np.zeros((*shape, 3), np.uint8)) is None


@pytest.mark.parametrize("shape", [(120, 200), (480, 640), (1500, 2000), (999, 1777)])
def test_every_size_of_picture_can_be_looked_at(shape):
    seen = sight(drawn(shape[1], shape[0]))
    assert seen is not None
    assert 0 <= seen.flat <= 1


def test_alarms_come_and_go_and_are_told_once(tmp_path):
    now_s, notes = [0.0], Notes()
    with Spool(tmp_path / "spool", BasecampKey.generate().token.seal, Budget(0, 0)) as spool:
        elapsed = Elapsed(age_s=lambda: now_s[0])
        watch = LensWatch(spool.keepsake("lens"), spool.ledger, notes, elapsed)

        def days(count, change=unchanged):
            for _ in range(count * LEAST_LOOKS):
                now_s[0] += DAY_S / LEAST_LOOKS
                watch(change(scene()))
            return set(spool.ledger.alarms())

        assert days(5) == set()
        assert days(4, blurred) == {"lens-blurred"}
        assert len(notes.troubles) == 1
        assert days(3) == set()


class Sleeper:
    """A station that is woken for each burst and switched off after it: a run of the machine each,
    and ``quality`` is its clock's."""

    def __init__(self, folder, quality=ClockQuality.RTC):
        self._path, self._quality = folder / "spool", quality
        self._utc, self._run = datetime.now(UTC), 0

    def wakes(self, times, every_s, change=unchanged):
        """The alarms after so many."""
        for _ in range(times):
            self._utc += timedelta(seconds=every_s)
            self._run += 1
            clock = ClockState(self._quality, self._utc - datetime.now(UTC))
            boot = self._run.to_bytes(16)
            elapsed = Elapsed(lambda c=clock: c, lambda b=boot: b, lambda: 30)
            with Spool(self._path, CAMP.token.seal, Budget(0, 0)) as spool:
                LensWatch(spool.keepsake("lens"), spool.ledger, Notes(), elapsed)(change(scene()))
                alarms = set(spool.ledger.alarms())
        return alarms


def test_a_station_that_is_switched_off_between_bursts_has_days_as_well(tmp_path):
    station = Sleeper(tmp_path)
    assert station.wakes(5 * LEAST_LOOKS, DAY_S / LEAST_LOOKS) == set()
    assert station.wakes(4 * LEAST_LOOKS, DAY_S / LEAST_LOOKS, fogged) == {"lens-fogged"}
    assert station.wakes(3 * LEAST_LOOKS, DAY_S / LEAST_LOOKS) == set()


def test_without_a_clock_a_day_is_some_hundred_runs(tmp_path):
    station, day = Sleeper(tmp_path, ClockQuality.UNSET), round(DAY_S / UNKNOWN_S)
    assert station.wakes(day, 0, black) == set()
    assert station.wakes(day + 1, 0, black) == {"lens-blocked"}


def test_a_clock_that_is_stepped_by_years_makes_no_two_bad_days(tmp_path):
    station = Sleeper(tmp_path)
    assert station.wakes(LEAST_LOOKS, 60, black) == set()
    assert station.wakes(1, 365 * DAY_S, black) == set()
    assert station.wakes(LEAST_LOOKS, 60, black) == set()


def test_a_picture_that_breaks_the_look_costs_no_verdict_and_no_later_look(tmp_path, caplog):
    age_s = 0.0
    with Spool(tmp_path / "spool", BasecampKey.generate().token.seal, Budget(0, 0)) as spool:
        elapsed = Elapsed(age_s=lambda: age_s)
        watch = LensWatch(spool.keepsake("lens"), spool.ledger, Notes(), elapsed)
        for _ in range((BAD_DAYS + 1) * LEAST_LOOKS):
            age_s += DAY_S / LEAST_LOOKS
            watch(np.zeros(7, np.uint8))
            watch(black(scene()))
        assert set(spool.ledger.alarms()) == {"lens-blocked"}
    assert {record.message for record in caplog.records} == {"the glass could not be looked at"}
