"""A running station tells whoever asks what waits, and why."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from edge.security.bootkey import find_memory_dir
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.pictures import lay_card
from tests.kit.station import StationFolder, irbis
from tests.station.test_run import running, watched
from tools.cli import main

MakeStation = Callable[..., StationFolder]


@pytest.fixture(autouse=True)
def memory() -> None:
    if find_memory_dir(os.environ) is None:
        pytest.skip("this machine has no RAM file system of its own")


def asked(folder: StationFolder) -> list[dict[str, Any]]:
    """What `irbis queue` says; by this process, for it is asked again and again."""
    told = io.StringIO()
    with redirect_stdout(told), redirect_stderr(io.StringIO()):
        code = main(["queue", "--json", "--config", str(folder.config_path)])
    items: list[dict[str, Any]] = json.loads(told.getvalue())["items"] if code == 0 else []
    return items


def test_while_the_broker_is_away_every_item_says_so(
    make_station: MakeStation, tmp_path: Path
) -> None:
    folder = watched(make_station, tmp_path / "incoming", "mqtt://127.0.0.1:1")
    lay_card(tmp_path / "incoming", 3)
    with running(folder) as (_, log):
        eventually(lambda: b": TARGET" in log.read_bytes(), "a leopard is found")
        eventually(
            lambda: {"sighting", "crop"} <= {one["kind"] for one in asked(folder)},
            "a leopard and its picture wait",
        )
        (sighting,) = [one for one in asked(folder) if one["kind"] == "sighting"]
        assert sighting["verdict"] == "waits: mqtt: down: the broker is not connected"
        told = irbis(
            "queue", "why", sighting["item_id"][:8], "--config", str(folder.config_path)
        ).stdout
        assert "new-looking cat" in told
        assert "the broker is not connected" in told


def test_what_arrived_waits_no_longer(
    make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    folder = watched(make_station, tmp_path / "incoming", str(broker.address))
    lay_card(tmp_path / "incoming", 3)
    with camp.serving(broker), running(folder) as (process, log):
        eventually(lambda: b"acknowledged: crop" in log.read_bytes(), "pictures arrive")
        eventually(lambda: asked(folder) == [], "nothing is shown to wait")
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0


def test_a_station_that_was_stopped_is_said_not_to_run(
    make_station: MakeStation, tmp_path: Path
) -> None:
    folder = watched(make_station, tmp_path / "incoming", "mqtt://127.0.0.1:1")
    lay_card(tmp_path / "incoming", 3)
    with running(folder) as (process, _):
        eventually(lambda: asked(folder) != [], "something waits")
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0
    told = irbis("queue", "--config", str(folder.config_path)).stdout
    assert "the station does not run, so no link is known" in told
