"""The core in C as firmware of a microcontroller, which QEMU emulates, over a real pty."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from firmware_bridge.mcu import Controller, PirEvent, Restarted, WakeEvent, WakeReason
from firmware_bridge.port import SerialPort
from tests.firmware_bridge.reference import build

PATIENCE_S = 30
"""For an event that will come."""
CROSS_TOOLS = {"arm-none-eabi-gcc": "gcc-arm-none-eabi", "qemu-system-arm": "qemu-system-arm"}


class EmulatedBoard:
    """The evaluation board, with its UART on a pty; ``folder`` holds its non-volatile memory."""

    def __init__(self, firmware: Path, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    *("qemu-system-arm", "-M", "lm3s6965evb", "-kernel", firmware),
                    *("-display", "none", "-monitor", "none", "-serial", "pty"),
                    *("-semihosting-config", "enable=on,target=native"),
                    *("-chardev", f"socket,id=orders,fd={theirs.fileno()}"),
                    *("-mon", "chardev=orders,mode=control"),
                ],
                cwd=folder,
                stdout=subprocess.PIPE,
                text=True,
                pass_fds=[theirs.fileno()],
            )
        self._replies = self._orders.makefile()
        self.path = ""
        """What a driver opens."""

    def __enter__(self) -> EmulatedBoard:
        try:
            assert self._process.stdout is not None
            told = self._process.stdout.readline()
            assert "/dev/" in told, "QEMU did not start: see what it wrote to stderr"
            self.path = told.split()[4]
            self._replies.readline()  # its greeting
            self.order("qmp_capabilities")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the board's power away."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._replies.close()
        self._orders.close()

    def order(self, command: str, **arguments: Any) -> None:
        """Give QEMU an order, and wait until it is carried out."""
        words = {"execute": command, "arguments": arguments}
        self._orders.sendall(json.dumps(words).encode() + b"\n")
        while "return" not in (reply := json.loads(self._replies.readline())):
            assert "error" not in reply, reply

    def press(self, key: str) -> None:
        """Press one of the board's keys, and let it go."""
        self.order("send-key", keys=[{"type": "qcode", "data": key}])

    def host(self) -> Controller:
        """A host on its line, with patience for an emulator on a busy machine."""
        return Controller(SerialPort(self.path), tries=200)


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for tool, package in CROSS_TOOLS.items():
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: apt-get install {package}")
    return build(tmp_path_factory.mktemp("firmware"), "lm3s6965") / "irbis-lm3s6965.elf"


@pytest.fixture
def board(firmware: Path, tmp_path: Path) -> Iterator[EmulatedBoard]:
    with EmulatedBoard(firmware, tmp_path / "board") as board:
        yield board


def test_it_greets_and_answers(board: EmulatedBoard) -> None:
    with board.host() as host:
        greeting = host.connect()

        assert greeting.mismatch is None
        assert (greeting.firmware, greeting.boot) == ("irbis-core lm3s6965 1", 1)
        assert host.wake().reason is WakeReason.POWER_ON
        assert host.ping().waiting == 0
        assert host.energy().battery_mv is None
        assert host.clock().rtc is None
        assert host.set_clock().before.rtc is None
        assert host.clock().rtc is not None


def test_its_sensor_and_its_button_become_events(board: EmulatedBoard) -> None:
    with board.host() as host:
        host.connect()
        board.press("up")
        board.press("ctrl")
        events = host.events(PATIENCE_S)

        assert isinstance(next(events), PirEvent)
        assert isinstance(next(events), WakeEvent)


def test_its_power_comes_back_when_the_sensor_sees_something(board: EmulatedBoard) -> None:
    with board.host() as host:
        host.power_off(0, None, on_pir=True)
        board.press("up")
        events = host.events(PATIENCE_S)

        assert isinstance(next(events), Restarted)
        assert isinstance(next(events), PirEvent)
        assert host.wake().reason is WakeReason.PIR


def test_no_number_is_given_twice_over_resets_and_cuts_of_its_power(
    firmware: Path, tmp_path: Path
) -> None:
    taken: list[range] = []
    boots: list[int] = []
    for _ in range(3):
        with EmulatedBoard(firmware, tmp_path / "board") as board, board.host() as host:
            boots.append(host.connect().boot)
            taken.append(host.reserve(0, 64))
            board.order("system_reset")
            taken.append(host.reserve(0, 64))
            boots.append(host.connect().boot)

    assert taken == [range(first, first + 64) for first in range(0, 384, 64)]
    assert boots == [1, 2, 3, 4, 5, 6]
