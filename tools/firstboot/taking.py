"""Taking a hand-over in, step by durable step: cut the power anywhere, and the next start goes on.

1. A flag: a take-in has begun.
2. Everything is laid down in a folder beside the configuration, synced; then one rename makes it
   count. Before it the old configuration is in force; after it, the new one is, for whatever
   follows is repeated by the next start, and the station's service waits for that.
3. Each file goes to its place, the old one replaced in one step.
4. On the boot partition the two files that make a hand-over go first; then whatever came with
   them is written over and removed. The flag names it, for after a cut nothing else tells it.
5. ``identity.txt`` says who the station is. The flag goes.
"""

from __future__ import annotations

import grp
import json
from pathlib import Path

from tools.firstboot import durable
from tools.firstboot.places import Places
from tools.firstboot.reading import Identity, Taken
from tools.flashing.fingerprint import fingerprint
from tools.handover import CONFIG, IDENTITY, PROBLEM, SYSTEM

FLAG = ".taking-in"
LAID = ".handover"
_DRAFT = ".handover-draft"
_STATION, _SYSTEM_PART = "station", "system"


class TakeIn:
    """The steps, for one station. Every method raises OSError, and may be called again."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._flag = places.etc / FLAG
        self._laid = places.etc / LAID
        self._group = _group_of_station()

    @property
    def unfinished(self) -> bool:
        """Whether an earlier start was cut off in the middle."""
        return self._flag.exists() or self._laid.exists()

    def lay_down(self, taken: Taken) -> None:
        """Steps 1 and 2. The flag also names what is to be erased later."""
        durable.make_folder(self._places.etc, 0o750)
        names = sorted({*self._names(), *taken.names})
        durable.write(self._flag, json.dumps(names).encode(), 0o600)
        draft = self._places.etc / _DRAFT
        durable.remove(draft)
        for part, files in ((_STATION, taken.station), (_SYSTEM_PART, taken.system)):
            durable.make_folder(draft / part, 0o700)
            for name, content in files.items():
                durable.write(draft / part / name, content, 0o600)
        draft.replace(self._laid)
        durable.sync_folder(self._places.etc)

    def install(self) -> None:
        """Step 3, if something was laid down. The configuration goes last."""
        if not self._laid.exists():
            return
        for path in sorted((self._laid / _SYSTEM_PART).iterdir()):
            self._install_system(path)
        station = sorted((self._laid / _STATION).iterdir(), key=lambda path: path.name == CONFIG)
        for path in station:
            durable.write(self._places.etc / path.name, path.read_bytes(), 0o640, self._group)
        # Not file by file: a folder of half its files must never be taken for the whole.
        draft = self._places.etc / _DRAFT
        durable.remove(draft)
        self._laid.replace(draft)
        durable.sync_folder(self._places.etc)
        durable.remove(draft)

    def clear_boot(self) -> None:
        """Step 4. What makes a hand-over goes first: what is left then is never taken for one."""
        folder = self._places.folder
        names = self._names()
        if not folder.is_dir():
            return
        makers = [name for name in names if name.lower() in (CONFIG, SYSTEM)]
        # The configuration before the system's settings: these alone change no host name.
        for name in sorted(makers, key=str.lower):
            durable.remove(folder / name)
        for name in names:
            durable.erase(folder / name)

    def tell(self, identity: Identity | None, more: list[str]) -> None:
        """Step 5, but for the flag. ``more`` are lines about how the first boot went."""
        folder = self._places.folder
        if not folder.is_dir():
            return
        if identity is not None:
            durable.write(folder / IDENTITY, identity_text(identity, more), mode=None)
        durable.remove(folder / PROBLEM)

    def finish(self) -> None:
        """Nothing is left to be gone on with."""
        durable.remove(self._places.etc / _DRAFT)
        durable.remove(self._flag)

    def _install_system(self, path: Path) -> None:
        place = {
            "hostname": self._places.hostname,
            "ssh_keys": self._places.ssh_keys,
            "wifi": self._places.wifi,
            "updates": self._places.updates,
        }[path.name]
        if place is None:
            return
        durable.make_folder(place.parent, 0o700)
        durable.write(place, path.read_bytes(), 0o644 if path.name == "hostname" else 0o600)

    def _names(self) -> list[str]:
        """What the flag names; nothing where it is not there, or was cut short."""
        try:
            names = json.loads(self._flag.read_bytes())
        except (OSError, ValueError):
            return []
        return [str(name) for name in names if "/" not in str(name)]


def identity_text(identity: Identity, more: list[str]) -> bytes:
    """What stays on the boot partition; any laptop shows it. No secret is in it."""
    lines = [
        f"station: {identity.station}",
        f"fingerprint: {fingerprint(identity.token)}",
        f"token: {identity.token}",
        *more,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _group_of_station() -> int | None:
    try:
        return grp.getgrnam("irbis").gr_gid
    except KeyError:
        return None
