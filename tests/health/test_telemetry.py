"""Wear, throttling and memory: from folders that look like the kernel's, and from this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.health.memory import Memory, read_memory
from edge.health.storage import SYS, Wear, read_wear, wear_of
from edge.health.telemetry import CARD_WORN, EVERY_S, MEMORY_LOW, UNDER_VOLTAGE, TelemetryStage
from edge.health.throttling import FIRMWARE, Throttling, read_throttling
from edge.security.keys import BasecampKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.kit.station import Notes

STAT = "  120 3 4096 90 77 5 20480 300 0 80 390 0 0 0 0 0 0"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", encoding="ascii")


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """/sys of a board whose data lies on the third partition of an eMMC, 179:3."""
    system = tmp_path / "sys"
    disk = system / "devices/platform/mmc0/block/mmcblk0"
    (disk / "queue").mkdir(parents=True)
    write(disk / "stat", STAT)
    write(disk / "device/life_time", "0x03 0x0a")
    write(disk / "device/pre_eol_info", "0x01")
    write(disk / "mmcblk0p3/stat", STAT)
    write(system / "fs/ext4/mmcblk0p3/lifetime_write_kbytes", "2048000")
    (system / "dev/block").mkdir(parents=True)
    (system / "dev/block/179:3").symlink_to(disk / "mmcblk0p3")
    return system


def test_an_emmc_tells_its_life_and_what_was_written(card):
    assert wear_of(179, 3, card) == Wear("mmcblk0", 100, 1, 20480 * 512, 2048000 * 1024)


def test_a_card_that_tells_nothing_of_its_life_still_counts_what_is_written(card):
    for name in ("life_time", "pre_eol_info"):
        (card / "devices/platform/mmc0/block/mmcblk0/device" / name).unlink()
    wear = wear_of(179, 3, card)
    assert (wear.used_percent, wear.pre_eol, wear.worn) == (None, None, None)
    assert wear.boot_bytes == 20480 * 512


def test_an_emmc_that_says_not_defined_is_not_said_to_be_new(card):
    device = card / "devices/platform/mmc0/block/mmcblk0/device"
    write(device / "life_time", "0x00 0x00")
    write(device / "pre_eol_info", "0x00")
    assert (wear_of(179, 3, card).used_percent, wear_of(179, 3, card).pre_eol) == (None, None)


@pytest.mark.parametrize("text", ["", "x", "0x", "-1", "\u00ff"])
def test_nonsense_of_the_kernel_is_nothing(card, text):
    disk = card / "devices/platform/mmc0/block/mmcblk0"
    for path in (disk / "stat", disk / "device/life_time", disk / "device/pre_eol_info"):
        path.write_text(text, encoding="utf-8")
    assert wear_of(179, 3, card).used_percent is None
    assert wear_of(179, 3, card).boot_bytes is None


def test_what_is_no_block_device_has_no_wear(card):
    assert wear_of(0, 99, card) == Wear()


def test_this_machine_tells_what_its_disk_has_written(tmp_path):
    wear = read_wear(tmp_path)
    if wear.device is None:
        pytest.skip("the test's folder lies on no block device")
    written = (SYS / "block" / wear.device / "stat").read_text().split()[6]
    assert wear.boot_bytes is not None
    assert 0 < wear.boot_bytes <= int(written) * 512


@pytest.mark.parametrize(
    ("bits", "now", "since_boot"),
    [
        ("0x0", set(), set()),
        ("0x50005", {"under_voltage", "throttled"}, {"under_voltage", "throttled"}),
        ("0x10000", set(), {"under_voltage"}),
        ("0x80008", {"soft_limit"}, {"soft_limit"}),
    ],
)
def test_a_raspberry_pi_tells_what_slows_it(tmp_path, bits, now, since_boot):
    write(tmp_path / FIRMWARE, bits)
    assert read_throttling(tmp_path) == Throttling(True, frozenset(now), frozenset(since_boot))


def test_a_voltage_sensor_tells_of_a_weak_supply(tmp_path):
    write(tmp_path / "class/hwmon/hwmon0/in0_lcrit_alarm", "1")
    assert read_throttling(tmp_path).now == {"under_voltage"}


def test_a_pc_counts_its_throttling(tmp_path):
    write(tmp_path / "devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3")
    assert read_throttling(tmp_path) == Throttling(True, frozenset(), frozenset({"throttled"}))


def test_where_nobody_tells_nothing_is_claimed(tmp_path):
    assert not read_throttling(tmp_path).known
    assert read_memory(tmp_path) == Memory()


def test_this_machine_tells_its_memory():
    memory = read_memory()
    assert memory.total_mb is not None
    assert 0 < (memory.own_mb or 0) < memory.total_mb
    assert 0 < (memory.available_mb or 0) <= memory.total_mb


class Readings:
    """What a stage reads, and the time it reads it at."""

    wear, throttling, memory, now_s = Wear(), Throttling(), Memory(), 0.0


@pytest.fixture
def stage(tmp_path):
    said, notes = Readings(), Notes()
    with Spool(tmp_path / "spool", BasecampKey.generate().token.seal, Budget(0, 0)) as spool:
        made = TelemetryStage(
            tmp_path,
            spool.ledger,
            notes,
            lambda _: said.wear,
            lambda: said.throttling,
            lambda: said.memory,
            lambda: said.now_s,
        )

        def look() -> dict[str, str]:
            made.step()
            said.now_s += EVERY_S
            return spool.ledger.alarms()

        yield made, said, notes, look


def test_alarms_stand_while_they_are_true_and_are_told_once(stage):
    _, said, notes, look = stage
    assert look() == {}
    said.wear = Wear("mmcblk0", 100, 1)
    said.throttling = Throttling(True, frozenset({"under_voltage"}), frozenset())
    said.memory = Memory(416, 12, 300)
    assert look().keys() == look().keys() == {CARD_WORN, UNDER_VOLTAGE, MEMORY_LOW}
    assert len(notes.troubles) == 3
    said.throttling, said.memory = Throttling(True), Memory(416, 200, 100)
    assert look().keys() == {CARD_WORN}


def test_what_is_not_known_is_not_counted(stage):
    made, said, _, look = stage
    look()
    assert made.counters() == {}
    said.wear = Wear("mmcblk0", 30, 1, 5_000_000, 7_900_000_000)
    said.throttling = Throttling(True, frozenset(), frozenset({"throttled"}))
    look()
    assert made.counters() == {
        "card_written_mb": 7900,
        "card_written_boot_mb": 5,
        "card_used_percent": 30,
        "card_pre_eol": 1,
        "under_voltage_boot": 0,
        "throttled_boot": 1,
    }
