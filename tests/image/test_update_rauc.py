"""Bundles with the real RAUC: made, verified, and installed into slots that are files.

RAUC's service runs on a D-Bus of its own. Verity bundles are made and verified; to install one, the
kernel must have dm-verity, which a station's has and a build machine's may lack: what is installed
here has the older plain form, with the same content, hook and bootloader backend.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.image.errors import ImageError
from tools.image.update_bundle import make_bundle
from tools.image.update_keys import KEY, ROOT, make_keys
from tools.slots.uboot import UBootSlots

PROGRAMS = ("rauc", "mksquashfs", "mkfs.ext4", "e2label", "dbus-daemon", "losetup")
COMPATIBLE = "irbis-qemu-bookworm"
_SERVICE_WITHIN_S = 30.0

pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in PROGRAMS),
    reason="needs rauc, rauc-service, squashfs-tools, e2fsprogs, dbus (Debian's packages)",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys, a small root, and the bundle of it."""
    folder = tmp_path_factory.mktemp("update")
    make_keys(folder / "keys", "Valley trust")
    etc = folder / "tree/etc/rauc"
    etc.mkdir(parents=True)
    (etc / "system.conf").write_text(f"[system]\ncompatible={COMPATIBLE}\n")
    (etc / "filler").write_bytes(os.urandom(100_000))
    root = folder / "root.ext4"
    run("mkfs.ext4", "-q", "-L", "ROOTA", "-d", str(folder / "tree"), str(root), "8M")
    make_bundle(root, folder / "keys", folder / "new.raucb", None, "0.2.0")
    return folder


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise ImageError(done.stderr or done.stdout)
    return done.stdout


def info(bundle: Path, keyring: Path) -> str:
    return run("rauc", f"--keyring={keyring}", "info", str(bundle))


def test_a_bundle_is_for_the_board_that_its_root_names(made: Path) -> None:
    said = info(made / "new.raucb", made / "keys" / ROOT)
    assert COMPATIBLE in said
    assert "0.2.0" in said
    assert "verity" in said


def test_somebody_elses_signature_does_not_hold(made: Path, tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", "Somebody else")
    with pytest.raises(ImageError, match="signature verification failed"):
        info(made / "new.raucb", tmp_path / "keys" / ROOT)


def test_a_signature_that_was_changed_does_not_hold(made: Path, tmp_path: Path) -> None:
    raw = bytearray((made / "new.raucb").read_bytes())
    raw[-500] ^= 0xFF
    (tmp_path / "bad.raucb").write_bytes(raw)
    with pytest.raises(ImageError, match="signature verification failed"):
        info(tmp_path / "bad.raucb", made / "keys" / ROOT)


def test_keys_are_never_overwritten_and_secret_ones_are_the_owners_alone(made: Path) -> None:
    with pytest.raises(ImageError, match="there already"):
        make_keys(made / "keys", "Again")
    assert (made / "keys" / KEY).stat().st_mode & 0o077 == 0


def test_a_failed_bundle_leaves_nothing(made: Path, tmp_path: Path) -> None:
    (tmp_path / "no.ext4").write_bytes(bytes(1 << 20))
    with pytest.raises(ImageError):
        make_bundle(tmp_path / "no.ext4", made / "keys", tmp_path / "out/x.raucb", None, "1")
    assert list((tmp_path / "out").iterdir()) == []


class Station:
    """RAUC's service, two slots on loop devices, and the backend of a board with U-Boot."""

    def __init__(self, folder: Path, keyring: Path) -> None:
        self.boot, self._folder = folder / "boot", folder
        self.boot.mkdir()
        (self.boot / "README.txt").touch()
        self.slots = [self._loop(name) for name in "AB"]
        irbis = f'exec {sys.executable} -m tools.cli slots --boot {self.boot} "$@"'
        self._script("backend", irbis)
        self._script("irbis", f"shift; {irbis}")
        (folder / "system.conf").write_text(self._conf(keyring))
        (folder / "bus.conf").write_text(_BUS.format(folder / "bus"))
        self._running: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder / 'bus'}",
            "IRBIS": str(folder / "irbis"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    def start(self) -> None:
        self._start("dbus-daemon", f"--config-file={self._folder / 'bus.conf'}", "--nofork")
        until = time.monotonic() + _SERVICE_WITHIN_S
        while not (self._folder / "bus").exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        conf = str(self._folder / "system.conf")
        self._start("rauc", "-c", conf, "--override-boot-slot=A", "service")
        while self.rauc("status").returncode != 0:
            assert time.monotonic() < until
            time.sleep(0.05)

    def rauc(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["rauc", "-c", str(self._folder / "system.conf"), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    def close(self) -> None:
        for process in reversed(self._running):
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        for loop in self.slots:
            run("losetup", "--detach", loop)

    def _start(self, *command: str) -> None:
        quiet = subprocess.DEVNULL
        self._running.append(
            subprocess.Popen(command, env=self.environment, stdout=quiet, stderr=quiet)
        )

    def _loop(self, name: str) -> str:
        image = self._folder / f"{name}.img"
        run("mkfs.ext4", "-q", "-L", f"ROOT{name}", str(image), "12M")
        return run("losetup", "--find", "--show", str(image)).strip()

    def _script(self, name: str, line: str) -> None:
        path = self._folder / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def _conf(self, keyring: Path) -> str:
        slots = "".join(
            f"[slot.rootfs.{index}]\ndevice={self.slots[index]}\ntype=ext4\nbootname={name}\n"
            for index, name in enumerate("AB")
        )
        return (
            f"[system]\ncompatible={COMPATIBLE}\nbootloader=custom\nbundle-formats=plain verity\n"
            f"statusfile={self._folder / 'status'}\nmountprefix={self._folder / 'mount'}\n"
            f"[keyring]\npath={keyring}\nuse-bundle-signing-time=true\n"
            f"[handlers]\nbootloader-custom-backend={self._folder / 'backend'}\n{slots}"
        )


_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={}</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


@pytest.fixture
def station(made: Path, tmp_path: Path) -> Iterator[Station]:
    if os.geteuid() != 0:
        pytest.skip("slots on loop devices need root")
    (tmp_path / "mount").mkdir()
    try:
        station = Station(tmp_path, made / "keys" / ROOT)
    except ImageError as error:
        pytest.skip(f"no loop devices here: {error}")
    try:
        station.start()
        yield station
    finally:
        station.close()


def label(device: str) -> str:
    return run("e2label", device).strip()


def test_an_update_goes_into_the_spare_slot_and_is_tried_next(
    made: Path, tmp_path: Path, station: Station
) -> None:
    bundle = tmp_path / "plain.raucb"
    make_bundle(made / "root.ext4", made / "keys", bundle, None, "0.2.0", form="plain")
    before = (tmp_path / "A.img").read_bytes()
    done = station.rauc("install", str(bundle))
    assert done.returncode == 0, done.stderr + done.stdout
    assert [label(loop) for loop in station.slots] == ["ROOTA", "ROOTB"]
    assert (tmp_path / "A.img").read_bytes() == before
    slots = UBootSlots(station.boot)
    assert slots.primary() == "B"
    assert slots.on_trial("B")
    assert COMPATIBLE in run("debugfs", "-R", "cat /etc/rauc/system.conf", station.slots[1])


def test_an_update_for_another_board_or_of_another_owner_changes_nothing(
    made: Path, tmp_path: Path, station: Station
) -> None:
    make_keys(tmp_path / "keys", "Somebody else")
    other_board, other_owner = tmp_path / "pi.raucb", tmp_path / "other.raucb"
    make_bundle(made / "root.ext4", made / "keys", other_board, "irbis-pi5-trixie", "1", "plain")
    make_bundle(made / "root.ext4", tmp_path / "keys", other_owner, None, "1", "plain")
    for bundle in (other_board, other_owner):
        assert station.rauc("install", str(bundle)).returncode != 0
        assert UBootSlots(station.boot).primary() == "A"
