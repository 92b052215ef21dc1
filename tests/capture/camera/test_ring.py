from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.camera.replay import ReplayCamera
from edge.capture.camera.ring import PreTriggerRing
from tests.capture.camera.makers import shot
from tests.capture.camera.scene import TERMS, lay_scene


def filled(ring: PreTriggerRing, *moments_s: float) -> PreTriggerRing:
    for moment_s in moments_s:
        ring.put(shot(moment_s))
    return ring


def test_what_lies_before_the_edge_is_handed_over_oldest_first() -> None:
    ring = filled(PreTriggerRing(8, 1000), 1.0, 2.0, 3.0)

    assert ring.take_before(2.5, at_most_s=10) == (shot(1.0), shot(2.0))


def test_what_was_taken_at_the_edge_or_after_it_stays_for_the_burst() -> None:
    ring = filled(PreTriggerRing(8, 1000), 1.0, 2.0, 3.0)
    ring.take_before(2.0, at_most_s=10)

    assert ring.take_before(9.0, at_most_s=10) == (shot(2.0), shot(3.0))


def test_the_rest_is_handed_over_too_when_it_is_asked_for() -> None:
    ring = filled(PreTriggerRing(8, 1000), 1.0, 2.0, 3.0)
    ring.take_before(2.5, at_most_s=10)

    assert ring.take_all() == (shot(3.0),)
    assert (len(ring), ring.size_bytes) == (0, 0)


def test_a_picture_is_handed_over_once() -> None:
    ring = filled(PreTriggerRing(8, 1000), 1.0, 2.0)
    ring.take_before(2.5, at_most_s=10)

    assert ring.take_before(2.5, at_most_s=10) == ()


def test_what_is_too_old_for_this_event_is_forgotten() -> None:
    ring = filled(PreTriggerRing(8, 1000), 1.0, 9.0)

    assert ring.take_before(10.0, at_most_s=2.0) == (shot(9.0),)
    assert len(ring) == 0


def test_the_oldest_makes_room_by_number() -> None:
    ring = filled(PreTriggerRing(2, 1000), 1.0, 2.0, 3.0)

    assert ring.take_before(9.0, at_most_s=10) == (shot(2.0), shot(3.0))


def test_the_oldest_makes_room_by_bytes() -> None:
    ring = filled(PreTriggerRing(8, 25), 1.0, 2.0, 3.0)

    assert ring.size_bytes == 20
    assert ring.take_before(9.0, at_most_s=10) == (shot(2.0), shot(3.0))


def test_small_pictures_take_their_part_of_the_bytes(tmp_path: Path) -> None:
    camera = ReplayCamera([lay_scene(tmp_path)], TERMS, endless=True)
    camera.start()
    taken = camera.grab(0)
    assert taken.glance is not None
    ring = PreTriggerRing(8, 10_000_000)
    ring.put(taken)

    assert ring.size_bytes == len(taken.frame.data) + taken.glance.pixels.nbytes


def test_a_picture_larger_than_the_ring_is_not_kept() -> None:
    ring = filled(PreTriggerRing(8, 25), 1.0)
    ring.put(shot(2.0, size_bytes=26))

    assert (len(ring), ring.size_bytes) == (0, 0)


def test_a_running_camera_fills_it_with_what_came_before_the_edge(tmp_path: Path) -> None:
    camera = ReplayCamera([lay_scene(tmp_path)], TERMS, endless=True)
    camera.start()
    ring = PreTriggerRing(3, 1_000_000)
    shots = [camera.grab(0) for _ in range(6)]
    for taken in shots:
        ring.put(taken)

    before = ring.take_before(shots[-1].moment.monotonic_s, at_most_s=3600)
    assert [taken.frame for taken in before] == [shots[3].frame, shots[4].frame]


def test_a_ring_of_nothing_keeps_nothing() -> None:
    assert len(filled(PreTriggerRing(0, 1000), 1.0)) == 0


def test_a_cleared_ring_is_empty() -> None:
    ring = filled(PreTriggerRing(8, 1000), 1.0)
    ring.clear()

    assert (len(ring), ring.size_bytes, ring.take_before(9.0, 10)) == (0, 0, ())


def test_a_bound_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 frames"):
        PreTriggerRing(-1, 10)


@given(
    st.lists(st.integers(1, 40), max_size=30),
    st.integers(0, 8),
    st.integers(0, 120),
    st.integers(-1, 31),
)
def test_it_holds_the_newest_that_fit_whatever_comes(
    sizes: list[int], max_frames: int, max_bytes: int, edge: int
) -> None:
    ring = PreTriggerRing(max_frames, max_bytes)
    shots = [shot(float(number), size) for number, size in enumerate(sizes)]
    for made in shots:
        ring.put(made)
        assert len(ring) <= max_frames
        assert ring.size_bytes <= max_bytes

    # Where one picture alone was too large, all before it made room for it in vain.
    kept: list[int] = []
    for number in range(len(sizes)):
        kept.append(number)
        while len(kept) > max_frames or sum(sizes[n] for n in kept) > max_bytes:
            kept.pop(0)
    before = ring.take_before(float(edge), at_most_s=1000.0)
    assert before == tuple(shots[n] for n in kept if n < edge)
    assert len(ring) == len([n for n in kept if n >= edge])
