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
from tools.checks.serial_lines import links_named

if TYPE_CHECKING:
    from edge.config import StationConfig, Uplink
    from edge.config_uplink import Cellular

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


def require_login(uplink: Uplink) -> None:
    """Raise IrbisError when ``uplink`` names a broker and no good way to be let in."""
    from edge.errors import ConfigError
    from edge.uplink.broker import BrokerAddress, Credentials

    if uplink.broker is None:
        return
    address = BrokerAddress.parse(uplink.broker)
    credentials = Credentials(uplink.username, uplink.password_file, uplink.ca_file)
    if (uplink.username is None) != (uplink.password_file is None):
        raise ConfigError("[uplink] username and password_file: set both, or neither")
    credentials.password()
    if address.tls:
        credentials.tls_context()
    elif uplink.ca_file is not None:
        raise ConfigError(
            f"[uplink] ca_file: {address} is not encrypted; write mqtts:// or leave ca_file out"
        )


def check_uplink(config: StationConfig | None) -> Iterator[Finding]:
    from edge.errors import IrbisError

    if config is None:
        return
    if config.uplink.broker is None:
        if not links_named(config.uplink):
            remedy = "set [uplink] broker, or [uplink.lorawan]"
            yield warning("uplink", "no link is named: nothing is sent", remedy)
        return
    try:
        require_login(config.uplink)
    except IrbisError as error:
        yield warning("uplink", str(error), "mend [uplink]; what is found waits in the spool")
        return
    if config.uplink.cellular is not None:
        yield from _sessions(config.uplink.cellular)
        if config.uplink.cellular.apn is not None:
            return  # nothing can be reached before a session begins
    parts = urlsplit(config.uplink.broker)
    place = (parts.hostname or "", parts.port or PORTS[parts.scheme])
    yield _reached("uplink", place, "start the broker, or mend [uplink] broker")


def _sessions(cellular: Cellular) -> Iterator[Finding]:
    """What sessions need: files that can be read, and the server of the uploads."""
    from edge.errors import IrbisError
    from edge.uplink.broker import Credentials
    from edge.uplink.cellular.config import subscription_of
    from edge.uplink.cellular.http import Endpoint

    try:
        subscription_of(cellular)
        Credentials(ca_file=cellular.ca_file).tls_context()
        endpoint = None if cellular.uploads is None else Endpoint.parse(cellular.uploads)
    except IrbisError as error:
        remedy = "mend [uplink.cellular]; what is found waits in the spool"
        yield warning("cellular", str(error), remedy)
        return
    if endpoint is None or cellular.apn is not None:
        yield ok("cellular", "its files can be read")
    else:
        remedy = "start basecamp with --uploads, or mend [uplink.cellular] uploads"
        yield _reached("uploads", (endpoint.host, endpoint.port), remedy)


def _reached(name: str, place: tuple[str, int], remedy: str) -> Finding:
    try:
        with socket.create_connection(place, TIMEOUT_S):
            return ok(name, f"{place[0]}:{place[1]} answers")
    except OSError as error:
        waits = "what is found waits in the spool"
        return warning(name, f"{place[0]}:{place[1]} does not answer: {error}; {waits}", remedy)
