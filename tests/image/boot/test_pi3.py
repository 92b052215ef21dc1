"""The card in a Raspberry Pi 3 as QEMU knows it: the station arms from a real card slot, on a board
with its own GPIO chips. `make test-image-pi3`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey
from tests.image.boot.card import Card
from tests.image.boot.machine import powered_pi3
from tools.flashing.boot import boot_of
from tools.flashing.order import Order, make_handover
from tools.flashing.stamping import put_handover

IMAGE = os.environ.get("IRBIS_IMAGE_PI3")
BOOT_S = 2400.0

pytestmark = [
    pytest.mark.skipif(IMAGE is None, reason="boots a built image: make test-image-pi3"),
    pytest.mark.timeout(3600),
]


def test_the_station_arms_on_a_pi_3(tmp_path: Path) -> None:
    for program in ("qemu-system-aarch64", "debugfs", "mcopy", "zstd"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    card = Card.written(Path(IMAGE or ""), tmp_path / "card.img")
    order = Order("pi-3", basecamp=str(BasecampKey.generate().token), key=StationKey.generate())
    put_handover(boot_of(card.path), make_handover(order))
    with powered_pi3(card, tmp_path) as machine:
        console = machine.console
        console.expect(r":/# ", BOOT_S)
        console.ask("stty -echo; dmesg -n 1; export PAGER=cat SYSTEMD_COLORS=0 COLUMNS=160", BOOT_S)
        armed = "until [ $(systemctl is-active irbis) = active ]; do sleep 5; done"
        console.ask(armed, BOOT_S)
        print(console.ask("systemd-analyze --no-pager critical-chain irbis.service", BOOT_S))
        assert console.ask("findmnt -n -o SOURCE /").startswith("/dev/mmcblk")
        assert "watchdog0" in console.ask("ls /dev")
        assert "gpiochip0" in console.ask("ls /dev")
        # 4 GB less the boot partition and two roots: the first start grew /data.
        blocks, size = console.ask("stat -f -c '%b %S' /data").split()
        assert int(blocks) * int(size) > 1_500_000_000
