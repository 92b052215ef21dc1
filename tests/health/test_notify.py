"""What systemd hears from a station: on a real socket, as systemd opens one."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.notify import ServiceManager


class Systemd:
    """The socket that systemd listens on, at a path or under an abstract name."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)

    @property
    def heard(self) -> list[str]:
        """All datagrams so far, each once. A datagram is there as soon as it was sent."""
        datagrams = []
        while True:
            try:
                datagrams.append(self._socket.recv(65_536).decode())
            except BlockingIOError:
                return datagrams

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A socket's path has room for 107 bytes: pytest's own folders may be too deep."""
    made = Path(tempfile.mkdtemp(prefix="irbis-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def systemd(folder: Path) -> Iterator[Systemd]:
    listening = Systemd(str(folder / "notify"))
    yield listening
    listening.close()


def test_each_word_is_one_datagram(systemd: Systemd) -> None:
    manager = ServiceManager(systemd.address)
    assert manager.ready()
    assert manager.alive()
    assert manager.status("armed; 3 bursts wait")
    assert manager.stopping()
    assert systemd.heard == ["READY=1", "WATCHDOG=1", "STATUS=armed; 3 bursts wait", "STOPPING=1"]


def test_an_abstract_address_is_spoken_to_as_well() -> None:
    systemd = Systemd(f"@irbis-test-{os.getpid()}")
    try:
        assert ServiceManager(systemd.address).ready()
        assert systemd.heard == ["READY=1"]
    finally:
        systemd.close()


def test_what_hangs_is_named_before_the_process_is_ended(systemd: Systemd) -> None:
    ServiceManager(systemd.address).hung("capture hangs for 301 s")
    assert systemd.heard == ["STATUS=capture hangs for 301 s\nWATCHDOG=trigger"]


@given(st.text())
def test_no_status_says_more_than_one_thing_or_fills_a_datagram(text: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="irbis-"))
    systemd = Systemd(str(folder / "notify"))
    try:
        assert ServiceManager(systemd.address).status(text)
        (datagram,) = systemd.heard
        assert datagram.startswith("STATUS=") and "\n" not in datagram
        assert len(datagram.encode()) < 4096
    finally:
        systemd.close()
        shutil.rmtree(folder)


def test_a_long_status_is_cut() -> None:
    systemd = Systemd(f"@irbis-test-long-{os.getpid()}")
    try:
        ServiceManager(systemd.address).status("\U0001f406" * 5000)
        (datagram,) = systemd.heard
        assert 100 < len(datagram.encode()) < 4096
    finally:
        systemd.close()


def test_where_nobody_listens_nothing_is_raised(folder: Path) -> None:
    assert not ServiceManager(None).ready()
    assert not ServiceManager(str(folder / "gone")).ready()
    assert not ServiceManager("/" + 200 * "long/").alive()


def test_a_manager_that_takes_nothing_does_not_hold_up_a_station(systemd: Systemd) -> None:
    manager = ServiceManager(systemd.address)
    taken = 0
    while manager.alive():  # until its queue is full, which nobody empties
        taken += 1
    assert systemd.heard == ["WATCHDOG=1"] * taken
    assert manager.alive()


def test_the_environment_says_whom_to_tell_and_how_often() -> None:
    manager = ServiceManager.of({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "77"}, pid=77)
    assert manager.watchdog_s == 120.0
    assert not manager.ready()


def test_a_watchdog_that_waits_for_another_process_is_not_fed() -> None:
    told = {"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "77"}
    assert ServiceManager.of(told, pid=78).watchdog_s is None


def test_this_process_is_meant_where_no_other_is_named() -> None:
    assert ServiceManager.of({"WATCHDOG_USEC": "1500000"}).watchdog_s == 1.5
    own = {"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": str(os.getpid())}
    assert ServiceManager.of(own).watchdog_s == 1.5


@pytest.mark.parametrize("said", ["", "0", "-5", "soon", "²"])
def test_no_watchdog_is_fed_where_none_is_named(said: str) -> None:
    assert ServiceManager.of({"WATCHDOG_USEC": said}).watchdog_s is None


def test_addresses_of_other_kinds_are_not_spoken_to() -> None:
    assert not ServiceManager.of({"NOTIFY_SOCKET": "vsock:2:1234"}).ready()
    assert not ServiceManager.of({"NOTIFY_SOCKET": ""}).ready()
