"""The battery's model: within its bounds whatever it is told, and slower to hope than to fear."""

from __future__ import annotations

import json
import math
from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.health.clock import ClockState
from edge.health.power import STALE_S, PowerModel, PowerOutlook, PowerReading, PowerTerms
from edge.health.power_battery import Chemistry
from edge.health.power_stage import PowerStage
from edge.health.power_sun import UNKNOWN_NIGHT_S
from edge.records import ClockQuality, Vitals
from tests.health.bench import Memory

TERMS = PowerTerms(Chemistry.LI_ION, capacity_wh=40, cells=1, load_w=0.5)
WHOLE_J = 40 * 3600
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
DAY_S = 86_400
MINUTE_S = 60.0


def model(memory: Memory | None = None, terms: PowerTerms = TERMS, now_s: float = 0) -> PowerModel:
    return PowerModel(terms, memory or Memory(), now_s)


def utc(now_s: float) -> datetime:
    return BEGIN + timedelta(seconds=now_s)


def read(mv: float, **more: float | bool) -> PowerReading:
    more.setdefault("temperature_c", 25.0)
    return PowerReading(mv, **more)  # type: ignore[arg-type]


def run(battery: PowerModel, begin_s: float, lasts_s: float, reading: PowerReading) -> float:
    """The same reading each minute; when it ended."""
    now_s = begin_s
    while now_s < begin_s + lasts_s:
        now_s += MINUTE_S
        battery.take(reading, now_s, utc(now_s))
    return now_s


def share(battery: PowerModel, now_s: float) -> float:
    outlook = battery.outlook(now_s, utc(now_s))
    assert outlook is not None
    return outlook.battery_j / outlook.capacity_j


def test_nothing_is_known_before_the_first_reading():
    assert model().outlook(0, BEGIN) is None


def test_the_first_reading_tells_charge_and_capacity():
    battery = model()
    battery.take(read(3750), 60, utc(60))
    assert battery.outlook(60, utc(60)) == PowerOutlook(
        battery_j=pytest.approx(0.5 * WHOLE_J),
        capacity_j=WHOLE_J,
        floor_j=pytest.approx(0.2 * WHOLE_J),
        load_w=0.5,
        until_sun_s=UNKNOWN_NIGHT_S,
        harvest_j=pytest.approx(0.0, abs=60 * 0.5),
    )


def test_the_cold_halves_what_can_be_drawn():
    battery = model()
    battery.take(read(3750, temperature_c=-20.0), 60, utc(60))
    outlook = battery.outlook(60, utc(60))
    assert outlook is not None
    assert outlook.capacity_j == pytest.approx(0.5 * WHOLE_J)
    assert outlook.battery_j == pytest.approx(0.25 * WHOLE_J)


def test_cells_that_were_not_given_are_inferred_and_kept():
    memory = Memory()
    battery = model(memory, PowerTerms(Chemistry.LIFEPO4, 100, load_w=0.5))
    now_s = run(battery, 0, 1200, read(13_120))
    assert share(battery, now_s) == pytest.approx(0.30, abs=0.01)
    battery.take(read(3280), now_s + 60, utc(now_s))  # a wire that came loose, no other battery
    assert share(battery, now_s) == pytest.approx(0.30, abs=0.01)


def test_a_battery_whose_cells_cannot_be_told_is_not_guessed():
    battery = model(terms=PowerTerms(Chemistry.LI_ION, 40))
    battery.take(read(15_000), 60, utc(60))
    assert battery.outlook(60, utc(60)) is None


@pytest.mark.parametrize(
    "garbage", [math.nan, math.inf, -math.inf, -3700, 0, 65_535, 1e300, 12_000, 900]
)
def test_a_reading_that_no_battery_gives_is_ignored(garbage):
    battery = model()
    battery.take(read(3750), 60, utc(60))
    battery.take(read(garbage), 120, utc(120))
    assert share(battery, 120) == pytest.approx(0.5)


def test_a_minute_of_sending_hardly_counts():
    battery = model()
    now_s = run(battery, 0, 600, read(3750))
    now_s = run(battery, now_s, 60, read(3400))
    assert share(battery, now_s) == pytest.approx(0.5, abs=0.01)


def test_noise_of_the_voltage_does_not_shake_the_charge():
    battery = model()
    now_s, shares = 0.0, []
    for i in range(240):
        now_s += MINUTE_S
        battery.take(read(3750 + (30 if i % 2 else -30)), now_s, utc(now_s))
        shares.append(share(battery, now_s))
    settled = shares[60:]
    assert max(settled) - min(settled) < 0.01


def test_what_is_taken_away_is_seen_sooner_than_what_is_brought():
    low, high = model(), model()
    for battery, mv in ((low, 3410), (high, 4090)):
        now_s = run(battery, run(battery, 0, 60, read(3750)), 3600, read(mv))
    assert 0.5 - share(low, now_s) > 2 * (share(high, now_s) - 0.5) > 0


def test_a_measured_current_moves_the_charge_as_much_as_it_brings():
    battery = model()
    battery.take(read(3750, current_ma=0, charging=True), 0, utc(0))
    now_s = run(battery, 0, 3600, read(4100, current_ma=2000, charging=True))
    assert share(battery, now_s) == pytest.approx(0.5 + 8.2 / 40, abs=0.005)


def test_the_voltage_under_charge_proves_nothing_but_too_little():
    battery = model()
    battery.take(read(3750, current_ma=0, charging=True), 0, utc(0))
    now_s = run(battery, 0, 6 * 3600, read(4170, current_ma=10, charging=True))
    assert share(battery, now_s) == pytest.approx(0.5, abs=0.02)


def whole_days(battery: PowerModel, first: int, count: int, lit_ma: float) -> float:
    """Days with sun from 4 to 12 UTC that charge with ``lit_ma``, and nights at 100 mA."""
    now_s = first * DAY_S
    for _ in range(count * 24 * 60):
        now_s += MINUTE_S
        is_lit = lit_ma > 0 and 4 <= utc(now_s).hour < 12
        current_ma = lit_ma if is_lit else -100.0
        reading = read(3800, current_ma=current_ma, charging=is_lit)
        battery.take(reading, now_s, utc(now_s))
    return now_s


def test_days_teach_what_the_sun_brings_when_it_comes_and_what_is_drawn():
    battery = model()
    now_s = whole_days(battery, 0, 4, lit_ma=300)
    outlook = battery.outlook(now_s, utc(now_s))
    assert outlook is not None
    drawn_w = 0.1 * 3.8
    assert outlook.load_w == pytest.approx(drawn_w, rel=0.1)
    assert outlook.harvest_j == pytest.approx((0.3 * 3.8 + drawn_w) * 8 * 3600, rel=0.1)
    assert outlook.until_sun_s == pytest.approx(4 * 3600, abs=120)


def test_snow_on_the_panel_is_learnt_and_unlearnt():
    battery = model()
    whole_days(battery, 0, 4, lit_ma=300)
    now_s = whole_days(battery, 4, 3, lit_ma=0)
    outlook = battery.outlook(now_s, utc(now_s))
    assert outlook is not None and outlook.harvest_j == 0
    now_s = whole_days(battery, 7, 3, lit_ma=300)
    outlook = battery.outlook(now_s, utc(now_s))
    assert outlook is not None and outlook.harvest_j > 30_000


def test_where_no_current_is_measured_the_rising_charge_tells_the_harvest():
    battery, now_s = model(), 0.0
    for _ in range(4 * 24 * 60):
        now_s += MINUTE_S
        hour = utc(now_s).hour
        mv = 4090 if 4 <= hour < 12 else 3700
        battery.take(PowerReading(mv, temperature_c=25.0), now_s, utc(now_s))
    outlook = battery.outlook(now_s, utc(now_s))
    assert outlook is not None
    assert 10_000 < outlook.harvest_j < WHOLE_J
    assert 3 * 3600 < outlook.until_sun_s < 6 * 3600


def test_without_a_clock_the_night_is_long_and_no_sun_is_promised():
    battery = model()
    now_s = whole_days(battery, 0, 4, lit_ma=300)
    outlook = battery.outlook(now_s, None)
    assert outlook is not None
    assert (outlook.until_sun_s, outlook.harvest_j) == (UNKNOWN_NIGHT_S, 0.0)


def test_after_a_day_without_readings_nothing_is_known():
    battery = model()
    battery.take(read(3750), 0, utc(0))
    assert battery.outlook(STALE_S, utc(STALE_S)) is not None
    assert battery.outlook(STALE_S + 1, utc(STALE_S + 1)) is None


def test_all_of_it_survives_a_reboot():
    memory = Memory()
    before = model(memory)
    now_s = whole_days(before, 0, 4, lit_ma=300)
    after = model(memory, now_s=7)
    told = after.outlook(7, utc(now_s))
    known = before.outlook(now_s, utc(now_s))
    assert told is not None and known is not None
    assert told.harvest_j == pytest.approx(known.harvest_j, rel=0.01)
    assert told.until_sun_s == known.until_sun_s
    assert told.battery_j == pytest.approx(0.8 * known.battery_j, rel=0.05)  # no thermometer yet


def test_the_card_is_written_a_few_times_an_hour_only():
    memory = Memory()
    run(model(memory), 0, 3600, read(3750))
    assert memory.saves == 4


def test_another_battery_begins_anew():
    memory = Memory()
    run(model(memory), 0, 3600, read(3750))
    other = PowerTerms(Chemistry.LI_ION, capacity_wh=80, cells=1, load_w=0.5)
    assert model(memory, other).outlook(0, BEGIN) is None


STATE = Memory()
run(model(STATE), 0, 3600, read(3750))
assert STATE.state is not None
KEPT = json.loads(STATE.state)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=26) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=30,
)


@given(st.binary(max_size=200))
def test_a_damaged_state_is_left_aside(state):
    assert model(Memory(state)).outlook(0, BEGIN) == model(Memory()).outlook(0, BEGIN)


@given(st.sampled_from(sorted(KEPT)), JSON)
def test_a_state_with_a_strange_value_gives_nothing_out_of_bounds(name, value):
    check(model(Memory(json.dumps({**KEPT, name: value}).encode())).outlook(0, BEGIN))


@given(st.sampled_from(sorted(KEPT["sun"])), JSON)
def test_so_does_one_with_a_strange_sun(name, value):
    state = {**KEPT, "sun": {**KEPT["sun"], name: value}}
    check(model(Memory(json.dumps(state).encode())).outlook(0, BEGIN))


def check(outlook: PowerOutlook | None) -> None:
    if outlook is not None:
        assert all(math.isfinite(value) and value >= 0 for value in astuple(outlook))
        assert outlook.battery_j <= outlook.capacity_j <= WHOLE_J
        assert outlook.floor_j <= outlook.capacity_j
        assert outlook.until_sun_s <= DAY_S


NUMBER = st.none() | st.floats() | st.integers(-(2**33), 2**33)
READING = st.builds(
    PowerReading,
    NUMBER | st.floats(2500, 4400),
    NUMBER,
    NUMBER,
    NUMBER,
    st.none() | st.booleans(),
)
MOMENT = st.none() | st.datetimes(
    datetime(1971, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)
)


@settings(max_examples=300)
@given(st.lists(st.tuples(READING, st.floats(-1e4, 1e6), MOMENT), max_size=30))
def test_whatever_is_read_and_whatever_the_clocks_do_all_stays_within_its_bounds(readings):
    battery, now_s = model(), 0.0
    for reading, passed_s, moment in readings:
        now_s += passed_s
        battery.take(reading, now_s, moment)
        check(battery.outlook(now_s, moment))
    again, then_s = model(), 0.0
    for reading, passed_s, moment in readings:
        then_s += passed_s
        again.take(reading, then_s, moment)
    assert again.outlook(now_s, BEGIN) == battery.outlook(now_s, BEGIN)


def test_a_board_that_measures_its_battery_itself_feeds_the_model_each_minute():
    now_s = [0.0]
    stage = PowerStage(
        model(),
        60.0,
        lambda: Vitals(battery_mv=3750, temperature_c=61.0),
        lambda: ClockState(ClockQuality.NTP),
        lambda: now_s[0],
    )
    assert stage.power() is None
    assert [stage.step(), stage.step()] == [True, False]
    outlook = stage.power()
    assert outlook is not None
    assert outlook.capacity_j == pytest.approx(0.8 * WHOLE_J)  # of a warm processor nothing follows
    now_s[0] = 60.0
    assert stage.step()
