"""The boot key: what lets a station finish judging a burst after its own process died.

Evidence is sealed to basecamp as it is written, so a restarted daemon could not read the bursts
that its predecessor had captured but not yet judged. Their content keys are therefore also kept
wrapped under a *boot key* that lives only in memory: in a file on a RAM file system, which
outlives the process but neither a power cut nor the theft of the card. When a burst is judged its
wrapped key is deleted, and from then on only basecamp can read it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random

from edge.security.errors import SealError


@dataclass(frozen=True, slots=True)
class BootKey:
    """A symmetric key (XSalsa20-Poly1305) that never touches a card."""

    key: bytes

    def wrap(self, content_key: bytes) -> bytes:
        """The content key, encrypted under this boot key: 72 bytes."""
        return bytes(SecretBox(self.key).encrypt(content_key))

    def unwrap(self, wrapped: bytes) -> bytes:
        """The content key. Raises SealError when it was wrapped before the power went."""
        try:
            return SecretBox(self.key).decrypt(wrapped)
        except (CryptoError, ValueError):
            raise SealError(
                "the power was lost before this burst was judged; only basecamp can open it now"
            ) from None


def obtain_boot_key(name: str, memory_dir: Path | None) -> BootKey:
    """The boot key called ``name``: the one in ``memory_dir``, or a new one kept there.

    With no ``memory_dir`` the key lives in this process alone: correct, but bursts that a crash
    interrupts are then kept unjudged.
    """
    if memory_dir is None:
        return BootKey(random(SecretBox.KEY_SIZE))
    memory_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = memory_dir / f"{name}.bootkey"
    if path.exists():
        key = path.read_bytes()
        if len(key) == SecretBox.KEY_SIZE:
            return BootKey(key)
    boot_key = BootKey(random(SecretBox.KEY_SIZE))
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(boot_key.key)
    temporary.replace(path)
    return boot_key


def forget_boot_key(name: str, memory_dir: Path | None) -> None:
    """Remove the boot key once nothing is left that needs it."""
    if memory_dir is not None:
        (memory_dir / f"{name}.bootkey").unlink(missing_ok=True)


def find_memory_dir(environment: dict[str, str] | os._Environ[str]) -> Path | None:
    """A private folder on a RAM file system, or None where this machine has none.

    Looked for in the order in which services and people have one: systemd's RuntimeDirectory,
    /run, the user's runtime folder, /dev/shm.
    """
    uid = os.getuid()
    candidates = [
        *[Path(p) for p in environment.get("RUNTIME_DIRECTORY", "").split(":") if p],
        Path("/run/irbis"),
        *[Path(p) / "irbis" for p in [environment.get("XDG_RUNTIME_DIR", "")] if p],
        Path(f"/dev/shm/irbis-{uid}"),
    ]
    mounts = _ram_mounts()
    for candidate in candidates:
        if _is_ours_in_ram(candidate, mounts, uid):
            return candidate
    return None


def _is_ours_in_ram(path: Path, ram_mounts: dict[Path, bool], uid: int) -> bool:
    """Whether ``path`` is, or can be made as, our own folder in memory."""
    nearest = next((p for p in [path, *path.parents] if p in ram_mounts), None)
    if nearest is None or not ram_mounts[nearest]:
        return False
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
    except OSError:
        return False
    # A folder in a place that all can write to may have been laid there by someone else.
    return (
        status.st_uid == uid
        and stat.S_ISDIR(status.st_mode)
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and os.access(path, os.W_OK)
    )


def _ram_mounts(table: Iterable[str] | None = None) -> dict[Path, bool]:
    """Every mount point, and whether it is in memory alone (tmpfs, ramfs)."""
    if table is None:
        try:
            table = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
        except OSError:
            return {}
    fields = [line.split() for line in table]
    return {Path(f[1]): f[2] in ("tmpfs", "ramfs") for f in fields if len(f) > 2}
