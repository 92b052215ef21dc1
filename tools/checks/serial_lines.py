"""The serial lines that the configuration names: modems and the controller."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tools.checks.finding import Finding, ok, warning

if TYPE_CHECKING:
    from edge.config import StationConfig, Uplink


def links_named(uplink: Uplink) -> list[str]:
    """The sections that name a way to basecamp."""
    sections = {
        "[uplink] broker": uplink.broker,
        "[uplink.lorawan]": uplink.lorawan,
        "[uplink.satellite]": uplink.satellite,
    }
    return [name for name, value in sections.items() if value is not None]


def check_lines(config: StationConfig | None) -> Iterator[Finding]:
    """Whether each port is there and may be used. Nothing is said on it: the station may be
    speaking there now."""
    if config is None:
        return
    uplink = config.uplink
    if uplink.lorawan is not None:
        yield _port("lorawan", uplink.lorawan.port)
        yield _radio_key(config)
    if uplink.satellite is not None:
        yield _port(uplink.satellite.modem, uplink.satellite.port)
    if config.controller is not None:
        yield _port("controller", config.controller.port)


def _port(name: str, path: Path) -> Finding:
    try:
        is_line = stat.S_ISCHR(path.stat().st_mode)
    except OSError as error:
        return warning(name, f"{path}: {error.strerror}", "plug it in, or mend its port")
    if not is_line:
        return warning(name, f"{path} is no serial line", "name the device: /dev/ttyUSB0, ...")
    if not os.access(path, os.R_OK | os.W_OK):
        return warning(name, f"{path} is not for this user", "usermod -a -G dialout USER")
    return ok(name, f"{path} is there")


def _radio_key(config: StationConfig) -> Finding:
    from edge.errors import ConfigError
    from edge.uplink.radio.modems import identity_of

    assert config.uplink.lorawan is not None
    try:
        identity_of(config.uplink.lorawan)
        file = config.uplink.lorawan.app_key_file
        is_open = file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    except (ConfigError, OSError) as error:
        told, _, remedy = str(error).partition("; ")
        return warning("lorawan key", told, remedy or "mend [uplink.lorawan] app_key_file")
    if is_open:
        return warning("lorawan key", f"{file} can be read by others", f"chmod 600 {file}")
    return ok("lorawan key", f"{file} holds a key")
