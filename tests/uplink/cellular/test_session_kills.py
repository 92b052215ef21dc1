"""A station that is killed at any step of a session loses nothing, and pays for all it sent."""

from __future__ import annotations

import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.cellular.budget import DataBudget, DataLimits
from edge.uplink.cellular.build import BUDGET_NAME
from edge.wire.sealing import Identity
from tests.basecamp.field import Broker
from tests.basecamp.uploading import UploadCamp
from tests.kit.camp import Camp
from tests.kit.cutting import CuttingProxy
from tests.kit.station import StationFolder
from tests.uplink.cellular.field import READ_CLOCK, queue_burst


@pytest.mark.parametrize("kills", [(1, 3, 6, 9), (2, 5, 8, 12, 16), (4, 11, 7, 20, 13)])
def test_a_station_killed_at_any_step_brings_everything_once_and_pays_for_it(
    kills: tuple[int, ...],
    camp: Camp,
    broker: Broker,
    upload_camp: UploadCamp,
    folder: StationFolder,
    identity: Identity,
) -> None:
    with Spool(folder.spool_path, identity.basecamp.seal, Budget(min_free_bytes=0)) as spool:
        queue_burst(spool, identity, 1)
        queue_burst(spool, identity, 2)
    with camp.serving(broker), upload_camp.serving() as server:
        port = urlsplit(server.url).port
        assert port is not None
        with CuttingProxy(broker.address.port) as mqtt, CuttingProxy(port) as tus:
            ends = [run(folder, identity, mqtt.port, tus.port, kill_at) for kill_at in (*kills, 0)]
            passed = mqtt.up_bytes + mqtt.down_bytes + tus.up_bytes + tus.down_bytes
    assert -signal.SIGKILL in ends
    assert ends[-1] == 0
    with Spool(folder.spool_path, identity.basecamp.seal, Budget(min_free_bytes=0)) as spool:
        assert spool.outbox.is_empty()
    assert len(camp.sightings("ridge-2")) == 2
    assert upload_camp.store.views.count("evidence") == 2
    budget = DataBudget(folder.folder / BUDGET_NAME, DataLimits(), READ_CLOCK)
    assert budget.state().day_bytes >= passed


def run(
    folder: StationFolder, identity: Identity, broker_port: int, uploads_port: int, kill_at: int
) -> int:
    """One session; how its process ended."""
    words = (
        str(folder.folder),
        str(identity.basecamp),
        f"mqtt://127.0.0.1:{broker_port}",
        f"http://127.0.0.1:{uploads_port}/uploads",
        str(kill_at),
    )
    module = "tests.uplink.cellular.session_station"
    return subprocess.run([sys.executable, "-m", module, *words], timeout=120).returncode
