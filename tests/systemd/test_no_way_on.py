"""A card's start that goes wrong is tried again: nobody stands at a trap's console.

What this does not show: the initramfs that tells of a lost data partition, and a machine's own
reset. The waits are shortened.
"""

from __future__ import annotations

from tests.systemd.booted import eventually
from tests.systemd.trap import Trap
from tools.image.rootfs import OVERLAY

UNITS = "etc/systemd/system"


def lay(machine: Trap, name: str, *shorter: tuple[str, str]) -> None:
    """One of a card's own files, with its waits shortened."""
    text = (OVERLAY / UNITS / name).read_text(encoding="utf-8")
    for old, new in shorter:
        assert old in text
        text = text.replace(old, new)
    machine.write(f"/{UNITS}/{name}", text)


def lay_timer(machine: Trap) -> None:
    lay(machine, "irbis-no-data.timer", ("OnBootSec=30min", "OnActiveSec=1s\nAccuracySec=1s"))
    lay(machine, "irbis-no-data.service")
    wants = machine.etc / "systemd/system/timers.target.wants"
    wants.mkdir(parents=True)
    (wants / "irbis-no-data.timer").symlink_to(f"/{UNITS}/irbis-no-data.timer")


def test_a_machine_that_cannot_start_is_not_left_at_a_console(trap: Trap) -> None:
    lay(trap, "emergency.service.d/irbis.conf", ("sleep 600", "sleep 1"))
    trap.boot()
    trap.run("systemctl", "--no-block", "isolate", "emergency.target")
    eventually(trap.asked_to_start_anew, "the machine starts anew")


def test_a_machine_whose_data_partition_did_not_come_starts_anew(trap: Trap) -> None:
    lay_timer(trap)
    trap.boot()
    trap.run("touch", "/run/irbis-no-data")
    trap.run("systemctl", "start", "irbis-no-data.timer")
    eventually(trap.asked_to_start_anew, "the machine starts anew")


def test_a_machine_with_its_data_partition_stays_up(trap: Trap) -> None:
    lay_timer(trap)
    trap.boot()
    eventually(lambda: trap.show("ConditionTimestampMonotonic", "irbis-no-data.timer") != "0",
               "the timer's condition is looked at")  # fmt: skip
    assert trap.show("ConditionResult", "irbis-no-data.timer") == "no"
    assert trap.show("ActiveState", "irbis-no-data.timer") == "inactive"
