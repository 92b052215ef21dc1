"""A machine with a station on it, under a real systemd."""

from __future__ import annotations

from pathlib import Path

from tests.kit.camp import Camp
from tests.kit.card import rows
from tests.kit.pictures import jpeg, zebra
from tests.kit.station import StationFolder
from tests.systemd.booted import Booted, eventually

QUICK = """
[Service]
RestartSec=100ms
WatchdogSec=4s
# The /proc that systemd mounts for the station tells of this kernel's start, not the container's.
BindReadOnlyPaths=-/run/boot_id:/proc/sys/kernel/random/boot_id
"""
"""For a test, what takes minutes in the field."""


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
        self.write("/etc/systemd/system/irbis.service.d/quick.conf", QUICK)
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
        eventually(lambda: text in self.journal(), f"the journal says {text!r}")

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
