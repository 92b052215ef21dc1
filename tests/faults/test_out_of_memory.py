"""The kernel kills a station that takes more memory than there is: what it had stored is judged by
the next one.

The kill is the kernel's own: the daemon's process lives in a memory group that is too small for its
models. How a service manager tells it from other kills is tests/health/test_last_end.py's matter.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.card import disorder
from tests.kit.pictures import jpeg, zebra
from tests.kit.station import StationFolder
from tests.station.test_run import running, watched

MakeStation = Callable[..., StationFolder]
GROUPS = Path("/sys/fs/cgroup/memory")
ROOM_BYTES = 40_000_000
"""Enough to seal a burst, and too little to load the models."""


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """A memory group of this test's own."""
    group = GROUPS / f"irbis-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(ROOM_BYTES))
    except OSError:
        with suppress(OSError):
            group.rmdir()
        pytest.skip("needs root and memory control groups of version 1")
    yield group
    group.rmdir()


def kills(group: Path) -> int:
    """How many processes the kernel has killed in it."""
    words = (group / "memory.oom_control").read_text().split()
    return int(words[words.index("oom_kill") + 1])


def test_a_station_killed_for_want_of_memory_goes_on_with_what_it_had_stored(
    make_station: MakeStation, broker: Broker, camp: Camp, small_memory: Path, tmp_path: Path
) -> None:
    incoming = tmp_path / "incoming"
    folder = watched(make_station, incoming, str(broker.address), consume=True)
    with running(folder) as (process, log):
        (small_memory / "cgroup.procs").write_text(str(process.pid))
        (incoming / "zebra.jpg").write_bytes(jpeg(zebra(1)))
        assert process.wait(120) == -signal.SIGKILL
        assert kills(small_memory) == 1
        assert log.read_bytes().count(b"frames stored") == 1
        assert not list(incoming.iterdir())  # the spool alone has it now
    with camp.serving(broker), running(folder) as (process, log):
        eventually(lambda: len(camp.sightings(folder.id)) == 1, "the sighting arrives")
        eventually(lambda: b"acknowledged: crop" in log.read_bytes(), "pictures arrive")
        process.terminate()
        assert process.wait(60) == 0
    (sighting,) = camp.sightings(folder.id)
    assert sighting.target
    assert [line for line in disorder(folder.spool_path) if "waiting" not in line] == []
