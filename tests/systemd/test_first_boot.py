"""First boot under a real systemd: what reads the boot partition is confined, and takes all in.

What this does not show: FAT, a card to be grown.
"""

from __future__ import annotations

from edge.security.keys import StationKey
from tests.kit.camp import Camp
from tests.systemd.booted import eventually
from tests.systemd.machine import SYSTEMD
from tests.systemd.trap import QUICK, Trap
from tools.flashing.boot import MountedBoot
from tools.flashing.order import Order, make_handover
from tools.flashing.stamping import put_handover

UNIT = "irbis-firstboot.service"
LOOK = """
[Service]
ExecStartPost=/bin/sh -c 'echo "CapBnd of what is confined:" $(grep CapBnd /proc/self/status)'
"""
"""Runs as the unit's confined part does."""


def stamp(machine: Trap, camp: Camp) -> StationKey:
    """A card as a technician leaves it, before its first boot."""
    machine.write(f"/usr/lib/systemd/system/{UNIT}", (SYSTEMD / UNIT).read_text("utf-8"))
    machine.write(f"/etc/systemd/system/{UNIT}.d/look.conf", LOOK)
    wants = machine.etc / "systemd/system/multi-user.target.wants"
    (wants / UNIT).symlink_to(f"/usr/lib/systemd/system/{UNIT}")
    key = StationKey.generate()
    boot = machine.etc.parent / "boot/firmware/irbis"
    boot.parent.mkdir(parents=True)
    order = Order("ridge-7", basecamp=str(camp.key.token), key=key)
    put_handover(MountedBoot(boot), make_handover(order))
    machine.write("/etc/systemd/system/irbis.service.d/quick.conf", QUICK)
    return key


def test_a_stamped_card_is_taken_in_before_the_station_starts(trap: Trap, camp: Camp) -> None:
    key = stamp(trap, camp)
    trap.boot()
    eventually(lambda: trap.show("SubState", UNIT) in ("dead", "failed"), "it comes to its end")
    said = trap.run("journalctl", f"--unit={UNIT}", "--output=cat")
    assert trap.show("Result", UNIT) == "success", said
    assert "CapBnd: 0000000000000000" in said
    files = trap.run("stat", "-c", "%n %U:%G %a", "/etc/irbis/station.toml",
                     "/etc/irbis/station.key")  # fmt: skip
    assert files.splitlines() == [
        "/etc/irbis/station.toml root:irbis 640", "/etc/irbis/station.key root:irbis 640"
    ]  # fmt: skip
    assert trap.run("ls", "-A", "/boot/firmware/irbis").split() == ["identity.txt"]
    told = trap.run("cat", "/boot/firmware/irbis/identity.txt")
    assert str(key.token) in told and "self-test" in told
    assert trap.run("cat", "/etc/hostname", "/proc/sys/kernel/hostname").split() == ["ridge-7"] * 2
    assert not trap.run("ls", "-A", "/etc/irbis").count(".taking-in")
    assert trap.show("ConditionResult") == "yes", "the station is started after it"
