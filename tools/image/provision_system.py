"""What system lies under a root, told by its files: nothing of it is run, it may be another
processor's."""

from __future__ import annotations

import re
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

from tools.image.errors import ImageError
from tools.image.wheels import Interpreter

LEAST_PYTHON = (3, 11)
LEAST_SYSTEMD = 252
_MACHINES = {0xB7: "aarch64", 0x3E: "x86_64"}
"""e_machine of an ELF file."""

NEEDED_BYTES = 450_000_000
"""Irbis with its packages and models, and as much again of the largest file while it is swapped."""

_MOST_LINKS = 40


@dataclass(frozen=True)
class System:
    """A system that can carry Irbis."""

    name: str
    interpreter: Interpreter
    systemd: int
    own_camera_packages: bool
    """Raspberry Pi OS and JetPack: the camera's Python bindings come from the system's packages."""


def examine(root: Path) -> System:
    """The system under ``root``. Raises ImageError that says what is missing or too old."""
    release = _release(root)
    name = release.get("PRETTY_NAME", release.get("ID", "?"))
    if not {"debian", "raspbian", "ubuntu"} & {release["ID"], *release.get("ID_LIKE", "").split()}:
        raise ImageError(
            f"{root} is {name}; Irbis needs Raspberry Pi OS, Debian, Ubuntu or JetPack"
        )
    python, program = _python(root, name)
    systemd = _systemd(root)
    if systemd < LEAST_SYSTEMD:
        had = f"systemd {systemd}" if systemd else "no systemd"
        raise ImageError(
            f"{name} in {root} has {had}; Irbis needs systemd {LEAST_SYSTEMD} or newer"
        )
    return System(
        name=name,
        interpreter=Interpreter(python, _machine(program, name), _glibc(root)),
        systemd=systemd,
        own_camera_packages=any(
            inside(root, file).exists() for file in ("/etc/rpi-issue", "/etc/nv_tegra_release")
        ),
    )


def need_room(root: Path) -> None:
    """Raises ImageError where Irbis does not fit."""
    free = shutil.disk_usage(root).free
    if free < NEEDED_BYTES:
        raise ImageError(
            f"{root} has {free // 1_000_000} MB free and Irbis needs {NEEDED_BYTES // 1_000_000}; "
            "remove packages, or give an image more room: --grow 600"
        )


def inside(root: Path, path: str) -> Path:
    """Where ``path`` of the system lies here: links are followed as the system itself would, never
    out of ``root``. The last part need not exist. Raises ImageError where links go in a circle."""
    parts, links = path.strip("/").split("/"), 0
    here: list[str] = []
    while parts:
        part = parts.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            here = here[:-1]
            continue
        place = root.joinpath(*here, part)
        if not place.is_symlink():
            here.append(part)
            continue
        links += 1
        if links > _MOST_LINKS:
            raise ImageError(f"{path} in {root} is a link to itself")
        target = str(place.readlink())
        here = [] if target.startswith("/") else here
        parts = [*target.split("/"), *parts]
    return root.joinpath(*here)


def _release(root: Path) -> dict[str, str]:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        file = inside(root, path)
        if file.is_file():
            pairs = (line.partition("=") for line in file.read_text(errors="replace").splitlines())
            found = {key: value.strip("\"'") for key, _, value in pairs if key}
            if "ID" in found:
                return found
    raise ImageError(f"{root} is no system: it has no /etc/os-release")


def _python(root: Path, name: str) -> tuple[tuple[int, int], Path]:
    program = inside(root, "/usr/bin/python3")
    found = re.fullmatch(r"python(\d+)\.(\d+)", program.name)
    if not (found and program.is_file()):
        raise ImageError(f"{name} in {root} has no python3; install it there: apt install python3")
    version = int(found[1]), int(found[2])
    if version < LEAST_PYTHON:
        raise ImageError(f"{name} in {root} has Python {found[1]}.{found[2]}; Irbis needs 3.11")
    return version, program


def _machine(program: Path, name: str) -> str:
    with program.open("rb") as file:
        head = file.read(20)
    machine = ""
    if len(head) == 20 and head[:4] == b"\x7fELF" and head[4] == 2:
        machine = _MACHINES.get(struct.unpack_from("<H", head, 18)[0], "")
    if not machine:
        raise ImageError(f"{name} is not for 64-bit ARM or x86; take the 64-bit image of it")
    return machine


def _systemd(root: Path) -> int:
    library = "systemd/libsystemd-shared-*.so"
    for file in [*root.glob(f"usr/lib/{library}"), *root.glob(f"usr/lib/*/{library}")]:
        found = re.match(r"libsystemd-shared-(\d+)", file.name)
        if found:
            return int(found[1])
    return 0


def _glibc(root: Path) -> tuple[int, int]:
    for file in root.glob("usr/lib/*/libc.so.6"):
        found = re.search(rb"release version (\d+)\.(\d+)", file.read_bytes())
        if found:
            return int(found[1]), int(found[2])
    raise ImageError(f"{root} has no C library that is known here")
