"""Images and cards of a few megabytes, made by the programs that make the real ones."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from backports import zstd

from tools.image.bmap import write_bmap

MIB = 1 << 20
BOOT_AT = MIB
BOOT_KIB = 8192
DATA_AT = BOOT_AT + BOOT_KIB * 1024
IMAGE_BYTES = 24 * MIB
FREE_WITHIN_S = 20.0

TABLE = f"label: dos\nstart=2048, size={BOOT_KIB * 2}, type=c, bootable\nstart={DATA_AT // 512}\n"


def need(*programs: str) -> None:
    """Skip the test on a machine without them."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(
            f"this machine has no {', '.join(missing)} (fdisk, dosfstools, mtools, e2fsprogs)"
        )


def need_root() -> None:
    if os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        pytest.skip("only root makes a disk of a file (loop devices)")


def make_image(folder: Path) -> Path:
    """``irbis.img.zst`` with its hash and block map: a boot partition and one of data."""
    need("sfdisk", "mkfs.vfat", "mkfs.ext4", "mcopy")
    raw = folder / "irbis.img"
    with raw.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    run("sfdisk", "--quiet", str(raw), given=TABLE)
    run("mkfs.vfat", "-n", "IRBISBOOT", "--offset", "2048", str(raw), str(BOOT_KIB))
    size = f"{(IMAGE_BYTES - DATA_AT) // 1024}k"
    run("mkfs.ext4", "-q", "-L", "DATA", "-E", f"offset={DATA_AT}", str(raw), size)
    with raw.open("r+b") as file:  # something that does not shrink to nothing
        file.seek(DATA_AT + 12 * MIB)
        file.write(random.Random(7).randbytes(MIB))
    return pack(raw)


def pack(raw: Path) -> Path:
    """Compress ``raw`` and lay its hash and block map beside."""
    packed = raw.with_name(raw.name + ".zst")
    packed.write_bytes(zstd.compress(raw.read_bytes(), 1))
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    packed.with_name(packed.name + ".sha256").write_text(f"{digest}  {packed.name}\n")
    write_bmap(raw, raw.with_name(raw.name + ".bmap"))
    return packed


def unpacked(packed: Path) -> bytes:
    return zstd.decompress(packed.read_bytes())


@contextmanager
def disk_of(
    file: Path, size_bytes: int = 0, *, parts: bool = False, read_only: bool = False
) -> Iterator[Path]:
    """``file`` as a disk, of ``size_bytes`` if it is new: a loop device."""
    need_root()
    need("losetup")
    if not file.exists():
        # A used card: what was on it before must not shine through.
        file.write_bytes(b"\xa5" * size_bytes)
    options = ["--read-only"] if read_only else []
    device = Path(run("losetup", "--find", "--show", *options, str(file)).strip())
    try:
        if parts:
            run("partx", "--add", str(device))
        yield device
    finally:
        if parts:
            run("partx", "--delete", str(device))
        run("losetup", "--detach", str(device))


@contextmanager
def part_of(device: Path, number: int) -> Iterator[Path]:
    """A partition of ``device``; where nobody makes its file in /dev, the test does."""
    part = device.with_name(f"{device.name}p{number}")
    known = Path("/sys/class/block") / part.name / "dev"
    if not known.exists():
        pytest.skip("this machine makes no partitions of loop devices")
    made = not part.exists()
    if made:
        major, minor = map(int, known.read_text().split(":"))
        os.mknod(part, 0o600 | stat.S_IFBLK, os.makedev(major, minor))
    try:
        yield part
    finally:
        if made:
            part.unlink()


@contextmanager
def mounted(device: Path, place: Path) -> Iterator[Path]:
    """What is on ``device`` at ``place``; once that is over, ``device`` is nobody's."""
    place.mkdir(exist_ok=True)
    if subprocess.run(["mount", str(device), str(place)], check=False).returncode != 0:
        pytest.skip("this machine mounts no loop device")
    try:
        yield place
    finally:
        run("umount", str(place))
        _wait_until_free(device)


def _wait_until_free(device: Path) -> None:
    """A container that another test starts just now may have a copy of the mount for a moment."""
    until_s = time.monotonic() + FREE_WITHIN_S
    while time.monotonic() < until_s:
        try:
            os.close(os.open(device, os.O_RDONLY | os.O_EXCL))
        except OSError:
            time.sleep(0.1)
        else:
            return


def run(*command: str, given: str = "") -> str:
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout
