"""The station's user and groups on a system: made by systemd, taken away line by line."""

from __future__ import annotations

import re
from pathlib import Path

from tools.image.programs import call
from tools.image.provision_files import ABSENT, Thing, look, remove, write
from tools.image.provision_receipt import Ledger

LISTS = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow")
BACKUPS = tuple(f"{path}-" for path in LISTS)
LOCK = "/etc/.pwd.lock"
ALL = (*LISTS, *BACKUPS, LOCK)

_MEMBERS = {"/etc/group": (3,), "/etc/gshadow": (2, 3)}
"""Fields that list users."""


def make(root: Path, declared: Path) -> None:
    """Make the users and groups that the file ``declared`` of sysusers.d names. Raises
    ImageError."""
    where = [] if root == Path("/") else [f"--root={root}"]
    call(["systemd-sysusers", *where, str(declared)], "making the user irbis")


def group_id(root: Path, name: str) -> int:
    """The number of a group of the system; 0, root's, where it is not known."""
    for line in _lines(root / "etc/group"):
        fields = line.split(":")
        if fields[0] == name and len(fields) > 2:
            return int(fields[2])
    return 0


def unmake(root: Path, declared: Path, before: dict[str, Thing], ledger: Ledger) -> None:
    """Take the declared names out of the lists where they were not in them before. Whatever else
    was changed since then stays; where nothing was, the lists are as before byte for byte."""
    ours = _declared(declared)
    untouched = True
    for path in LISTS:
        was = before.get(path, ABSENT)
        old = ledger.kept(was).decode() if was.kind == "file" else ""
        untouched &= _strip(root, path, ours, old, was)
    for path in (*BACKUPS, LOCK) if untouched else ():
        was = before.get(path, ABSENT)
        if was == ABSENT:
            remove(root / path.lstrip("/"))
        elif was.kind == "file":
            write(root / path.lstrip("/"), ledger.kept(was), was.mode, was.uid, was.gid)


def _strip(root: Path, path: str, ours: set[str], old: str, was: Thing) -> bool:
    """Take our names out of one list; whether nobody else had changed it."""
    file = root / path.lstrip("/")
    now = look(file)
    if now.kind != "file":
        return True
    had = {line.split(":")[0] for line in old.splitlines()}
    names = ours - had
    kept = [
        _without_members(line, _MEMBERS.get(path, ()), names, old)
        for line in _lines(file)
        if line.split(":")[0] not in names
    ]
    text = "".join(kept)
    if was == ABSENT and not text:
        remove(file)
    elif text.encode() != file.read_bytes():
        write(file, text.encode(), now.mode, now.uid, now.gid)
    return text == old


def _without_members(line: str, fields: tuple[int, ...], names: set[str], old: str) -> str:
    if line in old.splitlines(keepends=True):
        return line
    parts = line.rstrip("\n").split(":")
    for index in fields:
        if index < len(parts):
            parts[index] = ",".join(user for user in parts[index].split(",") if user not in names)
    return ":".join(parts) + "\n"


def _declared(declared: Path) -> set[str]:
    """Names that a file of sysusers.d makes: users and groups."""
    found = re.findall(r"^[ug]!?\s+(\S+)", declared.read_text(encoding="utf-8"), re.MULTILINE)
    return {name for name in found if not name.startswith("%")}


def _lines(file: Path) -> list[str]:
    if not file.is_file():
        return []
    return file.read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
