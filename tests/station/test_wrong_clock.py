"""Nothing depends on the clock being right: `irbis run` from 1970 to 2038.

The machine's seconds since power came are real; only the calendar is made up, and set anew while
the station runs, as a network or a technician would.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.health.lately import CLOCK_STEPPED
from edge.uplink.broker import Credentials
from tests.basecamp.field import Broker, eventually
from tests.kit.calendar import Calendar
from tests.kit.camp import Camp
from tests.kit.card import alarms, counters, disorder
from tests.kit.certificates import make_certificates
from tests.kit.pictures import jpeg, zebra
from tests.kit.station import StationFolder

MakeStation = Callable[..., StationFolder]
EPOCH = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
LATE = datetime(2038, 1, 19, 3, 14, tzinfo=UTC)


@contextmanager
def running(folder: StationFolder, calendar: Calendar) -> Iterator[None]:
    log = folder.folder / "log"
    command = [sys.executable, "-m", "tools.cli", "run", "--config", str(folder.config_path)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stderr=stream, env=calendar.environment)
    try:
        eventually(lambda: b"INFO armed" in log.read_bytes(), "the station arms")
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=120) == 0


def a_zebra_passes(incoming: Path, number: int, calendar: Calendar) -> None:
    new = incoming.parent / "new.jpg"
    new.write_bytes(jpeg(zebra(number)))
    calendar.stamp(new)
    new.rename(incoming / f"zebra-{number}.jpg")


def all_has_come(camp: Camp, folder: StationFolder) -> bool:
    log = (folder.folder / "log").read_text(encoding="utf-8")
    return log.count("acknowledged: crop") == sum(
        len(one.crops) for one in camp.sightings(folder.id)
    )


def set_times(folder: StationFolder) -> int:
    """How often the journal says that the clock was set."""
    return (folder.folder / "log").read_bytes().count(b"clock was set")


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


def a_station(
    make_station: MakeStation, broker: str, incoming: Path, **uplink: object
) -> StationFolder:
    capture = {"path": str(incoming), "settle_s": 0.2, "poll_s": 0.1, "consume": True}
    return make_station(broker, capture=capture, uplink={"heartbeat_s": 1.0, **uplink})


def test_a_clock_that_is_set_ten_years_forth_and_back_loses_nothing(
    make_station: MakeStation, broker: Broker, camp: Camp, incoming: Path, tmp_path: Path
) -> None:
    calendar = Calendar(tmp_path)
    now = datetime.now(UTC)
    decade = timedelta(days=3652)
    folder = a_station(make_station, str(broker.address), incoming)
    calendar.shows(EPOCH)
    with camp.serving(broker), running(folder, calendar):
        for number, moment in enumerate((EPOCH, now, now + decade, now - decade, LATE)):
            if number > 0:  # else it would be set back by as long as arming took
                calendar.shows(moment)
            a_zebra_passes(incoming, number, calendar)
            eventually(
                lambda count=number + 1: len(camp.sightings(folder.id)) == count,  # type: ignore[misc]
                f"sighting {number} arrives at {moment}",
            )
            if number == 1:
                # A clock is set once after the power came, and nobody need hear of that.
                eventually(lambda: set_times(folder) == 1, "it is told")
                assert camp.alarms(folder.id) == set()
        eventually(lambda: camp.alarms(folder.id) == {CLOCK_STEPPED}, "basecamp hears of it")
        eventually(lambda: all_has_come(camp, folder), "every picture arrives")
        eventually(lambda: set_times(folder) > 1, "the steps are told")
    assert disorder(folder.spool_path) == []
    assert alarms(folder.spool_path) == {CLOCK_STEPPED}
    assert counters(folder.spool_path)["target"] == 5


def test_a_broker_with_a_certificate_is_reached_by_a_clock_at_which_that_is_not_valid(
    make_station: MakeStation, camp: Camp, incoming: Path, tmp_path: Path
) -> None:
    made = make_certificates(tmp_path / "pki")
    (tmp_path / "tls").mkdir()
    tls = f"certfile {made.certificate}\nkeyfile {made.key}\nallow_anonymous true\n"
    broker = Broker(tmp_path / "tls", tls, tls=True)
    broker.start()
    try:
        calendar = Calendar(tmp_path)
        calendar.shows(EPOCH)
        authority = made.authority
        folder = a_station(make_station, str(broker.address), incoming, ca_file=str(authority))
        with camp.serving(broker, Credentials(ca_file=authority)), running(folder, calendar):
            a_zebra_passes(incoming, 1, calendar)
            eventually(lambda: len(camp.sightings(folder.id)) == 1, "it is reached in 1970")
            broker.kill()
            calendar.shows(LATE)
            broker.start()
            a_zebra_passes(incoming, 2, calendar)
            eventually(lambda: len(camp.sightings(folder.id)) == 2, "it is reached in 2038")
        early = next(one for one in camp.sightings(folder.id) if one.captured_at.year == 1970)
        assert early.since_boot is not None, "it is told when that was, however wrong the clock"
    finally:
        broker.kill()
