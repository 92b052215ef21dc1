"""A real MQTT 5 broker for this machine alone: Debian's mosquitto, else an embedded one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.errors import IrbisError

START_TIMEOUT_S = 15.0

_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
log_dest none
"""

# rumqttd, inside the PyPI package iotcore: it must be told of MQTT 5, and to listen here alone.
_RUMQTTD = """\
id = 0
[router]
id = 0
max_connections = 32
max_outgoing_packet_count = 200
max_segment_size = 16777216
max_segment_count = 10
[v5.1]
name = "irbis"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 20480000
max_inflight_count = 100
dynamic_filters = true
"""


class BrokerMissing(IrbisError, FileNotFoundError):
    """There is no broker on this machine, or it does not start."""


@dataclass(frozen=True, slots=True)
class LocalBroker:
    """A running broker: its URL, and what it is."""

    url: str
    what: str


@contextmanager
def local_broker(folder: Path, mosquitto: str | None) -> Iterator[LocalBroker]:
    """Run a broker on a free port of the loopback interface; its files go to ``folder``.

    ``mosquitto`` is its program, None for the embedded broker. Raises BrokerMissing.
    """
    port = _free_port()
    command, what = _command(folder, port, mosquitto)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_listening(process, port, what)
        yield LocalBroker(f"mqtt://127.0.0.1:{port}", what)
    finally:
        process.terminate()
        process.wait()


def find_mosquitto() -> str | None:
    """Debian's mosquitto, which lives where only root's PATH looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def _command(folder: Path, port: int, mosquitto: str | None) -> tuple[list[str], str]:
    config = folder / "broker.toml"  # rumqttd goes by the ending, mosquitto by none
    if mosquitto is not None:
        config.write_text(_MOSQUITTO.format(port=port), encoding="ascii")
        return [mosquitto, "-c", str(config)], "Debian's mosquitto"
    config.write_text(_RUMQTTD.format(port=port), encoding="ascii")
    what = "embedded rumqttd from PyPI's iotcore, for want of mosquitto"
    return [sys.executable, "-m", "iotcore", "--config", str(config)], what


def _await_listening(process: subprocess.Popen[bytes], port: int, what: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise BrokerMissing(f"the broker ({what}) did not start; try: apt-get install mosquitto")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
