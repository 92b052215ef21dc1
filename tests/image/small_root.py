"""A system of a few files, told by its files alone, and every byte of a tree to compare."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

Tree = dict[str, tuple[int, int, int, str]]

AMD64, ARM64, ARM32 = (2, 0x3E), (2, 0xB7), (1, 0x28)
LIBRARIES = "usr/lib/some-linux-gnu"

ACCOUNTS = {
    "passwd": ("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n", 0o644),
    "group": ("root:x:0:\ndaemon:x:1:\ndialout:x:20:eva\nvideo:x:44:\n", 0o644),
    "shadow": ("root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n", 0o640),
    "gshadow": ("root:*::\ndaemon:*::\ndialout:*::eva\nvideo:*::\n", 0o640),
}


def make_system(
    root: Path,
    release: str = "ID=debian\nPRETTY_NAME='Debian 12'\n",
    python: str = "3.11",
    systemd: str = "252",
    elf: tuple[int, int] = AMD64,
) -> Path:
    """A root that looks like a system; none of it can run."""
    for folder in ("etc/systemd/system", "usr/bin", f"{LIBRARIES}/systemd", "opt", "var/lib"):
        (root / folder).mkdir(parents=True)
    (root / "usr/lib/os-release").write_text(release)
    (root / "etc/os-release").symlink_to("../usr/lib/os-release")
    program = root / f"usr/bin/python{python}"
    program.write_bytes(struct.pack("<4sB13xH", b"\x7fELF", *elf) + bytes(44))
    (root / "usr/bin/python3").symlink_to(f"/usr/bin/python{python}")
    (root / f"{LIBRARIES}/systemd/libsystemd-shared-{systemd}.so").touch()
    (root / f"{LIBRARIES}/libc.so.6").write_bytes(b"\0stable release version 2.36.\n\0")
    for name, (text, mode) in ACCOUNTS.items():
        (root / "etc" / name).write_text(text)
        (root / "etc" / name).chmod(mode)
    return root


def tree(root: Path) -> Tree:
    """Every path under ``root``: mode, owner, group, and what it holds or points to."""
    return {str(path.relative_to(root)): _state(path) for path in sorted(root.rglob("*"))}


def _state(path: Path) -> tuple[int, int, int, str]:
    status = path.lstat()
    held = ""
    if path.is_symlink():
        held = str(path.readlink())
    elif path.is_file():
        held = hashlib.sha256(path.read_bytes()).hexdigest()
    return status.st_mode, status.st_uid, status.st_gid, held
