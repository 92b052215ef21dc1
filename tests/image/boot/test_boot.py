"""The card that was built, in a machine: it arms, finds the leopard, and outlives what comes.

Minutes long, so `make test-image` alone runs it, with the image's path in IRBIS_IMAGE. One machine
is shared by the tests of this module, which tell one story in this order.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.boot.card import stick
from tests.image.boot.machine import powered
from tests.image.boot.ridge import BOOT_S, CARD_BYTES, STATION, Ridge, need, working
from tools.slots.state import Slots
from tools.slots.uboot import COPIES, to_env

IMAGE = os.environ.get("IRBIS_IMAGE")
PHOTOS = Path(__file__).parents[3] / "tools/demo/photos"
CAT, PLAIN = "06-jaguar", "07-plateau"
NIGHT, TWO = "09-jaguar-by-night", "03-two-jaguars"
INCOMING, EVIDENCE = "/var/lib/irbis/incoming", "/var/lib/irbis/spool/evidence"
JUDGED_S, WATCHDOG_S = 900.0, 400.0

pytestmark = [
    pytest.mark.skipif(IMAGE is None, reason="boots a built image: make test-image"),
    pytest.mark.timeout(3600),
]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk with photographs."""
    folder = tmp_path_factory.mktemp("pictures")
    for burst in (CAT, PLAIN, NIGHT, TWO):
        shutil.copytree(PHOTOS / burst, folder / "photos" / burst)
    return stick(folder / "photos", folder / "pictures.img", "PICTURES")


@pytest.fixture(scope="module")
def ridge(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Iterator[Ridge]:
    need()
    flashed = Ridge(tmp_path_factory.mktemp("ridge"), Path(IMAGE or ""))
    with working(flashed, pictures) as ridge:
        yield ridge


def lay(ridge: Ridge, burst: str, name: str) -> None:
    """A burst from the picture disk appears in the watched folder, whole and synced."""
    ridge.ask(
        "mkdir -p /run/pictures && (mountpoint -q /run/pictures ||"
        " mount -o ro LABEL=PICTURES /run/pictures)"
    )
    ridge.ask(
        f"cp -r /run/pictures/{burst} {INCOMING}/.{name} &&"
        f" chown -R irbis:irbis {INCOMING}/.{name} && sync &&"
        f" mv {INCOMING}/.{name} {INCOMING}/{name} && sync"
    )


def test_the_station_arms_under_systemd(ridge: Ridge) -> None:
    ridge.enter()
    ridge.ask("systemctl is-system-running --wait", BOOT_S)
    print(ridge.ask("systemd-analyze --no-pager time"))
    print(ridge.ask("systemd-analyze --no-pager critical-chain irbis.service"))
    print(ridge.ask("systemctl --no-pager --failed"))
    assert ridge.ask("systemctl show -P NRestarts irbis") == "0"
    assert ridge.ask("systemctl --no-legend --failed") == ""


def test_first_boot_took_in_what_was_flashed_and_says_who_it_is(ridge: Ridge) -> None:
    told = ridge.ask("ls /boot/firmware/irbis && cat /boot/firmware/irbis/identity.txt")
    print(told)
    name, *lines = told.replace("\r", "").splitlines()
    assert name == "identity.txt"
    assert lines[:3] == [
        f"station: {STATION}",
        f"fingerprint: {ridge.row.fingerprint}",
        f"token: {ridge.row.token}",
    ]
    assert "self-test: passed" in lines
    assert ridge.ask("stat -c %U:%G:%a /etc/irbis/station.key") == "root:irbis:640"
    assert ridge.ask("hostname") == STATION


def test_the_data_partition_fills_the_card(ridge: Ridge) -> None:
    spare = CARD_BYTES - ridge.card.offset(4)
    assert int(ridge.ask("lsblk -bno SIZE $(findmnt -no SOURCE /data)")) == spare
    assert int(ridge.ask("findmnt -bno SIZE /data")) > spare * 0.9


def test_no_byte_of_the_key_is_left_on_the_boot_partition(ridge: Ridge) -> None:
    assert len(ridge.secret) > 32
    ridge.ask("sync")
    assert ridge.secret not in ridge.card.boot_partition()


def test_the_root_is_read_only_and_what_is_the_station_s_own_lies_on_data(ridge: Ridge) -> None:
    code, said = ridge.machine.console.run("touch /usr/irbis-was-here")
    assert code != 0 and "Read-only" in said
    for path in ("/etc/irbis", "/var/lib/irbis", "/var/log", "/var/lib/systemd"):
        assert "DATA" in ridge.ask(f"findmnt -n -o LABEL --target {path}"), path
    assert ridge.ask("readlink -f /etc/machine-id") == "/data/etc/machine-id"


def test_a_cat_on_the_trap_is_seen_at_basecamp(ridge: Ridge) -> None:
    lay(ridge, PLAIN, "plain-1")
    lay(ridge, CAT, "cat-1")
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


def test_power_that_is_cut_amid_the_work_costs_no_picture_and_doubles_none(
    ridge: Ridge, pictures: Path
) -> None:
    before = ridge.ask("cat /etc/machine-id")
    held = set(ridge.ask(f"ls {EVIDENCE}").split())
    lay(ridge, NIGHT, "cat-2")
    lay(ridge, TWO, "cat-3")
    ridge.until(
        "a new burst is in the spool",
        lambda: not set(ridge.ask(f"ls {EVIDENCE}").split()) <= held,
        JUDGED_S,
    )
    ridge.machine.cut_power()
    with powered(ridge.card, ridge.folder, pictures) as again:
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


def test_a_root_that_cannot_arm_gives_way_to_the_old_one(ridge: Ridge, pictures: Path) -> None:
    ridge.machine.cut_power()
    ridge.card.fill_spare_slot(spoiled="/opt/irbis/bin/irbis")
    on_trial = Slots(order=("B", "A"), trials=(("A", 0), ("B", 1)))
    for copy in COPIES:
        ridge.card.put(copy, to_env(on_trial))
    with powered(ridge.card, ridge.folder, pictures) as machine:
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
