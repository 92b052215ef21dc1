"""The station under a real systemd, on a small Debian: as it is installed and watched over.

What this does not show: a board's devices and kernel, a hardware watchdog.
"""

from __future__ import annotations

import signal

from edge.health.last_good import NAME
from edge.health.lately import KILLED_FOR_MEMORY, POWER_WAS_CUT
from tests.kit.calendar import let_midnight_pass
from tests.kit.camp import Camp
from tests.kit.card import rows
from tests.kit.lease import leased
from tests.systemd.booted import eventually
from tests.systemd.trap import Trap


def test_it_arms_catches_judges_says_how_it_is_and_stops_in_order(trap: Trap, camp: Camp) -> None:
    trap.prepare(camp)
    let_midnight_pass()  # its line tells of today's bursts
    trap.lay("one")
    trap.boot()
    trap.heard("TARGET, kept")
    assert trap.show("ActiveState") == "active"
    eventually(
        lambda: trap.show("StatusText").startswith("armed; 1 burst today"), "its line is told"
    )
    assert 'Status: "armed; 1 burst today' in trap.run("systemctl", "status", "irbis")
    trap.stop()
    assert trap.show("Result") == "success"
    assert trap.show("NRestarts") == "0"
    assert rows(trap.state / "spool", "SELECT state FROM bursts") == [("judged",)]


def test_it_runs_as_a_user_without_rights_in_folders_of_its_own(trap: Trap, camp: Camp) -> None:
    trap.prepare(camp)
    trap.boot()
    trap.heard("armed")
    uid = trap.run("id", "--user", "irbis").strip()
    seen = trap.as_reported("Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")
    assert set(seen.pop("Uid").split()) == {uid}
    assert seen == {
        "CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"
    }  # fmt: skip
    modes = trap.run("stat", "-c", "%U:%G %a", "/var/lib/irbis", "/var/lib/irbis/incoming",
                     "/run/irbis", "/etc/irbis", "/etc/irbis/station.key")  # fmt: skip
    assert modes.splitlines() == [
        "irbis:irbis 750", "irbis:irbis 2770", "irbis:irbis 700", "root:irbis 750", "root:irbis 640"
    ]  # fmt: skip
    assert trap.show("RuntimeWatchdogUSec", "") == "15s"
    assert "max 8.0M" in trap.run("journalctl", "--unit=systemd-journald", "--output=cat")


def test_one_that_is_frozen_is_killed_by_the_watchdog_and_started_anew(
    trap: Trap, camp: Camp
) -> None:
    trap.prepare(camp)
    trap.boot()
    trap.heard("armed")
    trap.kill(signal.SIGSTOP)
    trap.heard("Watchdog timeout")
    trap.heard("counts as restarts_watchdog")
    eventually(lambda: trap.show("ActiveState") == "active", "it is armed again")


def test_one_whose_capture_hangs_tells_where_and_a_new_one_catches(trap: Trap, camp: Camp) -> None:
    trap.prepare(camp, capture_silent_s=3.0)
    picture = trap.lay("one")
    with leased(picture):
        trap.boot()
        trap.heard("capture hangs for")
        trap.heard("in _read_frame")
    trap.heard("counts as restarts_watchdog")
    trap.heard("1 frames stored")


def test_what_kills_each_start_ends_in_a_safe_mode_that_catches_until_it_is_mended(
    trap: Trap, camp: Camp
) -> None:
    # Long enough for a busy machine to look at it while it is in safe mode.
    trap.prepare(camp, starts=3, retry_s=30.0, settled_s=3.0, speak_first_s=1.0)
    trap.boot()
    trap.heard("armed")
    trap.stop()
    rotten = "/opt/irbis/src/edge/triage/stage.py"
    trap.run("sh", "-c", "echo 'import os; os.abort()' >/run/rotten.py")
    trap.run("mount", "--bind", "/run/rotten.py", rotten)
    trap.run("systemctl", "start", "irbis")
    trap.heard("safe mode: 3 starts in a row did not last")
    trap.lay("one")
    trap.run("umount", rotten)
    trap.heard("1 frames stored")
    assert trap.show("StatusText").startswith("safe mode: 3 starts in a row did not last")
    trap.heard("safe mode ends, for a start in full")
    trap.heard("counts as restarts_retry")
    trap.heard("TARGET, kept")
    eventually(lambda: "safe-mode" not in trap.show("StatusText"), "the alarm is over")
    trap.stop()
    counters = trap.counters()
    assert counters["safe_modes"] == 1
    assert counters["safe_mode_s"] >= 29


def test_a_program_file_that_rotted_leaves_a_safe_mode_at_once(trap: Trap, camp: Camp) -> None:
    trap.prepare(camp)
    trap.boot()
    trap.heard("armed")
    trap.stop()
    trap.run("mount", "--bind", "/dev/null", "/opt/irbis/src/edge/triage/stage.py")
    trap.lay("one")
    trap.run("systemctl", "start", "irbis")
    trap.heard("safe mode: the station cannot be armed:")
    trap.heard("1 frames stored")
    assert trap.show("NRestarts") == "0"


def test_the_next_start_knows_how_the_last_run_ended(trap: Trap, camp: Camp) -> None:
    trap.prepare(camp)
    trap.boot()
    trap.heard("armed")
    trap.kill(signal.SIGKILL)
    trap.heard("counts as restarts_killed")
    trap.kill(signal.SIGSEGV)
    trap.heard("counts as restarts_crash")
    trap.run("systemctl", "restart", "irbis")
    trap.heard("counts as restarts_asked")
    trap.cut()
    trap.boot()
    trap.heard("counts as reboots_power")
    eventually(lambda: POWER_WAS_CUT in trap.alarms(), "an alarm tells of it")
    trap.stop()
    trap.cut()
    trap.boot()
    trap.heard("counts as reboots_asked")


def test_one_that_the_kernel_killed_for_want_of_memory_says_so_and_judges_what_it_had(
    trap: Trap, camp: Camp
) -> None:
    trap.prepare(camp)
    trap.boot()
    trap.heard("armed")
    with trap.little_memory():
        trap.lay("one")
        trap.heard("Failed with result")
    trap.heard("counts as restarts_oom")
    trap.heard("TARGET, kept")
    eventually(lambda: trap.alarms() == {KILLED_FOR_MEMORY}, "one alarm tells of it")
    assert trap.show("ActiveState") == "active"


def test_a_configuration_that_a_power_cut_emptied_is_replaced_by_the_last_good_one(
    trap: Trap, camp: Camp
) -> None:
    trap.prepare(camp)
    trap.boot()
    eventually((trap.state / NAME).exists, "what armed it is kept")
    trap.cut()
    trap.write("/etc/irbis/station.toml", "")
    trap.lay("one")
    trap.boot()
    trap.heard("the last good configuration is in force")
    trap.heard("1 frames stored")
    eventually(lambda: "alarms: config-refused" in trap.show("StatusText"), "an alarm stands")
