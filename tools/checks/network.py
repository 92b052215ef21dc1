"""The broker: one that can be run here, and the one that the configuration names."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tools.checks.finding import Finding, ok, warning

if TYPE_CHECKING:
    from edge.config import StationConfig

TIMEOUT_S = 3.0
PORTS = {"mqtt": 1883, "mqtts": 8883}


def check_broker_here(config: StationConfig | None) -> Iterator[Finding]:
    # Debian puts it into /usr/sbin, which a user's PATH lacks.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    if shutil.which("mosquitto", path=path):
        yield ok("broker", "mosquitto is installed")
    elif find_spec("iotcore"):
        yield ok("broker", "iotcore is installed, enough for the demo")
    else:
        yield warning(
            "broker",
            "none to run here; a station needs only one that it can reach",
            "apt-get install mosquitto, or for the demo: pip install iotcore",
        )


def check_uplink(config: StationConfig | None) -> Iterator[Finding]:
    if config is None:
        return
    if config.uplink.broker is None:
        yield warning("uplink", "no [uplink] broker: nothing is sent", "set [uplink] broker")
        return
    parts = urlsplit(config.uplink.broker)
    place = (parts.hostname or "", parts.port or PORTS[parts.scheme])
    try:
        with socket.create_connection(place, TIMEOUT_S):
            yield ok("uplink", f"{place[0]}:{place[1]} answers")
    except OSError as error:
        yield warning(
            "uplink",
            f"{place[0]}:{place[1]} does not answer: {error}; what is found waits in the spool",
            "start the broker, or mend [uplink] broker",
        )
