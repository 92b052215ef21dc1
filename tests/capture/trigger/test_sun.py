from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.trigger.sun import BySun, Place, SunEvent

EQUATOR = Place(0, 0)
SPITSBERGEN = Place(78, 16)
PLACES = st.builds(Place, st.integers(-90, 90), st.integers(-180, 180))
YEARS = st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))
HOURS = st.integers(-12, 12)


@pytest.mark.parametrize(
    ("event", "hour", "minute"),
    # At the equinox the true sun is 7.4 minutes late (equation of time); it rises 6 h before noon,
    # and 3.4 minutes earlier still for refraction and its own radius, 0.833 degrees at 15 an hour.
    # Civil dawn is 24 minutes before 6 h before noon: 6 degrees.
    [("dawn", 5, 43), ("sunrise", 6, 4), ("noon", 12, 7), ("sunset", 18, 11), ("dusk", 18, 31)],
)
def test_an_equinox_at_the_equator_is_as_reckoned_by_hand(
    event: str, hour: int, minute: int
) -> None:
    day = datetime(2026, 3, 20, tzinfo=UTC)
    due = BySun(EQUATOR, SunEvent(event)).next_after(day)
    assert due is not None
    assert abs(due - day.replace(hour=hour, minute=minute)) < timedelta(minutes=1.5)


def test_an_offset_leads_or_follows() -> None:
    day = datetime(2026, 3, 20, tzinfo=UTC)
    hour = timedelta(hours=1)
    before, on, after = (
        BySun(EQUATOR, SunEvent.SUNSET, offset).next_after(day)
        for offset in (-hour, 0 * hour, hour)
    )
    assert before is not None and on is not None and after is not None
    assert (on - before, after - on) == (hour, hour)


def test_where_the_sun_stays_away_the_next_sunrise_is_the_one_that_ends_the_night() -> None:
    due = BySun(SPITSBERGEN, SunEvent.SUNRISE).next_after(datetime(2026, 12, 1, tzinfo=UTC))
    assert due is not None
    assert datetime(2027, 2, 10, tzinfo=UTC) < due < datetime(2027, 2, 25, tzinfo=UTC)


@given(PLACES, YEARS, st.sampled_from(SunEvent), st.integers(-720, 720))
def test_the_next_lies_ahead_and_the_one_after_it_about_a_day_later(
    place: Place, at: datetime, event: SunEvent, offset_min: int
) -> None:
    schedule = BySun(place, event, timedelta(minutes=offset_min))
    due = schedule.next_after(at)
    assert due is None or due > at
    if due is not None and abs(place.latitude_deg) <= 60:
        assert due - at < timedelta(hours=25)
        following = schedule.next_after(due)
        assert following is not None
        assert abs(following - due - timedelta(days=1)) < timedelta(minutes=10)


@given(st.integers(-60, 60), st.integers(-180, 180), YEARS, st.sampled_from(SunEvent), HOURS)
def test_none_is_left_out_whenever_it_is_asked(
    latitude_deg: int, longitude_deg: int, at: datetime, event: SunEvent, offset_h: int
) -> None:
    schedule = BySun(Place(latitude_deg, longitude_deg), event, timedelta(hours=offset_h))
    due = schedule.next_after(at - timedelta(days=3))
    while due is not None and due <= at:
        due = schedule.next_after(due)
    assert schedule.next_after(at) == due


@pytest.mark.parametrize("at", [datetime.min, datetime.max])
def test_a_clock_at_an_end_of_the_calendar_harms_nothing(at: datetime) -> None:
    now = at.replace(tzinfo=UTC)
    due = BySun(EQUATOR, SunEvent.DAWN).next_after(now)
    assert due is None or due > now


def test_what_is_not_on_the_globe_is_refused() -> None:
    with pytest.raises(ValueError, match="latitude"):
        Place(91, 0)
    with pytest.raises(ValueError, match="within 12 h"):
        BySun(EQUATOR, SunEvent.NOON, timedelta(hours=13))
