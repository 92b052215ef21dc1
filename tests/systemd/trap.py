"""A machine with a station on it, under a real systemd."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.camp import Camp
from tests.kit.card import rows
from tests.kit.memory_group import memory_group
from tests.kit.pictures import jpeg, zebra
from tests.kit.station import StationFolder
from tests.systemd.booted import Booted, eventually
from tools.slots.proving import alarms_of

QUICK = """
[Service]
RestartSec=100ms
WatchdogSec=8s
# The /proc that systemd mounts for the station tells of this kernel's start, not the container's.
BindReadOnlyPaths=-/run/boot_id:/proc/sys/kernel/random/boot_id
"""
"""For a test, what takes minutes in the field."""
LITTLE_BYTES = 1_000_000


class Trap(Booted):
    """A machine with a station on it: its keys, its configuration, pictures before its lens."""

    def prepare(self, camp: Camp, **daemon: object) -> None:
        made = StationFolder(
            self.etc / "irbis",
            camp.key.token,
            sections={
                "spool": {"path": "/var/lib/irbis/spool"},
                "capture": {"path": "/var/lib/irbis/incoming", "settle_s": 0.2, "poll_s": 0.1},
                "daemon": daemon,
            },
        )
        made.config_path.chmod(0o644)
        drop_ins = "/etc/systemd/system/irbis.service.d"
        self.write(f"{drop_ins}/quick.conf", QUICK)
        # No controller wakes it; and what runs with all rights at its end is not given a /proc of
        # its own, into which the lines above could bind anything. test_woken.py has this one.
        (self.etc.parent / f"{drop_ins[1:]}/woken.conf").symlink_to("/dev/null")
        self.write(
            "/etc/tmpfiles.d/boot_id.conf", "C /run/boot_id - - - - /proc/sys/kernel/random/boot_id"
        )

    def lay(self, name: str) -> Path:
        """A burst of one picture, laid down by another program."""
        folder = self.state / "incoming" / name
        folder.mkdir(parents=True)
        picture = folder / "1.jpg"
        picture.write_bytes(jpeg(zebra(1)))
        return picture

    def heard(self, text: str) -> None:
        try:
            eventually(lambda: text in self.journal(), f"the journal says {text!r}")
        except pytest.fail.Exception:
            print(self.journal())
            raise

    def alarms(self) -> set[str]:
        """Those of its status line, but for the self-test's own: of the machine that runs the
        tests, such as its clock, nothing is known here."""
        told = alarms_of({"StatusText": self.show("StatusText")})
        return {name for name in told if not name.startswith("selftest-")}

    @contextmanager
    def little_memory(self) -> Iterator[None]:
        """Let the station's process have so little memory that the kernel ends it for a burst: by
        systemd's own limit where the container has a memory controller, else from out here, as a
        kernel does that has none for systemd to see."""
        group = "/sys/fs/cgroup" + self.show("ControlGroup")
        if self.run("cat", f"{group}/memory.max").strip() == "max":
            self.run("systemctl", "set-property", "--runtime", "irbis", f"MemoryMax={LITTLE_BYTES}")
            yield
            self.run("systemctl", "set-property", "--runtime", "irbis", "MemoryMax=infinity")
            return
        with memory_group(LITTLE_BYTES) as outside:
            outside.take(self.outer_pid(int(self.show("MainPID"))))
            yield

    def counters(self) -> dict[str, int]:
        """The spool's, of a station that was stopped."""
        return dict(rows(self.state / "spool", "SELECT name, value FROM counters"))

    def stop(self) -> None:
        self.run("systemctl", "stop", "irbis")

    def as_reported(self, *names: str) -> dict[str, str]:
        """Of /proc/PID/status of the station."""
        status = self.run("cat", f"/proc/{self.show('MainPID')}/status").splitlines()
        fields = dict(line.split(":\t", 1) for line in status if ":\t" in line)
        return {name: fields[name] for name in names}
