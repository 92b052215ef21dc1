"""A card whose every write and flush is noted, and crash images mounted: needs root and QEMU."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from tests.power_cuts.write_log import SECTOR, count

CARD_BYTES = 16 << 20
_MKFS = [
    *("mkfs.ext4", "-q", "-F", "-b", "4096", "-J", "size=4", "-N", "2048"),
    *("-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"),
]
APART = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
"""Before a command that plays power cuts: mounts and daemon end with it, however it ends."""


def stand_apart(command: list[str]) -> None:
    """Run ``command`` in place of this process and APART, unless that is where we are: there we are
    process 1."""
    if os.getpid() != 1:
        os.execvp(APART[0], [*APART, *command])


_START_S = 20
_MOUNT_TRIES = 40
_CLONE_NEWNS = 0x00020000


def what_is_missing() -> str | None:
    """Why power cuts cannot be played on this machine; None where they can."""
    if os.geteuid() != 0:
        return "power cuts are played on a mounted ext4: needs root"
    for program, package in (
        ("qemu-storage-daemon", "qemu-system-common"),
        ("mkfs.ext4", "e2fsprogs"),
        ("losetup", "mount"),
    ):
        if shutil.which(program) is None:
            return f"power cuts need {program}: apt-get install {package}"
    known = Path("/proc/filesystems").read_text(encoding="ascii").split()
    if "ext4" not in known or not Path("/dev/fuse").exists():
        return "power cuts need a kernel with FUSE and ext4"
    if not Path("/dev/loop-control").exists():
        return "power cuts need loop devices"
    if subprocess.run([*APART, "true"], check=False, capture_output=True).returncode != 0:
        return "power cuts need a root that may mount; this one may not"
    return None


class RecordedCard:
    """A small ext4 in ``folder``, mounted at ``mounted``.

    ``base`` is what was on it before, ``log`` the log of all that was written since. On leaving, it
    is unmounted and its daemon ended.
    """

    def __init__(self, folder: Path) -> None:
        self.base = folder / "base.img"
        self.log = folder / "writes.log"
        self.mounted = folder / "card"
        self._image = folder / "recorded.img"
        self._export = folder / "export.img"
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self.base.touch()
            os.truncate(self.base, CARD_BYTES)
            subprocess.run([*_MKFS, self.base], check=True)
            shutil.copyfile(self.base, self._image)
            self._serve(undo)
            _leave_mounts_to_the_daemon()
            undo.enter_context(mounted(self._export, self.mounted))
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def position(self) -> int:
        """How many entries the log has."""
        return count(self.log)

    def _serve(self, undo: ExitStack) -> None:
        """Show ``recorded.img`` as the file ``export.img``, through the log."""
        self.log.touch()
        self._export.touch()
        written = (
            "driver=blklogwrites,node-name=written,file=card,log=log"
            f",log-sector-size={SECTOR},log-super-update-interval=1"
        )
        export = f"type=fuse,id=export,node-name=written,mountpoint={self._export},writable=on"
        daemon = subprocess.Popen(
            [
                "qemu-storage-daemon",
                "--blockdev", f"driver=file,node-name=card,filename={self._image}",
                "--blockdev", f"driver=file,node-name=log,filename={self.log}",
                "--blockdev", written,
                "--export", export,
            ]
        )  # fmt: skip
        undo.callback(_end, daemon)
        self._wait_for(daemon)

    def _wait_for(self, daemon: subprocess.Popen[bytes]) -> None:
        """Until the export shows; a file system that appears tells nobody."""
        end = time.monotonic() + _START_S
        while self._export.stat().st_size != CARD_BYTES:
            if daemon.poll() is not None or time.monotonic() > end:
                raise RuntimeError("qemu-storage-daemon does not export the card by FUSE")
            time.sleep(0.02)


def _leave_mounts_to_the_daemon() -> None:
    """Go on with mounts of our own, which the daemon has no part in.

    Were it the last to die where its own card is mounted, it would have to unmount that, and wait
    for ever for its own answer to the flush: nothing but aborting its FUSE connection helps then.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "cannot have mounts of its own")


def _end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(_START_S)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """``image`` mounted at ``folder`` through a loop device, which goes with the mount."""
    folder.mkdir(exist_ok=True)
    _mount(image, folder)
    try:
        yield folder
    finally:
        if subprocess.run(["umount", folder], check=False).returncode != 0:
            subprocess.run(["umount", "--lazy", folder], check=True)


def _mount(image: Path, folder: Path) -> None:
    """Loop devices are the whole machine's: one that others still hold is waited for."""
    command = ["mount", "-o", "loop", image, folder]
    for _ in range(_MOUNT_TRIES - 1):
        if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.5)
    subprocess.run(command, check=True)
