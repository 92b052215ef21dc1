"""Parts that many tests stand on, each real."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.pictures import lay_card
from tests.kit.station import StationFolder

SHARED_MEMORY = Path("/dev/shm")

# How long an example takes says how busy the machine is, with five workers on two cores. Other
# examples are drawn at each run, so a few each time become many; `make test-examples` draws more.
settings.register_profile(
    "untimed",
    deadline=None,
    max_examples=int(os.environ.get("IRBIS_TEST_EXAMPLES", "50")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("untimed")


def pytest_xdist_auto_num_workers() -> int | None:
    """Two workers a core and one more: most tests wait for a line, a broker or a process.

    None leaves the number to xdist, where PYTEST_XDIST_AUTO_NUM_WORKERS names one.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return 2 * len(os.sched_getaffinity(0)) + 1


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in memory of this test's own: where stations keep their boot keys."""
    if not SHARED_MEMORY.is_dir():
        pytest.skip("this machine has no /dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="irbis-test-", dir=SHARED_MEMORY))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Mosquitto on a free port, started; it forgets everything when killed."""
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Broker(folder)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def camp(tmp_path: Path) -> Camp:
    """Basecamp's data folder, with a key and no station yet."""
    return Camp(tmp_path / "camp")


@pytest.fixture
def make_station(tmp_path: Path, camp: Camp, memory: Path) -> Callable[..., StationFolder]:
    """``make_station(broker="mqtt://...", id="ridge-1", **sections)``: a station, enrolled."""

    def make(
        broker: str | None = None, station: str = "ridge-1", **sections: dict[str, Any]
    ) -> StationFolder:
        if broker is not None:
            sections["uplink"] = {"broker": broker, **sections.get("uplink", {})}
        made = StationFolder(tmp_path / station, camp.key.token, station, sections)
        camp.enrol(station, made.key.token)
        return made

    return make


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A card with six bursts: two zebras, two meadows, two pictures of clutter."""
    return lay_card(tmp_path / "card", 6)
