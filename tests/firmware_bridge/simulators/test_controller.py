"""The simulator as a program of its own: it prints where it is, and a client finds it there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge.mcu import Controller, PirEvent
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.controller import SimulatedController
from firmware_bridge.simulators.controller_core import ControllerCore
from firmware_bridge.simulators.controller_parts import NonVolatile, Sensors
from tests.firmware_bridge.mcu.bench import linked

ROOT = Path(__file__).parents[3]


@contextmanager
def program(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "firmware_bridge.simulators.controller", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def patient(path: str) -> Controller:
    return Controller(SerialPort(path), resend_s=0.2, tries=50)


def test_the_program_prints_its_pty_and_is_a_controller() -> None:
    options = ("--seed", "1", "--speed", "20", "--pir-every", "5")
    with program(*options) as path, patient(path) as controller:
        event = next(controller.events(timeout_s=60))

    assert isinstance(event, PirEvent)


def test_the_program_can_speak_a_wrong_dictionary() -> None:
    with program("--wrong-dictionary") as path, patient(path) as controller:
        assert controller.connect().mismatch is not None


def test_a_killed_program_goes_on_with_its_memory(tmp_path: Path) -> None:
    memory = str(tmp_path / "memory.json")
    with program("--memory", memory) as path, patient(path) as controller:
        first = controller.reserve(3, 100)
    with program("--memory", memory) as path, patient(path) as controller:
        assert controller.connect().boot == 2
        assert controller.reserve(3, 100) == range(first.stop, first.stop + 100)


def test_a_line_that_was_flooded_goes_on_when_the_noise_ends() -> None:
    with linked() as (device, controller):
        controller.connect()
        device.flood(100_000)
        while device.noise_left:
            list(controller.events(timeout_s=0.05))

        assert controller.ping().waiting == 0


def test_memory_in_a_file_is_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    memory = NonVolatile.load(path)
    ControllerCore(memory, Sensors(), lambda: 0)
    memory.counters[1] = 77
    memory.save()

    again = NonVolatile.load(path)
    assert (again.boot, again.counters) == (1, [0, 77, 0, 0])


def test_the_example_on_the_page_runs() -> None:
    page = (ROOT / "docs" / "firmware-protocol.md").read_text()
    shown = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    with SimulatedController() as device:
        device.pir()
        example = shown[1].replace("/dev/serial0", device.path).replace("=60", "=1")
        told = subprocess.run(
            [sys.executable, "-c", example], capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout.splitlines()

    assert told[0] == "simulated controller POWER_ON"
    assert told[1].startswith("PirEvent(boot=1, number=0")
