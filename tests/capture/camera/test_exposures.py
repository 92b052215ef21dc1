from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from edge.capture.camera.exposures import MOST_LEVELS, ExposureMemory
from edge.records import Exposure

DAY, NIGHT = Exposure(500, 1.0, False), Exposure(60_000, 8.0, True)

exposures = st.builds(
    Exposure,
    st.integers(1, 60_000_000),
    st.none() | st.floats(0.01, 1024.0),
    st.none() | st.booleans(),
)


def memory_of(known: dict[int, Exposure]) -> ExposureMemory:
    memory = ExposureMemory()
    for level, exposure in known.items():
        memory.remember(level, exposure)
    return memory


def test_what_was_good_in_such_light_is_recalled() -> None:
    memory = memory_of({-6: NIGHT, 10: DAY})

    assert memory.recall(-6) == NIGHT
    assert memory.recall(10) == DAY


def test_the_nearest_light_serves_where_this_one_is_new() -> None:
    memory = memory_of({-6: NIGHT, 10: DAY})

    assert memory.recall(-20) == NIGHT
    assert memory.recall(7) == DAY


def test_an_empty_memory_leaves_the_camera_to_itself() -> None:
    assert ExposureMemory().recall(3) == Exposure()


def test_the_last_exposure_of_a_level_counts() -> None:
    memory = memory_of({1: DAY})
    memory.remember(1, NIGHT)

    assert memory.recall(1) == NIGHT


def test_a_camera_that_does_not_tell_its_exposure_leaves_what_is_known() -> None:
    memory = memory_of({1: DAY})
    memory.remember(1, Exposure(analogue_gain=4.0))

    assert memory.recall(1) == DAY


def test_the_levels_used_longest_ago_are_forgotten() -> None:
    memory = memory_of({level: Exposure(level + 1) for level in range(MOST_LEVELS)})
    memory.remember(0, DAY)
    memory.remember(1000, NIGHT)

    assert memory.recall(0) == DAY
    assert memory.recall(1) == Exposure(3)  # 1 was forgotten; 0 and 2 are as near, 2 is older


@given(st.dictionaries(st.integers(-100, 100), exposures, max_size=MOST_LEVELS))
def test_a_memory_survives_being_stored(known: dict[int, Exposure]) -> None:
    memory = ExposureMemory.load(memory_of(known).dump())

    assert {level: memory.recall(level) for level in known} == known


def test_nothing_stored_is_an_empty_memory() -> None:
    assert ExposureMemory.load(None).recall(0) == Exposure()


def test_a_damaged_row_is_left_out_and_the_others_stay() -> None:
    rows = [[1, 500, 1.0, False], [2, -1, None, None], [3, 500, float("nan"), None], "x", [4]]
    memory = ExposureMemory.load(json.dumps(rows).encode())

    assert memory.recall(3) == DAY


@given(
    st.binary()
    | st.recursive(st.integers() | st.text() | st.none(), st.lists, max_leaves=8).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_noise_is_an_empty_or_a_sound_memory(noise: bytes) -> None:
    recalled = ExposureMemory.load(noise).recall(0)

    assert recalled.exposure_us is None or recalled.exposure_us > 0
