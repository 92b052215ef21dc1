"""A board in QEMU that starts from a card's image, as from a card."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.image.boot.card import Card
from tests.image.boot.serial import SerialConsole

UBOOT = Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")

SHELL = "systemd.debug_shell=ttyAMA0 systemd.mask=serial-getty@ttyAMA0.service"
"""A root shell for whoever writes the kernel's command line; the image itself has none."""

QUIET = "loglevel=3 systemd.show_status=false"
"""Nobody talks between a command and its answer."""


@dataclass
class Machine:
    """A running machine and its console."""

    process: subprocess.Popen[bytes]
    console: SerialConsole

    def cut_power(self) -> None:
        """Nobody is asked, nothing is flushed by the guest."""
        self.process.kill()
        self.process.wait()
        self.console.close()


@contextmanager
def powered(card: Card, folder: Path, extra: Path | None = None) -> Iterator[Machine]:
    """`-M virt` with ``card`` as its disk and ``extra`` as another one. U-Boot starts it, as the
    script on the card says."""
    board = [
        "-M", "virt", "-cpu", "cortex-a53", "-smp", "2", "-m", "1024", "-bios", str(UBOOT),
        "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
        *_disk(card.path, "card"),
        *(_disk(extra, "extra") if extra is not None else ()),
    ]  # fmt: skip
    with _running(board, folder) as machine:
        yield machine


@contextmanager
def powered_pi3(card: Card, folder: Path) -> Iterator[Machine]:
    """`-M raspi3b`: a real card slot, watchdog and GPIO chips. QEMU plays the firmware and gives
    kernel, initramfs and device tree to the board, so that of a Pi is not tried.

    The watchdog stays shut: QEMU's has no timer, it resets the board when it is set
    (`hw/misc/bcm2835_powermgt.c`, up to 10 at least)."""
    with card.path.open("r+b") as file:
        file.truncate(4 << 30)  # QEMU takes cards of a power of two
    kernel, initrd = card.kernel("A")
    tree = card.take("A", "usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb")
    cmdline = f"root=LABEL=ROOTA ro rootwait panic=10 {SHELL} {QUIET}".replace("ttyAMA0", "ttyS1")
    cmdline += " systemd.watchdog_sec=off"
    board = [
        "-M", "raspi3b", "-kernel", str(kernel), "-initrd", str(initrd), "-dtb", str(tree),
        "-append", f"{cmdline} console=ttyS1,115200",
        "-drive", f"if=sd,format=raw,file={card.path}",
        "-serial", "null",  # the console is the second line
    ]  # fmt: skip
    with _running(board, folder) as machine:
        yield machine


@contextmanager
def _running(board: list[str], folder: Path) -> Iterator[Machine]:
    line = folder / "serial"
    line.unlink(missing_ok=True)
    command = [
        "setpriv", "--pdeathsig", "KILL",  # a test that is killed leaves no machine behind
        "qemu-system-aarch64", *board, "-display", "none",
        "-chardev", f"socket,id=line,path={line},server=on,wait=off", "-serial", "chardev:line",
    ]  # fmt: skip
    with (folder / "qemu.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        with closing(SerialConsole(line, folder / "console.log")) as console:
            yield Machine(process, console)
    finally:
        process.kill()
        process.wait()


def _disk(path: Path, name: str) -> list[str]:
    return [
        "-drive", f"if=none,id={name},format=raw,file={path}",
        "-device", f"virtio-blk-pci,drive={name},serial={name}",
    ]  # fmt: skip
