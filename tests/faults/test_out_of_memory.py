"""The kernel kills a station that takes more memory than there is: the next one judges what was
stored, and one alarm says so.

The kill is the kernel's own: the daemon's process lives in a memory group, of either version of
control groups, that is too small for its models. No service manager is asked here;
tests/systemd/test_booted.py asks one.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from edge.health.lately import KILLED_FOR_MEMORY, TEXTS
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.card import alarms, counters, disorder
from tests.kit.memory_group import delegated, memory_group
from tests.kit.pictures import jpeg, zebra
from tests.kit.station import StationFolder
from tests.station.test_run import running, watched

MakeStation = Callable[..., StationFolder]
ROOM_BYTES = 40_000_000
"""Enough to seal a burst, and too little to load the models."""


def test_a_station_killed_for_want_of_memory_goes_on_with_what_it_had_stored(
    make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    incoming = tmp_path / "incoming"
    folder = watched(make_station, incoming, str(broker.address), consume=True)
    with memory_group(ROOM_BYTES) as group, running(folder) as (process, log):
        group.take(process.pid)
        (incoming / "zebra.jpg").write_bytes(jpeg(zebra(1)))
        assert process.wait(120) == -signal.SIGKILL
        assert group.kills == 1
        assert log.read_bytes().count(b"frames stored") == 1
        assert not list(incoming.iterdir())  # the spool alone has it now
    with camp.serving(broker), running(folder) as (process, log):
        eventually(lambda: len(camp.sightings(folder.id)) == 1, "the sighting arrives")
        eventually(lambda: b"acknowledged: crop" in log.read_bytes(), "pictures arrive")
        eventually(lambda: camp.alarms(folder.id) == {KILLED_FOR_MEMORY}, "basecamp hears of it")
        process.terminate()
        assert process.wait(60) == 0
    assert log.read_text().count(TEXTS[KILLED_FOR_MEMORY]) == 1
    (sighting,) = camp.sightings(folder.id)
    assert sighting.target
    assert [line for line in disorder(folder.spool_path) if "waiting" not in line] == []
    assert alarms(folder.spool_path) == {KILLED_FOR_MEMORY}
    assert counters(folder.spool_path)["restarts_oom"] == 1


def test_a_group_is_made_where_the_memory_controller_is_delegated(tmp_path: Path) -> None:
    """As on a desk with systemd, whose user may make groups below its own manager's."""
    mounts, own = tmp_path / "mountinfo", tmp_path / "cgroup"
    mounts.write_text(f"30 23 0:26 / {tmp_path}/fs rw,nosuid shared:9 - cgroup2 cgroup2 rw\n")
    own.write_text("0::/user.slice/manager/app.slice/shell\n")
    lent = {"": "cpu memory pids", "user.slice": "memory pids", "user.slice/manager": "pids",
            "user.slice/manager/app.slice": "memory pids"}  # fmt: skip
    for name, controllers in lent.items():
        place = tmp_path / "fs" / name
        place.mkdir(parents=True)
        (place / "cgroup.subtree_control").write_text(controllers + "\n")
    found = [str(place.relative_to(tmp_path)) for place in delegated(mounts, own)]
    assert found == ["fs/user.slice/manager/app.slice", "fs/user.slice", "fs"]
    own.write_text("4:memory:/\n")
    assert list(delegated(mounts, own)) == []
