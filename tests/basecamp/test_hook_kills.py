"""What a carrier was told is taken is there, whenever basecamp is killed."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey
from firmware_bridge.simulators.notehub import Notehub
from tests.kit.ports import held_port
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.store import Store

from . import hooked
from . import lorawan as air
from .field import eventually
from .lorawan import RadioStation

SIGHTINGS = 80


@contextmanager
def serving(data: Path, port: int) -> Iterator[None]:
    """The program, until the end of the block kills it."""
    words = ["serve", "--data", data, "--broker", "mqtt://127.0.0.1:1"]
    words += ["--listen", "127.0.0.1:0", "--hooks", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "basecamp", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
            assert process.poll() is None
        finally:
            process.kill()


def until_taken(hub: Notehub, number: int) -> None:
    eventually(lambda: hub.route.statuses.count(200) >= number, "some are taken")


@pytest.mark.parametrize("seed", [1, 2])
def test_every_post_that_was_answered_is_stored_and_each_once(
    data: Path, station_key: StationKey, basecamp_key: BasecampKey, seed: int
) -> None:
    rng = random.Random(seed)
    radio = RadioStation(station_key, basecamp_key.token)
    with Store(data) as store:
        store.devices.assign(hooked.NOTECARD, "ridge-2")
    with Notehub(hooked.TOKEN, seed=seed, speed=100) as hub:
        port = held_port(hub)  # also while the program is killed
        for number in range(1, SIGHTINGS + 1):
            hub.receiver(hooked.NOTECARD)(radio.sealer.seal(air.sighting_record(number)))
        hub.route.aim(f"http://127.0.0.1:{port}/hooks/notehub")
        for _ in range(2):
            with serving(data, port):
                until_taken(hub, hub.route.statuses.count(200) + rng.randint(5, 30))
            answered = hub.route.statuses.count(200)
            with Store(data) as store:
                assert len(store.views.news(SIGHTINGS)) >= answered
        with serving(data, port):
            assert hub.route.wait_until_idle(120)
    with Store(data) as store:
        shown = [
            view.sighting.reference
            for view in store.views.news(2 * SIGHTINGS)
            if isinstance(view, RadioSightingView)
        ]
    numbers = range(1, SIGHTINGS + 1)
    assert sorted(shown) == sorted(air.radio_sighting(number).reference for number in numbers)
    assert 0 in hub.route.statuses
