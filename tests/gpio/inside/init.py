#!/usr/bin/python3 -B
"""The guest's first and only program: makes GPIO chips possible, runs the tests, switches off."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

MOUNTS = (
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("tmpfs", "/tmp"),
)
MODULES = (Path("/modules/configfs.ko"), Path("/modules/gpio-sim.ko"))
PACKAGES = "/opt/packages"
PROJECT = "/irbis"
TESTS = "tests/gpio/inside"
_FINIT_MODULE = 313  # x86_64's number of the system call
_POWER_OFF = 0x4321FEDC
_libc = ctypes.CDLL(None, use_errno=True)


def mount(kind: str, where: str) -> None:
    Path(where).mkdir(parents=True, exist_ok=True)
    _checked(_libc.mount(kind.encode(), where.encode(), kind.encode(), 0, None), where)


def load(module: Path) -> None:
    with module.open("rb") as file:
        _checked(_libc.syscall(_FINIT_MODULE, file.fileno(), b"", 0), str(module))


def _checked(status: int, what: str) -> None:
    if status != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), what)


def main() -> None:
    for kind, where in MOUNTS:
        mount(kind, where)
    for module in MODULES:
        load(module)
    mount("configfs", "/sys/kernel/config")
    os.environ |= {"PYTHONPATH": PACKAGES, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    done = subprocess.run(
        ["python3", "-B", "-m", "pytest", "-c", f"{TESTS}/pytest.ini", TESTS],
        cwd=PROJECT, check=False,
    )  # fmt: skip
    print(f"irbis-guest: {done.returncode}", flush=True)


try:
    main()
finally:
    os.sync()
    _libc.reboot(_POWER_OFF)
