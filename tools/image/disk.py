"""A root becomes a card: boot files on FAT, two root slots, a data partition, in one file.

genimage lays the partitions out; mke2fs and mtools fill them. Nothing is mounted. Identifiers and
hash seeds come from the content's name, so the same input gives the same bytes.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tools.image.errors import ImageError
from tools.image.ext4 import make_ext4, run
from tools.image.manifest import Recipe
from tools.image.significant import Extent, significant
from tools.image.trim import settle_times
from tools.image.update_boot import FILE, boot_script
from tools.slots.state import Slots
from tools.slots.tryboot import OWN
from tools.slots.uboot import COPIES, to_env

_ROOT_OPTIONS = ("-b", "4096", "-O", "^has_journal")
"""A root is only read: a journal would be 64 MB of nothing."""

_DATA_OPTIONS = ("-b", "4096", "-i", "65536")
"""For the size that /data will have: an inode for each 64 KiB, where pictures take more."""


@dataclass(frozen=True, slots=True)
class Disk:
    """A card's image, and the extents of it whose zeros count."""

    image: Path
    significant: list[Extent]


def make_disk(recipe: Recipe, root: Path, work: Path, epoch: int) -> Disk:
    """The image, made of ``root`` (whose boot files are taken out of it for boards that boot from
    FAT), in the folder ``work``. Raises ImageError."""
    boot, data = work / "boot", work / "data"
    boot.mkdir()
    lay_boot(recipe, root, boot)
    lay_data(recipe, data)
    config = work / "genimage.cfg"
    config.write_text(genimage_config(recipe), encoding="ascii")
    out, scratch, empty = work / "out", work / "genimage", work / "empty"
    empty.mkdir()
    for folder in (boot, data, root):
        settle_times(folder, epoch)
    _filesystems(recipe, {"roota": root, "rootb": empty, "data": data}, work, epoch)
    _fat(recipe, boot, work / "boot.vfat", epoch)
    command = [
        "genimage", "--config", str(config), "--rootpath", str(empty), "--tmppath", str(scratch),
        "--inputpath", str(work), "--outputpath", str(out),
    ]  # fmt: skip
    run(command, epoch, work)
    image = out / "irbis.img"
    ext4 = (work / "roota.ext4", work / "rootb.ext4", work / "data.ext4")
    return Disk(image, significant(image, work / "boot.vfat", ext4, epoch))


def genimage_config(recipe: Recipe) -> str:
    """Partitions in the order of a Raspberry Pi: FAT first, what grows last."""
    return f"""\
image irbis.img {{
    hdimage {{
        partition-table-type = "mbr"
        disk-signature = 0x{recipe.disk_id}
        align = 4M
    }}
    partition boot {{
        partition-type = 0xC
        bootable = true
        image = "boot.vfat"
    }}
    partition roota {{
        partition-type = 0x83
        image = "roota.ext4"
    }}
    partition rootb {{
        partition-type = 0x83
        image = "rootb.ext4"
    }}
    partition data {{
        partition-type = 0x83
        image = "data.ext4"
    }}
}}
"""


def lay_boot(recipe: Recipe, root: Path, boot: Path) -> None:
    """What the board's firmware reads. QEMU and U-Boot read the kernel from the root itself."""
    shutil.rmtree(root / "boot/firmware")
    (root / "boot/firmware").mkdir()
    for name in ("vmlinuz", "initrd.img"):
        found = sorted((root / "boot").glob(f"{name}-*"))
        if len(found) != 1:
            raise ImageError(f"the root has {len(found)} of /boot/{name}-*, and takes just one")
        link = root / "boot" / name
        link.unlink(missing_ok=True)
        link.symlink_to(found[0].name)
        (root / name).unlink(missing_ok=True)
        (root / f"{name}.old").unlink(missing_ok=True)
    if recipe.board.firmware == "raspberrypi":
        _lay_raspberrypi(recipe, root, boot)
    else:
        (boot / FILE).write_bytes(boot_script(cmdline(recipe, "${chosen}")))
        for copy in COPIES:
            (boot / copy).write_bytes(to_env(Slots()))


def cmdline(recipe: Recipe, slot: str) -> str:
    """The kernel's command line for the root slot ``A`` or ``B``."""
    own = f"root=LABEL=ROOT{slot} rauc.slot={slot} ro rootwait fsck.repair=yes panic=10 quiet"
    return f"{own} {recipe.board.cmdline}"


def _lay_raspberrypi(recipe: Recipe, root: Path, boot: Path) -> None:
    firmware = root / "usr/lib/raspi-firmware"
    if not firmware.is_dir():
        raise ImageError("the package raspi-firmware brought no /usr/lib/raspi-firmware")
    for pattern in ("bootcode.bin", "start*.elf", "fixup*.dat", "LICENCE*"):
        for file in sorted(firmware.glob(pattern)):
            shutil.copyfile(file, boot / file.name)
    slot = boot / "a"
    slot.mkdir()
    trees = [
        tree
        for pattern in recipe.board.device_trees
        for tree in sorted(root.glob(f"usr/lib/linux-image-*/broadcom/{pattern}"))
    ]
    if not trees:
        raise ImageError(
            f"the {recipe.kernel_name} kernel of {recipe.release_name} has no device tree for"
            f" {recipe.board_name}; take another --kernel or --release"
        )
    for tree in trees:
        shutil.copyfile(tree, slot / tree.name)
    for overlays in sorted(root.glob("usr/lib/linux-image-*/overlays")):
        shutil.copytree(overlays, slot / "overlays")
        # The firmware looks for this file before it takes a slot's overlays for its own.
        (slot / "overlays/README").touch()
    for name in ("vmlinuz", "initrd.img"):
        shutil.copyfile(root / "boot" / name, slot / name)
        (root / "boot" / name).resolve().unlink()
        (root / "boot" / name).unlink()
    (slot / "cmdline.txt").write_text(cmdline(recipe, "A") + "\n", "ascii")
    lines = ["# Slot A; an update writes slot b/ and tryboot.txt.", "os_prefix=a/"]
    lines += ["kernel=vmlinuz", "initramfs initrd.img followkernel", *recipe.board.config, OWN]
    (boot / "config.txt").write_text("\r\n".join(lines) + "\r\n", "ascii")


def lay_data(recipe: Recipe, data: Path) -> None:
    """The folders of /data as a new card has them."""
    uid = recipe.common.irbis_uid
    folders = (
        "etc/irbis", "etc/irbis.service.d", "lib/irbis", "lib/systemd", "log/journal", "ssh",
        "wifi", "rauc",
    )  # fmt: skip
    for name in folders:
        (data / name).mkdir(parents=True)
    (data / "etc/hostname").write_text("irbis\n", "ascii")
    for name, mode in (("etc/irbis", 0o750), ("lib/irbis", 0o750), ("ssh", 0o700), ("wifi", 0o700)):
        (data / name).chmod(mode)
    os.chown(data / "etc/irbis", 0, uid)
    os.chown(data / "lib/irbis", uid, uid)


def _filesystems(recipe: Recipe, trees: dict[str, Path], work: Path, epoch: int) -> None:
    sizes = recipe.common.partitions_mib
    for name, tree in trees.items():
        size = sizes.data if name == "data" else sizes.root
        options = _DATA_OPTIONS if name == "data" else _ROOT_OPTIONS
        ids = (recipe.uuid(name), recipe.uuid(f"{name} hash"))
        make_ext4(tree, work / f"{name}.ext4", size, name.upper(), ids, epoch, options)


def _fat(recipe: Recipe, boot: Path, image: Path, epoch: int) -> None:
    size = recipe.common.partitions_mib.boot << 20
    with image.open("wb") as file:
        file.truncate(size)
    volume = recipe.uuid("boot").hex[:8]
    make = ["mkdosfs", "-F", "32", "-n", "IRBISBOOT", "-i", volume, "--invariant", str(image)]
    run(make, epoch, image.parent)
    for path in sorted(boot.iterdir()):
        run(["mcopy", "-s", "-p", "-m", "-i", str(image), str(path), "::"], epoch, image.parent)
