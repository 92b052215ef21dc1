"""A driver that waits for its device is called off, and can still let the device sleep."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from firmware_bridge.errors import LinkLost
from firmware_bridge.port import SerialPort
from firmware_bridge.stopping import StoppablePort

PATIENCE_S = 30.0


@pytest.fixture
def device() -> Iterator[tuple[int, str]]:
    """A pty: the device's end of the line, and the path of ours."""
    master, slave = os.openpty()
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_what_arrives_is_read_as_from_the_port_itself(device: tuple[int, str]) -> None:
    master, path = device
    port = StoppablePort(SerialPort(path), threading.Event())
    os.write(master, b"OK\r\n")
    assert port.read(100, PATIENCE_S) == b"OK\r\n"
    assert port.read(100, 0.0) == b""
    port.close()


def test_a_read_gives_up_after_its_own_time(device: tuple[int, str]) -> None:
    port = StoppablePort(SerialPort(device[1]), threading.Event())
    assert port.read(1, 0.6) == b""
    port.close()


def test_a_stop_ends_a_long_read(device: tuple[int, str]) -> None:
    stopping, ended = threading.Event(), threading.Event()
    port = StoppablePort(SerialPort(device[1]), stopping)

    def wait_for_ever() -> None:
        with pytest.raises(LinkLost, match="stops"):
            port.read(1, 10 * PATIENCE_S)
        ended.set()

    threading.Thread(target=wait_for_ever, daemon=True).start()
    stopping.set()
    assert ended.wait(PATIENCE_S)
    port.close()


def test_after_a_stop_the_device_is_still_spoken_to(device: tuple[int, str]) -> None:
    master, path = device
    stopping = threading.Event()
    port = StoppablePort(SerialPort(path), stopping)
    stopping.set()
    port.discard_input()
    port.write(b"AT+SLEEP\r\n")
    assert os.read(master, 100) == b"AT+SLEEP\r\n"
    port.close()
    port.close()
