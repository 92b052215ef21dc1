"""The triggers on GPIO lines of a real kernel: gpio-sim's, in a guest that QEMU runs.

Covered: the character device with real edges, their numbers and timestamps, debounce, a full
buffer, resistors, chips and lines by name, a chip that vanishes; gpiod 2 and rpi-lgpio's RPi.GPIO.

Not covered: a board's own pin controllers and their electrical side, Jetson.GPIO, lines that wake a
sleeping board.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.gpio.archive import write_cpio
from tests.gpio.guest import gpio_guest

PROJECT = Path(__file__).resolve().parents[2]
TAKEN = ("edge", "tests/capture", "tests/gpio")
INIT = "tests/gpio/inside/init.py"
LONGEST_S = 900.0
FEWEST = 45
"""Of the contract, for three rigs, and of the lines' own: fewer, and somebody lost them."""
KERNEL_LINE = "console=ttyS0 rdinit=/init panic=-1 quiet no_timer_check"
"""The last: on a busy machine the kernel finds its emulated timer too slow and gives up."""

pytestmark = [
    pytest.mark.skipif("IRBIS_GPIO" not in os.environ, reason="takes minutes: make test-gpio"),
    pytest.mark.timeout(3600),
]


def test_the_trigger_contract_holds_on_lines_of_a_real_kernel(tmp_path: Path) -> None:
    guest = gpio_guest()
    first_root = tmp_path / "root.cpio"
    with first_root.open("wb") as file:
        with (guest / "root.cpio").open("rb") as kept:
            shutil.copyfileobj(kept, file)
        lay_project(tmp_path / "laid")
        write_cpio(tmp_path / "laid", frozenset({"__pycache__"}), file)  # the kernel takes both

    said = run_guest(guest / "vmlinuz", first_root)
    first_root.unlink()
    print(said)
    assert re.search(r"^irbis-guest: 0\r?$", said, re.MULTILINE), said
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None and int(passed[1]) >= FEWEST, said


def lay_project(root: Path) -> None:
    for name in TAKEN:
        shutil.copytree(PROJECT / name, root / "irbis" / name)
    shutil.copy(PROJECT / "tests/__init__.py", root / "irbis/tests")
    shutil.copy(PROJECT / INIT, root / "init")
    (root / "init").chmod(0o755)


def run_guest(kernel: Path, first_root: Path) -> str:
    """What the guest said on its serial line until it switched itself off."""
    done = subprocess.run(
        ["qemu-system-x86_64", "-cpu", "max", "-m", "1024", "-nic", "none", "-no-reboot",
         "-display", "none", "-monitor", "none", "-serial", "stdio",
         "-kernel", str(kernel), "-initrd", str(first_root), "-append", KERNEL_LINE],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        check=False, timeout=LONGEST_S,
    )  # fmt: skip
    return done.stdout + done.stderr
