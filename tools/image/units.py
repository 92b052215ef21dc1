"""Which file of `systemd/` goes where on a system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tools.drop_ins import OPTIONAL

UNITS = "/usr/lib/systemd/system"
_FOLDERS = {
    "sysusers.d": "/usr/lib/sysusers.d",
    "tmpfiles.d": "/usr/lib/tmpfiles.d",
    "udev": "/usr/lib/udev/rules.d",
    "polkit": "/usr/share/polkit-1/rules.d",
    "irbis.service.d": f"{UNITS}/irbis.service.d",
    "since-254": UNITS,
    "optional": OPTIONAL,
}
ENABLED = ("irbis-firstboot.service", "irbis-reboot.path", "irbis.service")
"""The station last: the link to it is what lets it start."""
WANTED_BY = "/etc/systemd/system/multi-user.target.wants"


def placed(source: Path, systemd: int) -> Iterator[tuple[Path, str]]:
    """Each file of ``source`` that a stock system with this version of systemd takes, and its path
    there. What changes the whole machine (its watchdog, journal, memory) is for images alone."""
    for unit in ENABLED:
        yield source / unit, f"{UNITS}/{unit}"
    for folder, target in _FOLDERS.items():
        if folder == "since-254" and systemd < 254:
            continue
        for file in sorted((source / folder).rglob("*")):
            if file.is_file():
                yield file, f"{target}/{file.relative_to(source / folder)}"
