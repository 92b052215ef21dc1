"""The card that was built, in a machine: it arms, finds the leopard, and outlives what comes.

Minutes long, so `make test-image` alone runs it, with the image's path in IRBIS_IMAGE. One machine
is shared by the tests of this module, which tell one story in this order.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.security.keys import StationKey
from tests.basecamp.field import Broker
from tests.image.boot.card import Card, picture_disk
from tests.image.boot.machine import QUIET, SHELL, UBOOT, Machine, powered
from tests.kit.camp import Camp
from tools.flashing.boot import boot_of
from tools.flashing.order import Order, make_handover
from tools.flashing.stamping import put_handover
from tools.slots.state import Slots
from tools.slots.uboot import COPIES, to_env

IMAGE = os.environ.get("IRBIS_IMAGE")
STATION = "ridge-1"
PHOTOS = Path(__file__).parents[3] / "tools/demo/photos"
CAT, PLAIN = "06-jaguar", "07-plateau"
INCOMING = "/var/lib/irbis/incoming"
BOOT_S, JUDGED_S, WATCHDOG_S = 600.0, 900.0, 400.0
"""Emulated on a busy machine: waits with an end, and no measure of anything."""

pytestmark = [
    pytest.mark.skipif(IMAGE is None, reason="boots a built image: make test-image"),
    pytest.mark.timeout(3600),
]


class Ridge:
    """A stamped card, basecamp and its broker, and the machine that runs from the card."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.camp = Camp(_made(folder / "basecamp"))
        self.broker = Broker(_made(folder / "broker"))
        self.key = StationKey.generate()
        self.camp.enrol(STATION, self.key.token)
        self.card = Card.written(Path(IMAGE or ""), folder / "card.img")
        self.card.add_to_cmdline(f"{SHELL} {QUIET}")
        self.pictures = picture_disk(_cards(folder / "pictures"), folder / "pictures.img")
        self.machine: Machine

    def stamp(self) -> None:
        settings = {"uplink.broker": f"mqtt://10.0.2.2:{self.broker.port}"}
        order = Order(STATION, basecamp=str(self.camp.key.token), settings=settings, key=self.key)
        put_handover(boot_of(self.card.path), make_handover(order))

    def ask(self, command: str, timeout_s: float = 180.0) -> str:
        return self.machine.console.ask(command, timeout_s)

    def until(self, what: str, condition: Callable[[], bool], timeout_s: float) -> None:
        end_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end_s:
                journal = self.machine.console.run("journalctl -b -u 'irbis*' -n 30 --no-pager")[1]
                pytest.fail(f"never happened within {timeout_s:.0f} s: {what}\n{journal}")
            time.sleep(2)

    def enter(self) -> None:
        """Wait for the shell, and for the station to be armed."""
        self.machine.console.expect(r":/# ", BOOT_S)
        self.ask("stty -echo; dmesg -n 1; export PAGER=cat SYSTEMD_COLORS=0 COLUMNS=160", BOOT_S)
        self.until("the station arms", self.armed, BOOT_S)

    def armed(self) -> bool:
        return self.machine.console.run("systemctl is-active irbis.service")[1] == "active"

    def lay(self, burst: str, name: str) -> None:
        """A burst from the picture disk appears in the watched folder, as from a camera."""
        self.ask(
            "mkdir -p /run/pictures && (mountpoint -q /run/pictures ||"
            " mount -o ro LABEL=PICTURES /run/pictures)"
        )
        self.ask(
            f"cp -r /run/pictures/{burst} {INCOMING}/.{name} &&"
            f" chown -R irbis:irbis {INCOMING}/.{name} && mv {INCOMING}/.{name} {INCOMING}/{name}"
            f" && sync"
        )


@pytest.fixture(scope="module")
def ridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ridge]:
    for program in ("qemu-system-aarch64", "debugfs", "mke2fs", "mcopy", "zstd"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    if not UBOOT.exists():
        pytest.skip("needs u-boot-qemu")
    ridge = Ridge(tmp_path_factory.mktemp("ridge"))
    ridge.stamp()
    ridge.broker.start()
    try:
        with (
            ridge.camp.serving(ridge.broker),
            powered(ridge.card, ridge.folder, ridge.pictures) as machine,
        ):
            ridge.machine = machine
            yield ridge
    finally:
        ridge.broker.kill()


def test_the_station_arms_under_systemd(ridge: Ridge) -> None:
    ridge.enter()
    ridge.ask("systemctl is-system-running --wait", BOOT_S)
    print(ridge.ask("systemd-analyze --no-pager time"))
    print(ridge.ask("systemd-analyze --no-pager critical-chain irbis.service"))
    print(ridge.ask("systemctl --no-pager --failed"))
    assert ridge.ask("systemctl show -P NRestarts irbis") == "0"
    assert ridge.ask("systemctl --no-legend --failed") == ""


def test_the_root_is_read_only_and_what_is_the_station_s_own_lies_on_data(ridge: Ridge) -> None:
    code, said = ridge.machine.console.run("touch /usr/irbis-was-here")
    assert code != 0 and "Read-only" in said
    for path in ("/etc/irbis", "/var/lib/irbis", "/var/log", "/var/lib/systemd"):
        assert "DATA" in ridge.ask(f"findmnt -n -o LABEL --target {path}"), path
    assert ridge.ask("readlink -f /etc/machine-id") == "/data/etc/machine-id"


def test_the_key_is_on_the_station_and_no_longer_on_the_boot_partition(ridge: Ridge) -> None:
    assert ridge.ask("stat -c %U:%G:%a /etc/irbis/station.key") == "root:irbis:640"
    assert "station.key" not in ridge.ask("ls /boot/firmware/irbis")


def test_a_cat_on_the_trap_is_seen_at_basecamp(ridge: Ridge) -> None:
    ridge.lay(PLAIN, "plain-1")
    ridge.lay(CAT, "cat-1")
    ridge.until("the cat is at basecamp", lambda: len(ridge.camp.sightings(STATION)) == 1, JUDGED_S)
    ridge.until("its picture too", lambda: any(ridge.camp.pictures(STATION).values()), JUDGED_S)
    print(ridge.ask("systemctl status --no-pager -n 5 irbis"))


def test_a_station_that_stands_still_is_killed_by_the_watchdog_and_arms_again(ridge: Ridge) -> None:
    ridge.ask("systemctl kill -s STOP --kill-whom=main irbis")
    ridge.until(
        "systemd starts it again",
        lambda: ridge.ask("systemctl show -P NRestarts irbis") == "1",
        WATCHDOG_S,
    )
    ridge.until("the station arms", ridge.armed, BOOT_S)
    assert "watchdog" in ridge.ask("journalctl --no-pager -b -u irbis | grep -i watchdog")


def test_power_that_is_cut_amid_the_work_costs_no_picture_and_doubles_none(ridge: Ridge) -> None:
    before = ridge.ask("cat /etc/machine-id")
    ridge.lay("09-jaguar-by-night", "cat-2")
    ridge.lay("03-two-jaguars", "cat-3")
    ridge.until(
        "a burst is in the spool",
        lambda: ridge.ask("ls /var/lib/irbis/spool/evidence | wc -l") != "0",
        JUDGED_S,
    )
    ridge.machine.cut_power()
    with powered(ridge.card, ridge.folder, ridge.pictures) as again:
        ridge.machine = again
        ridge.enter()
        assert ridge.ask("cat /etc/machine-id") == before
        ridge.until(
            "all three cats are at basecamp",
            lambda: len({found.burst_id for found in ridge.camp.sightings(STATION)}) == 3,
            JUDGED_S,
        )
        assert len(ridge.camp.sightings(STATION)) == 3
        assert int(ridge.ask("journalctl --list-boots --no-pager | wc -l")) >= 2
        print(ridge.ask("journalctl --disk-usage --no-pager; df -h /data"))


def test_a_root_that_cannot_arm_gives_way_to_the_old_one(ridge: Ridge) -> None:
    ridge.machine.cut_power()
    ridge.card.fill_spare_slot(spoiled="/opt/irbis/bin/irbis")
    on_trial = Slots(order=("B", "A"), trials=(("A", 0), ("B", 1)))
    for copy in COPIES:
        ridge.card.put(copy, to_env(on_trial))
    with powered(ridge.card, ridge.folder, ridge.pictures) as machine:
        ridge.machine = machine
        machine.console.expect("irbis: starting slot B", BOOT_S)
        machine.console.expect(r":/# ", BOOT_S)
        # What `irbis update` leaves behind for the one that it installed.
        ridge.ask("echo '{}' > /data/rauc/trial; systemctl restart --no-block irbis-prove")
        machine.console.expect("irbis: starting slot A", BOOT_S)
        ridge.enter()
        assert "rauc.slot=A" in ridge.ask("cat /proc/cmdline")
        assert "slot A: good, runs, starts next" in ridge.ask(
            "/opt/irbis/bin/irbis update --status"
        )


def _cards(folder: Path) -> Path:
    for burst in (CAT, PLAIN, "09-jaguar-by-night", "03-two-jaguars"):
        shutil.copytree(PHOTOS / burst, folder / burst)
    return folder


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
