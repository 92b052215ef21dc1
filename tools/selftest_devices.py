"""The self-test's questions to devices: camera, modems, controller. Nothing goes on the air."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config_capture import Gpio
from edge.health.selftest import Check, Found, failed, passed, untried
from edge.health.selftest_parts import looked_at

if TYPE_CHECKING:
    from edge.config import StationConfig

PICTURE_S = 15.0
"""For a first picture: the driver's start, and metering."""
WARM_UP = 5
"""Pictures taken before the one that is looked at, while the camera meters."""
ANSWER_S = 2.0
TRIES = 3
"""A modem that sleeps is woken by the first question, and loses it."""
BAUDS = {"rak3172": 115_200, "wio-e5": 9_600, "iridium": 19_200, "notecard": 9_600}
NOTECARD_QUESTION = '{"req":"card.version"}'


def device_checks(config: StationConfig) -> dict[str, Check]:
    """For every device that ``config`` names."""
    uplink = config.uplink
    checks: dict[str, Check] = {"camera": lambda: check_camera(config)}
    if any(isinstance(one, Gpio) for one in config.capture.triggers):
        checks["sensor"] = lambda: check_sensors(config)
    if uplink.lorawan is not None:
        lorawan = uplink.lorawan
        checks["lorawan"] = lambda: check_modem(lorawan.port, lorawan.modem)
    if uplink.satellite is not None:
        satellite = uplink.satellite
        checks["satellite"] = lambda: check_modem(satellite.port, satellite.modem)
    if config.controller is not None:
        port = config.controller.port
        checks["controller"] = lambda: check_controller(port)
    return checks


def check_camera(config: StationConfig) -> Found:
    """Take a picture, and look whether it shows anything. Raises IrbisError."""
    capture = config.capture
    if capture.camera == "folder":
        return _check_folder(capture.path)
    from edge.capture.building import camera_of
    from edge.capture.camera.camera import Shot
    from edge.vision.decode import decode

    camera = camera_of(capture)
    try:
        camera.start()
        shot: Shot = camera.grab(PICTURE_S)
        for _ in range(WARM_UP):
            shot = camera.grab(PICTURE_S)
    finally:
        camera.close()
    pixels = decode(shot.frame.data, 640).pixels if shot.glance is None else shot.glance.pixels
    return looked_at(pixels)


def check_sensors(config: StationConfig) -> Found:
    """Take every motion sensor's GPIO line, and let it go. Raises TriggerError.

    Whether a sensor is wired to it, only somebody who walks past can tell.
    """
    from edge.capture.building import sensors_of
    from edge.health.clock import system_clock

    wired = tuple(one for one in config.capture.triggers if isinstance(one, Gpio))
    capture = config.capture.model_copy(update={"triggers": wired})
    sensors, _ = sensors_of(capture, system_clock().now)
    for sensor in sensors:
        try:
            sensor.arm()
        finally:
            sensor.close()
    lines = ", ".join(str(one.line) for one in wired)
    return passed(f"line {lines} can be heard; walk past, and see that a burst is taken")


def check_modem(port: Path, modem: str) -> Found:
    """Ask for an answer of any kind, which costs no airtime. Raises BridgeError."""
    from firmware_bridge.at_line import AtLine
    from firmware_bridge.port import SerialPort

    line = AtLine(SerialPort(str(port), BAUDS[modem]))
    question = NOTECARD_QUESTION if modem == "notecard" else "AT"
    try:
        for _ in range(TRIES):
            line.send(question)
            answer = line.next(line.deadline(ANSWER_S))
            while answer == question:  # its echo
                answer = line.next(line.deadline(ANSWER_S))
            if answer is not None:
                return passed(f"{modem} at {port} answers: {answer[:40]}")
    finally:
        line.close()
    remedy = "check its power, that TX goes to RX, and that no other modem is on this port"
    return failed(f"{modem} at {port} does not answer", remedy)


def check_controller(port: Path) -> Found:
    """Greet it. Raises BridgeError."""
    from firmware_bridge.mcu.controller import Controller
    from firmware_bridge.port import SerialPort

    with Controller(SerialPort(str(port))) as controller:
        controller.ping()
    return passed(f"answers at {port}")


def held_by_station(part: str) -> Found:
    """For what the running station has in use, and tests itself."""
    return untried(f"the running station has the {part} in use")


def _check_folder(path: Path | None) -> Found:
    if path is None or not path.is_dir():
        return failed(f"[capture] path: {path} is no folder", "make it, or mount the camera's card")
    if not os.access(path, os.R_OK | os.X_OK):
        return failed(f"{path} cannot be read", f"chmod a+rx {path}")
    return passed(f"another program lays pictures into {path}; take one, and see that it comes")
