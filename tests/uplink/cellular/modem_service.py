"""ModemManager's API on a private D-Bus, by python-dbusmock and the template beside this file."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.uplink.cellular.dbus import Bus, DbusFailed
from edge.uplink.cellular.modem_manager import SERVICE
from tests.basecamp.field import eventually

SYSTEM_PYTHON = "/usr/bin/python3"
TEMPLATE = Path(__file__).with_name("modemmanager_template.py")
MODEM = "/org/freedesktop/ModemManager1/Modem/0"


@contextmanager
def private_bus() -> Iterator[str]:
    """A bus of the test's own; its address."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not here; to run this: apt-get install dbus")
    probe = [SYSTEM_PYTHON, "-c", "import dbusmock"]
    try:
        subprocess.run(probe, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("python-dbusmock is not here; to run this: apt-get install python3-dbusmock")
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()


@contextmanager
def modem_service(bus: str, **scene: Any) -> Iterator[None]:
    """ModemManager in that scene, see the template."""
    words = ["-m", "dbusmock", "--template", str(TEMPLATE), "-p", json.dumps(scene)]
    environment = {"DBUS_SYSTEM_BUS_ADDRESS": bus, "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen([SYSTEM_PYTHON, *words], env=environment)
    try:
        eventually(lambda: _answers(bus), "ModemManager answers")
        yield
    finally:
        process.kill()
        process.wait()
        eventually(lambda: not _answers(bus), "ModemManager is gone")


def modem_properties(bus: str) -> dict[str, Any]:
    """The modem as ModemManager tells of it."""
    connection = Bus(SERVICE, bus)
    try:
        return connection.properties(MODEM, f"{SERVICE}.Modem")
    finally:
        connection.close()


def _answers(bus: str) -> bool:
    connection = Bus(SERVICE, bus)
    try:
        connection.properties("/org/freedesktop/ModemManager1", SERVICE)
    except DbusFailed:
        return False
    finally:
        connection.close()
    return True
