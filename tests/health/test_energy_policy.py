"""What is given up as energy falls: crops first, second looks last, and the motion sensor never."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.energy_policy import FULL, LADDER, Policy, days_left, decide, means
from edge.health.power import PowerOutlook
from tests.health.energy import BATTERY, outlooks, policies

DAY_S = 86_400
EVERYTHING, NO_CROPS, NEWS_ALONE, LEAST = LADDER
BALANCED_J = BATTERY.load_w * DAY_S


def rank(policy: Policy) -> int:
    return LADDER.index(policy)


def test_days_are_what_is_above_the_floor_by_what_the_sun_does_not_bring():
    # 144 kJ above the floor; a day takes 86.4 kJ and brings 43.2 kJ.
    assert days_left(BATTERY) == pytest.approx(144 / 43.2)


def test_days_have_no_end_where_the_sun_brings_what_is_drawn():
    assert days_left(replace(BATTERY, harvest_j=BALANCED_J)) == math.inf


def test_means_count_from_the_floor():
    found = means(BATTERY)
    assert found.fill == pytest.approx(144 / 288)
    assert found.nights == pytest.approx(144 / 57.6)


def test_crops_go_first_then_full_records_then_second_looks():
    # Fill and nights would do for all; days decide: 14, 7 and 3 are asked for.
    def with_days(days: float) -> Policy:
        return decide(replace(BATTERY, harvest_j=BALANCED_J - 144_000 / days))

    assert with_days(15) == EVERYTHING
    assert with_days(13) == NO_CROPS
    assert with_days(6) == NEWS_ALONE
    assert with_days(2.5) == LEAST


def test_a_long_night_counts_though_the_days_balance():
    balanced = replace(BATTERY, harvest_j=BALANCED_J)

    def with_nights(nights: float) -> Policy:
        return decide(replace(balanced, until_sun_s=144_000 / nights))

    assert with_nights(2.1) == EVERYTHING
    assert with_nights(1.9) == NO_CROPS
    assert with_nights(1.4) == NEWS_ALONE
    assert with_nights(0.9) == LEAST


def test_at_the_floor_the_least_is_left_even_in_full_sun():
    empty = replace(BATTERY, battery_j=BATTERY.floor_j, harvest_j=10 * BALANCED_J, until_sun_s=0)
    assert decide(empty) == LEAST


def test_a_nearly_full_battery_gives_nothing_up_before_it_has_seen_any_sun():
    filled_j = BATTERY.floor_j + FULL * (BATTERY.capacity_j - BATTERY.floor_j)
    new = replace(BATTERY, battery_j=filled_j + 1, harvest_j=0, load_w=5)
    assert decide(new) == EVERYTHING
    assert decide(replace(new, battery_j=filled_j - 1)) == LEAST


def test_what_was_given_up_is_back_only_well_above_its_need():
    def after_crops_went(days: float) -> Policy:
        outlook = replace(BATTERY, harvest_j=BALANCED_J - 144_000 / days, until_sun_s=3600)
        return decide(outlook, NO_CROPS)

    assert after_crops_went(15) == NO_CROPS
    assert after_crops_went(20) == NO_CROPS
    assert after_crops_went(22) == EVERYTHING


def test_nothing_is_given_up_on_mains_or_where_nothing_is_known():
    assert decide(None, LEAST) == EVERYTHING


def test_a_policy_has_no_word_for_the_motion_sensor():
    assert {part.name for part in fields(Policy)} == {"crops", "full_records", "second_looks"}


@given(outlooks(), policies)
def test_the_later_never_goes_before_the_earlier(outlook: PowerOutlook, before: Policy):
    assert decide(outlook, before) in LADDER


@given(outlooks(), policies, st.floats(0, 1e7))
def test_a_fuller_battery_takes_nothing_away(outlook: PowerOutlook, before: Policy, more_j: float):
    fuller = replace(outlook, battery_j=min(outlook.capacity_j, outlook.battery_j + more_j))
    assert rank(decide(fuller, before)) <= rank(decide(outlook, before))


@given(outlooks(), policies, st.floats(0, 1e7))
def test_more_sun_takes_nothing_away(outlook: PowerOutlook, before: Policy, more_j: float):
    sunnier = replace(outlook, harvest_j=outlook.harvest_j + more_j)
    assert rank(decide(sunnier, before)) <= rank(decide(outlook, before))


@given(outlooks(), policies, st.floats(0, 1))
def test_a_lighter_load_takes_nothing_away(outlook: PowerOutlook, before: Policy, share: float):
    lighter = replace(outlook, load_w=outlook.load_w * share)
    assert rank(decide(lighter, before)) <= rank(decide(outlook, before))


@given(outlooks(), policies, st.floats(0, 1))
def test_a_shorter_night_takes_nothing_away(outlook: PowerOutlook, before: Policy, share: float):
    shorter = replace(outlook, until_sun_s=outlook.until_sun_s * share)
    assert rank(decide(shorter, before)) <= rank(decide(outlook, before))


@given(outlooks(), policies, policies)
def test_who_had_more_keeps_no_less(outlook: PowerOutlook, one: Policy, other: Policy):
    richer, poorer = sorted((one, other), key=rank)
    assert rank(decide(outlook, richer)) <= rank(decide(outlook, poorer))


@given(outlooks(), policies)
def test_a_decision_stands_while_nothing_changes(outlook: PowerOutlook, before: Policy):
    decided = decide(outlook, before)
    assert decide(outlook, decided) == decided
