"""The end of a woken station's cycle under a real systemd: what the drop-in makes of its exit.

The station is played by a few lines, for its controller is not in the container.
"""

from __future__ import annotations

from pathlib import Path

from tests.systemd.booted import eventually
from tests.systemd.trap import Trap
from tools.slots.proving import Trial
from tools.slots.state import Slots
from tools.slots.uboot import UBootSlots

STATION = """
[Service]
ExecStart=
ExecStart=/bin/sh -c 'systemd-notify --ready --status="{line}"; sleep 1; exit {code}'
NotifyAccess=all
RestartSec=1h
ProtectProc=default
"""
CMDLINE = "/etc/cmdline"


def a_cycle(trap: Trap, line: str, code: int = 10) -> None:
    """Boot into slot B, which is on trial, and let a station of it live one cycle."""
    trap.write("/etc/systemd/system/irbis.service.d/z.conf", STATION.format(line=line, code=code))
    trap.write("/etc/irbis/station.toml", "")
    (trap.etc / "systemd/system/multi-user.target.wants/irbis.service").unlink()
    trap.write(CMDLINE, "root=LABEL=ROOTB rauc.slot=B")
    Trial("B", "0.2", ()).save(upper(trap) / "data/rauc/trial")
    boot = upper(trap) / "boot/firmware"
    boot.mkdir(parents=True)
    UBootSlots(boot).save(Slots().activated("B"))
    trap.boot()
    trap.run("mount", "--bind", CMDLINE, "/proc/cmdline")
    trap.run("systemctl", "start", "irbis")


def upper(trap: Trap) -> Path:
    return trap.etc.parent


def on_trial(trap: Trap) -> bool:
    return UBootSlots(upper(trap) / "boot/firmware").on_trial("B")


def test_a_cycle_in_order_proves_a_new_slot_and_then_switches_the_machine_off(trap: Trap) -> None:
    a_cycle(trap, "armed; 1 burst today")
    eventually(trap.goes_off, "the machine is switched off")
    assert not on_trial(trap)
    assert not (upper(trap) / "data/rauc/trial").exists()


def test_one_in_safe_mode_is_switched_off_and_proves_nothing(trap: Trap) -> None:
    a_cycle(trap, "safe mode: 5 starts in a row did not last")
    eventually(trap.goes_off, "the machine is switched off")
    assert on_trial(trap)


def test_any_other_end_leaves_the_machine_on(trap: Trap) -> None:
    a_cycle(trap, "armed; 1 burst today", code=1)
    eventually(lambda: trap.show("SubState") == "auto-restart", "it is to be started anew")
    assert not trap.goes_off()
    assert on_trial(trap)
