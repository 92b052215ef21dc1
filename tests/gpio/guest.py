"""A guest with GPIO chips: Debian's kernel, its gpio-sim built beside it, and a small root.

Debian's kernel leaves gpio-sim out. Its source package has it, and its headers build it; irq_sim,
on which it stands, is left out too and goes into the same module.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tests.gpio.archive import write_cpio
from tests.kit.debian import (
    install_wheels,
    kept_home,
    make_debian,
    run,
    skip_for,
    skip_unless_it_can_be_made,
)

RELEASE, PYTHON = "bookworm", "3.11"
LOCK = Path(__file__).with_name("packages.lock")
_WORKSHOP = "linux-headers-amd64,linux-source,make,xz-utils"
_FETCH_KERNEL = (
    'mkdir "$1/kernel" && cd "$1/kernel" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get download'
    " linux-image-$(basename \"$1\"/usr/src/linux-headers-*-amd64 | sed 's/^linux-headers-//')"
    ' && dpkg-deb -x *.deb "$1/kernel"'
)
_SOURCES = ("drivers/gpio/gpio-sim.c", "drivers/gpio/gpiolib.h", "kernel/irq/irq_sim.c")
_KBUILD = "obj-m += gpio-sim-irbis.o\ngpio-sim-irbis-y := gpio-sim.o irq_sim.o\n"
_NOT_EXPORTED = ("irq_to_desc(irqnum)", "irq_data_to_desc(irq_get_irq_data(irqnum))")
"""What irq_sim calls is for the kernel alone; modules get there through the line's data."""
_LEFT_OUT = frozenset(
    {
        "__pycache__", "boot", "var/cache", "var/lib/apt", "usr/share/doc", "usr/share/locale",
        "usr/share/man", "usr/share/perl5", "usr/share/zoneinfo", "usr/lib/x86_64-linux-gnu/gconv",
        "usr/lib/x86_64-linux-gnu/perl-base",
    }
)  # fmt: skip


def gpio_guest() -> Path:
    """The folder of the kept guest: ``vmlinuz``, and ``root.cpio`` with the modules in it. Made
    where it is missing: five to ten minutes, 350 MB loaded, 160 MB kept. Skips the test, with the
    reason, where that cannot be."""
    skip_unless_it_can_be_made("qemu-system-x86_64", "qemu-system-x86")
    home = kept_home()
    kept = home / f"gpio-guest-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    with (home / "gpio-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_dir():
            _make(kept)
    return kept


def _make(kept: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="building-", dir=kept.parent) as folder:
        building = Path(folder)
        made = building / "made"
        made.mkdir()
        try:
            modules = _kernel(building / "workshop", made / "vmlinuz")
            root = building / "root"
            make_debian(root, RELEASE, "python3")
            install_wheels(LOCK, root / "opt/packages", PYTHON)
        except subprocess.SubprocessError as error:
            skip_for(error)
        (root / "modules").mkdir()
        for name, module in modules.items():
            shutil.copy(module, root / "modules" / name)
        with (made / "root.cpio").open("wb") as file:
            write_cpio(root, _LEFT_OUT, file)
        made.rename(kept)


def _kernel(workshop: Path, kernel: Path) -> dict[str, Path]:
    """Debian's kernel into the file ``kernel``; the modules that the guest loads, by name."""
    make_debian(workshop, RELEASE, _WORKSHOP, f"--customize-hook={_FETCH_KERNEL}")
    (image,) = (workshop / "kernel/boot").glob("vmlinuz-*")
    shutil.copy(image, kernel)
    source = workshop / "gpio-sim"
    source.mkdir()
    _take_sources(workshop, source)
    irq = source / "irq_sim.c"
    irq.write_text(irq.read_text().replace(*_NOT_EXPORTED))
    (source / "Kbuild").write_text(_KBUILD)
    version = image.name.removeprefix("vmlinuz-")
    headers = f"/usr/src/linux-headers-{version}"
    run("chroot", str(workshop), "make", "-s", "-C", headers, "M=/gpio-sim", "modules")
    run("strip", "--strip-debug", str(source / "gpio-sim-irbis.ko"))
    configfs = workshop / f"kernel/lib/modules/{version}/kernel/fs/configfs/configfs.ko"
    return {"configfs.ko": configfs, "gpio-sim.ko": source / "gpio-sim-irbis.ko"}


def _take_sources(workshop: Path, into: Path) -> None:
    (packed,) = (workshop / "usr/src").glob("linux-source-*.tar.xz")
    wanted = {f"{packed.name.removesuffix('.tar.xz')}/{path}" for path in _SOURCES}
    with tarfile.open(packed) as archive:
        for member in archive:
            if member.name in wanted and (file := archive.extractfile(member)) is not None:
                (into / Path(member.name).name).write_bytes(file.read())
