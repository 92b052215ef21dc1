"""What provision wants on a system, path by path: a pure list, made before anything is changed."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.config import parse_config
from tools.drop_ins import FOLDER, OPTIONAL, needed
from tools.handover import files_named, is_carried, parse_toml, require_full_places
from tools.image.errors import ImageError
from tools.image.provision_files import Thing, look
from tools.image.provision_receipt import Change, Receipt
from tools.image.provision_system import inside
from tools.image.units import ENABLED, UNITS, WANTED_BY, placed

SETTINGS = "/etc/irbis"
SYSUSERS = "/usr/lib/sysusers.d/irbis.conf"


@dataclass(frozen=True)
class Wanted:
    """One path as it shall be."""

    path: str
    kind: str
    content: bytes = b""
    target: str = ""
    mode: int = 0o644
    private: bool = False
    """The station's own, for root and the group irbis alone; unprovision leaves it."""

    @property
    def thing(self) -> Thing:
        if self.kind == "link":
            return Thing("link", self.target)
        digest = hashlib.sha256(self.content).hexdigest() if self.kind == "file" else ""
        return Thing(self.kind, digest, self.mode)


def wanted(units: Path, systemd: int, settings: Iterable[Wanted]) -> list[Wanted]:
    """Everything but the environment and the accounts, in the order in which it is made: the link
    that lets the station start comes last."""
    files = [Wanted(path, "file", source.read_bytes()) for source, path in placed(units, systemd)]
    links = (Wanted(f"{WANTED_BY}/{unit}", "link", target=f"{UNITS}/{unit}") for unit in ENABLED)
    return [*files, *settings, *links]


def settings_of(config: Path | None, beside: Iterable[Path]) -> list[Wanted]:
    """The station's configuration, and the files that it names. Raises ImageError, ConfigError."""
    if config is None:
        if list(beside):
            raise ImageError("--add puts files beside a configuration; give it with --config")
        return []
    text = config.read_text(encoding="utf-8-sig")
    installed = parse_config(parse_toml(text, str(config)), Path(SETTINGS), str(config))
    require_full_places(installed, Path(SETTINGS), str(config))
    files = [(config, "station.toml"), *((file, file.name) for file in beside)]
    private = [
        Wanted(f"{SETTINGS}/{name}", "file", file.read_bytes(), mode=0o640, private=True)
        for file, name in files
    ]
    rights = [
        Wanted(f"{FOLDER}/{name}", "link", target=f"{OPTIONAL}/{name}")
        for name in needed(installed)
    ]
    return [Wanted(SETTINGS, "folder", mode=0o750, private=True), *private, *rights]


def check_files(root: Path, config: Path | None, settings: Iterable[Wanted]) -> None:
    """Raises ImageError where the configuration names a file that would not be there."""
    if config is None:
        return
    given = {thing.path for thing in settings}
    for table, key in files_named(tomllib.loads(config.read_text(encoding="utf-8"))):
        name = table[key]
        if not is_carried(name):
            continue
        if "/" in name:
            plain = name.rpartition("/")[2]
            raise ImageError(
                f"{config} names {name}; on a station it lies beside station.toml:"
                f' write {key} = "{plain}"'
            )
        there = f"{SETTINGS}/{name}"
        if there not in given and not inside(root, there).exists():
            raise ImageError(f"{config} names {name}; give it too: --add {config.parent / name}")


def changes(root: Path, things: Iterable[Wanted], earlier: Receipt | None) -> list[Change]:
    """What each path is before and after, folders that are missing included. What an earlier
    receipt says of before is not forgotten: what lies there now is Irbis's own."""
    known: dict[str, Change] = {}
    for thing in things:
        for folder in _missing_folders(root, thing.path, earlier):
            known.setdefault(folder.path, folder)
        found = earlier.before(thing.path) if earlier else None
        before = found or look(inside_folder(root, thing.path))
        if before.kind not in ("absent", thing.kind):
            raise ImageError(f"{thing.path} is a {before.kind} there; move it away and try again")
        if thing.kind == "folder" and before.kind == "folder":
            continue
        known[thing.path] = Change(thing.path, before, thing.thing, thing.private)
    return list(known.values())


def inside_folder(root: Path, path: str) -> Path:
    """Where ``path`` lies here; links on the way are followed within the root, its last part is
    not."""
    folder, _, name = path.rpartition("/")
    return inside(root, folder) / name


def _missing_folders(root: Path, path: str, earlier: Receipt | None) -> Iterator[Change]:
    parents = [str(parent) for parent in reversed(Path(path).parents)][1:]
    for parent in parents:
        found = earlier.before(parent) if earlier else None
        before = found or look(inside(root, parent))
        if before.kind == "absent":
            yield Change(parent, before, Thing("folder", "", 0o755))
        elif before.kind != "folder":
            raise ImageError(f"{parent} is no folder there; move it away and try again")
