"""`irbis image bundle`: an update for the spare slot, made of a card's image and signed."""

from __future__ import annotations

import argparse
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from edge import __version__
from tools.image.errors import ImageError
from tools.image.programs import call, need
from tools.image.provision_target import Extent, extents
from tools.image.update_keys import CERTIFICATE, KEY, ROOT
from tools.slots.installed import BOOT_FILES

ROOT_FILE, HOOK_FILE = "rootfs.ext4", "hook.sh"
SPARE = "SPARE"
"""The name of a bundle's root until it has its slot's."""

_HOOK = """#!/bin/sh
# Run by the system that installs, with its own Irbis: the new one is only data yet.
set -e
[ "$1" = slot-post-install ] || exit 0
exec "${IRBIS:-/opt/irbis/bin/irbis}" slots installed
"""
_SQUASHFS = "-comp zstd -Xcompression-level {} -all-root -no-xattrs"
LEVEL = 15
_COPY_BYTES = 1 << 22


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("image", type=Path, help="a card's .img or .img.zst, or a root's .ext4")
    parser.add_argument("--keys", type=Path, required=True, help="the folder of `irbis image keys`")
    parser.add_argument("--out", type=Path, required=True, help="the bundle to write, *.raucb")
    parser.add_argument("--compatible", help="board and release; from the root's own, if absent")
    parser.add_argument("--version", default=__version__, help=f"default: {__version__}")
    parser.add_argument(
        "--level", type=int, choices=range(1, 20), default=LEVEL, metavar="1-19",
        help=f"of zstd: low is quick, high is small (default: {LEVEL})",
    )  # fmt: skip


def execute(args: argparse.Namespace) -> int:
    """Make and check the bundle."""
    make_bundle(args.image, args.keys, args.out, args.compatible, args.version, level=args.level)
    size_mb = args.out.stat().st_size / 1_000_000
    print(f"{args.out}: version {args.version}, {size_mb:.0f} MB; install it: irbis update FILE")
    return 0


def make_bundle(
    image: Path, keys: Path, out: Path, compatible: str | None, version: str, form: str = "verity",
    level: int = LEVEL,
) -> None:  # fmt: skip
    """Raises ImageError; no bundle is left then."""
    need("rauc", "mksquashfs", "e2label", "debugfs")
    for file in (image, keys / KEY, keys / CERTIFICATE, keys / ROOT):
        if not file.is_file():
            raise ImageError(f"{file} is not there")
    if out.exists():
        raise ImageError(f"{out} is there already; move it away")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="irbis-bundle-", dir=out.parent) as scratch:
        content = Path(scratch) / "content"
        content.mkdir()
        lay_content(image, Path(scratch), content)
        named = compatible or compatible_of(content / ROOT_FILE)
        (content / "manifest.raucm").write_text(manifest(named, version, form), encoding="utf-8")
        made = Path(scratch) / "made.raucb"
        call(
            ["rauc", "bundle", f"--cert={keys / CERTIFICATE}", f"--key={keys / KEY}",
             f"--keyring={keys / ROOT}", f"--mksquashfs-args={_SQUASHFS.format(level)}",
             str(content), str(made)],
            "making the bundle",
        )  # fmt: skip
        made.replace(out)


def manifest(compatible: str, version: str, form: str) -> str:
    """What RAUC reads first; it adds sizes and digests itself."""
    return (
        f"[update]\ncompatible={compatible}\nversion={version}\n\n[bundle]\nformat={form}\n\n"
        f"[hooks]\nfilename={HOOK_FILE}\n\n"
        f"[image.rootfs]\nfilename={ROOT_FILE}\nhooks=post-install\n"
    )


def compatible_of(root: Path) -> str:
    """The name in the root's own system.conf: an update is for what it was made from."""
    said = call(["debugfs", "-R", "cat /etc/rauc/system.conf", str(root)], "reading the root")
    for line in said.splitlines():
        if line.startswith("compatible="):
            return line.partition("=")[2].strip()
    raise ImageError("the root has no /etc/rauc/system.conf that names it; give --compatible")


def lay_content(image: Path, scratch: Path, content: Path) -> None:
    """The root under its passing name, the hook, and what a Raspberry Pi loads."""
    plain = image
    if image.suffix == ".zst":
        plain = scratch / "card.img"
        call(["zstd", "-q", "-d", str(image), "-o", str(plain)], f"unpacking {image.name}")
    parts = extents(plain)
    root = content / ROOT_FILE
    if len(parts) == 1:
        shutil.copyfile(plain, root)
    else:
        _copy(plain, parts[1], root)
        _lay_boot(plain, parts[0], scratch / "boot", content)
    call(["e2label", str(root), SPARE], "naming the root")
    hook = content / HOOK_FILE
    hook.write_text(_HOOK, encoding="ascii")
    hook.chmod(0o755)


def _lay_boot(image: Path, part: Extent, folder: Path, content: Path) -> None:
    """Slot A's folder of the boot partition, if the board has such, with the board's config.txt."""
    drive = f"{image}@@{part.start_bytes}"
    listed = call(["mdir", "-b", "-i", drive, "::/"], "reading the boot partition")
    if "::/a/" not in listed.split():
        return
    folder.mkdir()
    call(["mcopy", "-s", "-i", drive, "::/a", "::/config.txt", str(folder)], "reading the slot")
    (folder / "config.txt").replace(folder / "a/config.txt")
    with tarfile.open(content / BOOT_FILES, "w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted((folder / "a").rglob("*")):
            tar.add(path, str(path.relative_to(folder / "a")), recursive=False)


def _copy(image: Path, part: Extent, target: Path) -> None:
    """One partition into a file of its own; what is zero stays a hole."""
    with image.open("rb") as source, target.open("wb") as out:
        source.seek(part.start_bytes)
        for block in _blocks(source.read, part.size_bytes):
            if block.count(0) == len(block):
                out.seek(len(block), os.SEEK_CUR)
            else:
                out.write(block)
        out.truncate(part.size_bytes)


def _blocks(read: Callable[[int], bytes], size_bytes: int) -> Iterator[bytes]:
    left = size_bytes
    while left and (block := read(min(left, _COPY_BYTES))):
        left -= len(block)
        yield block
