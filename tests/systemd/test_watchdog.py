"""A process whose capture hangs, as systemd sees it: from READY to the stacks in the journal."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systemd.machine import lines_of

STATION = """
import os, threading, time
from edge.health.notify import ServiceManager
from edge.health.progress import Patience, Progress, Watchdog

def waits_for_a_lens():
    threading.Event().wait()

def capture(pulse):
    pulse.turned()
    waits_for_a_lens()

progress, manager = Progress(), ServiceManager.of(os.environ)
pulse = progress.expect("capture", Patience(silent_s=5.0))  # long after the first sign of life
progress.expect("heartbeat", Patience(silent_s=3600))
threading.Thread(target=capture, args=(pulse,), daemon=True).start()
watchdog = Watchdog(progress, manager)
manager.ready()
while True:
    watchdog.look()
    time.sleep(0.01)
"""


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    folder = Path(tempfile.mkdtemp(prefix="irbis-"))  # short, as a socket's path must be
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(folder / "notify"))
        systemd.settimeout(60)
        yield systemd
    shutil.rmtree(folder)


@pytest.fixture
def station(listening: socket.socket) -> Iterator[subprocess.Popen[str]]:
    (variable,) = lines_of("Service")["Environment"]
    name, _, value = variable.partition("=")
    told = {"NOTIFY_SOCKET": listening.getsockname(), "WATCHDOG_USEC": "120000", name: value}
    with subprocess.Popen(
        [sys.executable, "-c", STATION],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **told},
    ) as process:
        yield process
        process.kill()


def test_a_station_that_hangs_says_where_and_leaves_the_stacks_of_its_threads(
    listening: socket.socket, station: subprocess.Popen[str]
) -> None:
    assert listening.recv(4096) == b"READY=1"
    assert listening.recv(4096) == b"WATCHDOG=1"
    last = b"WATCHDOG=1"
    while last == b"WATCHDOG=1":
        last = listening.recv(4096)
    assert last.startswith(b"STATUS=capture hangs for ")
    assert last.endswith(b"\nWATCHDOG=trigger")
    station.send_signal(signal.SIGABRT)  # as systemd does
    _, stacks = station.communicate(timeout=60)
    assert station.returncode == -signal.SIGABRT
    assert "in waits_for_a_lens" in stacks
