"""`irbis image build`: from nothing to a card's image that can be flashed."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tools.image.bmap import write_bmap
from tools.image.disk import Disk, make_disk
from tools.image.errors import ImageError
from tools.image.host import check_host, git_time
from tools.image.manifest import SHIPPED, Recipe, read_manifest, resolve
from tools.image.populate import populate
from tools.image.rootfs import make_rootfs
from tools.image.sbom import bill
from tools.image.trim import remove, size_bytes

CHECKOUT = Path(__file__).parents[2]


def configure(parser: argparse.ArgumentParser) -> None:
    manifest = read_manifest()
    add = parser.add_argument
    add("--board", required=True, choices=sorted(manifest.board))
    add("--release", required=True, choices=sorted(manifest.release))
    add("--out", type=Path, required=True, metavar="FILE.img.zst", help="the image to write")
    add("--kernel", help="another kernel than the board's own (see the manifest)")
    add("--snapshot", metavar="TIME", help="Debian as it was then: 20260901T000000Z")
    add("--manifest", type=Path, default=SHIPPED, help="a manifest other than the shipped one")
    add("--source", type=Path, default=CHECKOUT, help="the checkout that goes in")
    add("--work", type=Path, help="a roomy folder for what a build throws away")
    add("--keep-root", type=Path, metavar="FILE.tar", help="also keep the root as a tar file")


def execute(args: argparse.Namespace) -> int:
    recipe = resolve(
        read_manifest(args.manifest), args.board, args.release, args.kernel, args.snapshot
    )
    source = args.source.resolve()
    if not (source / "systemd").is_dir():
        raise ImageError(f"{source} is no checkout of Irbis; name one with --source")
    epoch = build_time(source)
    base = args.work or args.out.resolve().parent
    base.mkdir(parents=True, exist_ok=True)
    check_host(base)
    with tempfile.TemporaryDirectory(prefix="irbis-image-", dir=base) as folder:
        built = _build(recipe, source, Path(folder), epoch)
        finish(built, args.out.resolve(), recipe)
        if args.keep_root:
            _tar(built.root, args.keep_root, epoch)
    return 0


@dataclass(frozen=True, slots=True)
class Built:
    """What a build left in its folder."""

    disk: Disk
    root: Path
    bill: str


def build_time(source: Path) -> int:
    """SOURCE_DATE_EPOCH, else the time of the checkout's last commit. Raises ImageError."""
    told = os.environ.get("SOURCE_DATE_EPOCH")
    if told is not None:
        if not told.isdigit():
            raise ImageError(f"SOURCE_DATE_EPOCH is {told!r}, not seconds since 1970")
        return int(told)
    found = git_time(source)
    if found is None:
        raise ImageError("no git here to tell the source's time; set SOURCE_DATE_EPOCH")
    return found


def _build(recipe: Recipe, source: Path, work: Path, epoch: int) -> Built:
    root, lists, wheels = work / "root", work / "lists", work / "wheels"
    wheels.mkdir()
    steps = _Steps()
    steps.start(f"{len(recipe.packages)} Debian packages and what they need")
    make_rootfs(recipe, root, lists, work, epoch)
    steps.start("Irbis, its wheels and models")
    populate(recipe, root, source, wheels, epoch)
    told = bill(recipe, root, lists, source / recipe.common.lock, epoch)
    remove(root, recipe.common.remove)
    steps.start(f"partitions (the root holds {size_bytes(root) / 1e6:.0f} MB)")
    disk = make_disk(recipe, root, work, epoch)
    steps.start("compression")
    return Built(disk, root, told)


def finish(built: Built, out: Path, recipe: Recipe) -> None:
    """Write the image compressed, and beside it its bill, then its block map and hash: where these
    two lie, they belong to the image that is there. Raises ImageError."""
    stem = out.name.removesuffix(".zst").removesuffix(".img")
    compressed = out.with_name(out.name + ".part")
    bmap, told = out.with_name(f"{stem}.img.bmap"), out.with_name(out.name + ".sha256")
    out.with_name(f"{stem}.sbom.json").write_text(built.bill, encoding="utf-8")
    level = f"-{recipe.common.zstd_level}"
    subprocess.run(
        ["zstd", "-q", "-f", level, "-T2", str(built.disk.image), "-o", str(compressed)], check=True
    )
    size, digest = compressed.stat().st_size, _sha256(compressed)
    for file in (bmap, told):
        file.unlink(missing_ok=True)
    compressed.replace(out)
    write_bmap(built.disk.image, bmap, built.disk.significant)
    told.write_text(f"{digest}  {out.name}\n", "ascii")
    print(f"{out.name}: {size / 1e6:.0f} MB, sha256 {digest}")
    if size > recipe.common.max_compressed_bytes:
        limit = recipe.common.max_compressed_bytes / 1e6
        raise ImageError(f"{out} is larger than the manifest's limit of {limit:.0f} MB")


class _Steps:
    """Says what is being done, and how long what went before took."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def start(self, what: str) -> None:
        now = time.monotonic()
        print(f"[{now - self._since:4.0f} s] {what} ...", flush=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tar(root: Path, out: Path, epoch: int) -> None:
    subprocess.run(
        [
            "tar", "--sort=name", "--numeric-owner", f"--mtime=@{epoch}", "--clamp-mtime",
            "-C", str(root), "-cf", str(out), ".",
        ], check=True,
    )  # fmt: skip
