"""A cloud posts until its hook has answered, whatever happens on the way."""

from __future__ import annotations

import pytest

from firmware_bridge.simulators.webhook import Manners, Poster, Weather

from .hook import Hook, hook

PATIENCE_S = 30.0
MANNERS = Manners("text/plain", 10.0, lambda status: status == 200)
BODIES = [f"post {number}".encode() for number in range(20)]


def posted(there: Hook, weather: Weather | None = None, seed: int = 1) -> Poster:
    """Post all of ``BODIES``, and wait until that is over."""
    with Poster(MANNERS, seed=seed, speed=10_000, weather=weather) as poster:
        poster.aim(there.url)
        for body in BODIES:
            poster.post(body)
        assert poster.wait_until_idle(PATIENCE_S)
    return poster


def test_each_is_posted_once_where_all_is_well() -> None:
    with hook() as there:
        poster = posted(there)
    assert there.bodies == BODIES
    assert poster.statuses == [200] * 20


def test_what_was_not_taken_is_posted_again() -> None:
    with hook(503, 500, 404) as there:
        poster = posted(there)
    assert sorted(set(there.bodies)) == sorted(BODIES)
    assert len(there.bodies) == 23
    assert sorted(poster.statuses) == [200] * 20 + [404, 500, 503]


def test_a_lost_answer_makes_a_double_and_loses_nothing() -> None:
    with hook() as there:
        poster = posted(there, Weather(unheard=0.4, doubled=0.2, late=0.5))
    assert set(there.bodies) == set(BODIES)
    assert len(there.bodies) > len(BODIES)
    assert poster.statuses.count(0) > 0


def test_what_is_lost_on_the_way_never_comes() -> None:
    with hook() as there:
        posted(there, Weather(lost=0.5))
    assert 0 < len(there.bodies) < len(BODIES)


@pytest.mark.parametrize("weather", [Weather(lost=0.3), Weather(doubled=0.5)])
def test_the_seed_draws_what_goes_wrong(weather: Weather) -> None:
    runs = []
    for seed in (1, 1, 2):
        with hook() as there:
            posted(there, weather, seed)
        runs.append(sorted(there.bodies))
    assert runs[0] == runs[1] != runs[2]


def test_posts_wait_for_a_hook_that_is_away() -> None:
    with Poster(MANNERS, speed=1000) as poster:
        with hook() as gone:
            pass
        poster.post(b"before there is anywhere")
        poster.aim(gone.url)
        with hook() as there:
            poster.aim(there.url)
            poster.post(b"after")
            assert poster.wait_until_idle(PATIENCE_S)
    assert sorted(there.bodies) == [b"after", b"before there is anywhere"]
