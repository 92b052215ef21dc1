"""Irbis in a root: its files, its user, its environment of wheels, and what a card has beside."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.drop_ins import FOLDER
from tools.image.errors import ImageError
from tools.image.manifest import Recipe
from tools.image.rootfs import OVERLAY, environment
from tools.image.units import UNITS, placed
from tools.image.update_slots import slot_files
from tools.image.venv import PREFIX, lay_out
from tools.image.wheels import build_wheel, install_locked, install_wheel

IMAGE_FOLDERS = {
    "system.conf.d": "usr/lib/systemd/system.conf.d",
    "journald.conf.d": "usr/lib/systemd/journald.conf.d",
    "sysctl.d": "usr/lib/sysctl.d",
}
"""Of systemd/, what changes the whole machine, and where a card has it."""

LINKS = {
    "etc/machine-id": "/data/etc/machine-id",
    "etc/hostname": "/data/etc/hostname",
    FOLDER.lstrip("/"): "/data/etc/irbis.service.d",
    "var/lib/dbus/machine-id": "/etc/machine-id",
    "etc/resolv.conf": "/run/systemd/resolve/stub-resolv.conf",
    "etc/wpa_supplicant/wpa_supplicant-wlan0.conf": "/data/wifi/wpa_supplicant.conf",
}
"""What is a station's own lies on /data."""

FOLDERS = ("data", "boot/firmware", "etc/irbis", "var/lib/irbis", "mnt")
ENABLED = (
    "ssh.service", "systemd-networkd.service", "systemd-resolved.service",
    "systemd-timesyncd.service", "irbis-no-data.timer", "irbis-reboot.path",
)  # fmt: skip
LATER = ("systemd-resolved.service", "systemd-timesyncd.service")
"""Debian starts these before anything else may start; a station needs neither to be armed."""

DISABLED = (
    # Nothing waits for a network; nothing of Debian's is updated in place.
    "systemd-networkd-wait-online.service", "e2scrub_reap.service", "e2scrub_all.timer",
    "dpkg-db-backup.timer", "fstrim.timer", "wpa_supplicant.service", "rauc.service",
)  # fmt: skip


def populate(recipe: Recipe, root: Path, source: Path, wheels: Path, epoch: int) -> None:
    """Put Irbis from the checkout ``source`` into ``root``. ``wheels`` is a folder for its own
    wheel. Raises ImageError."""
    lay_files(recipe, root, source)
    lay_wheels(recipe, root, source, wheels)
    _in_root(root, _configure(recipe, root), epoch)


def lay_files(recipe: Recipe, root: Path, source: Path) -> None:
    """Units and their like, the overlay, links to /data."""
    for file, target in placed(source / "systemd", recipe.release.systemd):
        _copy(file, root / target.lstrip("/"))
    for file in sorted((source / "systemd").glob("*.service")):
        _copy(file, root / UNITS.lstrip("/") / file.name)
    for folder, place in IMAGE_FOLDERS.items():
        for file in sorted((source / "systemd" / folder).glob("*.*")):
            _copy(file, root / place / file.name)
    for made in slot_files(source / "systemd", recipe.compatible, recipe.disk_id):
        place_of = root / made.path.lstrip("/")
        place_of.parent.mkdir(parents=True, exist_ok=True)
        place_of.write_bytes(made.content)
        place_of.chmod(made.mode)
    for file in sorted(OVERLAY.rglob("*")):
        if file.is_file():
            _copy(file, root / file.relative_to(OVERLAY))
    fstab = root / "etc/fstab"
    waits = fstab.read_text(encoding="ascii").replace(
        "@DEVICE_WAIT@", str(recipe.board.device_wait_s)
    )
    fstab.write_text(waits, encoding="ascii")
    for name in FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name, target in LINKS.items():
        link = root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def lay_wheels(recipe: Recipe, root: Path, source: Path, wheels: Path) -> None:
    """The environment at /opt/irbis: the locked wheels, then the project's own."""
    interpreter = recipe.interpreter
    venv = root / PREFIX.lstrip("/")
    packages = lay_out(venv, interpreter, system_packages=recipe.kernel.system_site_packages)
    install_locked(source / recipe.common.lock, interpreter, packages, None)
    install_wheel(build_wheel(source, wheels), interpreter, packages)


def _configure(recipe: Recipe, root: Path) -> str:
    uid = recipe.common.irbis_uid
    units = sorted(path.name for path in (root / "usr/lib/systemd/system").glob("irbis*.service"))
    python = f"python{'.'.join(map(str, recipe.release.python))}"
    present = [name for name in DISABLED if _unit(root, name)]
    return f"""\
set -eu
groupadd --gid {uid} irbis
useradd --uid {uid} --gid irbis --no-create-home --home-dir /var/lib/irbis \\
    --shell /usr/sbin/nologin irbis
systemd-sysusers
passwd --quiet --lock root
for unit in {" ".join(LATER)}; do
    systemctl --quiet disable $unit
    sed -e '/^Before=/s/ *sysinit.target//' -e '/^WantedBy=/s/sysinit/multi-user/' \\
        /lib/systemd/system/$unit > /etc/systemd/system/$unit
done
systemctl --quiet enable {" ".join((*ENABLED, *units))}
systemctl --quiet disable {" ".join(present)}
systemctl --quiet mask systemd-networkd-wait-online.service
systemctl --quiet set-default multi-user.target
chown -R irbis:irbis /etc/irbis /var/lib/irbis
find / -xdev -name __pycache__ -type d -prune -exec rm -rf {{}} +
{python} -m compileall -q -j1 --invalidation-mode unchecked-hash \\
    /usr/lib/python3* {PREFIX}/lib || true
"""


def _unit(root: Path, name: str) -> bool:
    return any((root / base / "systemd/system" / name).exists() for base in ("lib", "usr/lib"))


def _in_root(root: Path, script: str, epoch: int) -> None:
    ended = subprocess.run(
        ["chroot", str(root), "/bin/sh", "-c", script],
        capture_output=True, text=True, check=False, env=dict(environment(epoch, Path("/tmp"))),
    )  # fmt: skip
    if ended.returncode != 0:
        told = (ended.stderr or ended.stdout).strip().splitlines()[-3:]
        raise ImageError(f"configuring the root failed: {' / '.join(told)}")


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)
    target.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
