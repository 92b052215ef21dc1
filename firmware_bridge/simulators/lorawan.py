"""A simulated LoRaWAN modem on a pty with a network behind it that speaks MQTT.

``python -m firmware_bridge.simulators.lorawan --modem rak3172 --region EU868 --seed 1
--broker 127.0.0.1:1883`` prints the pty's path on its first line, and runs until it is stopped.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from queue import SimpleQueue

from firmware_bridge.errors import BridgeError
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.simulators.at_device import Faults
from firmware_bridge.simulators.lorawan_chirpstack import ChirpStack
from firmware_bridge.simulators.lorawan_device import LorawanDevice
from firmware_bridge.simulators.lorawan_events import Flavour
from firmware_bridge.simulators.lorawan_mqtt import MqttApplication
from firmware_bridge.simulators.lorawan_network import NetworkServer, Weather
from firmware_bridge.simulators.lorawan_things import TheThingsStack
from firmware_bridge.simulators.rak3172 import SimulatedRak3172
from firmware_bridge.simulators.wio_e5 import SimulatedWioE5

_MODEMS: dict[str, type[SimulatedRak3172 | SimulatedWioE5]] = {
    "rak3172": SimulatedRak3172,
    "wio-e5": SimulatedWioE5,
}
DEMO_IDENTITY = Identity.from_hex(
    "70b3d57ed0060001", "0000000000000001", "000102030405060708090a0b0c0d0e0f"
)
"""Whom the network lets in unless it is told otherwise. No secret: for simulations alone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. 0 done, 1 failed with one line, 2 bad usage."""
    options = _parser().parse_args(arguments)
    # A queue: an Event that a signal sets while it is being waited on locks up.
    stop: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _frame: stop.put(caught))
    try:
        with ExitStack() as stack:
            device = _assemble(options, stack)
            print(device.path, flush=True)
            stop.get()
    except (BridgeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _assemble(options: argparse.Namespace, stack: ExitStack) -> LorawanDevice:
    region = REGIONS[options.region]
    identity = Identity.from_hex(options.dev_eui, options.join_eui, options.app_key)
    weather = Weather(
        loss=options.loss,
        downlink_loss=options.downlink_loss,
        duplicate=options.duplicate,
        reorder=options.reorder,
        snr_db=options.snr,
    )
    application: MqttApplication | None = None
    if options.broker:
        host, port = options.broker
        application = MqttApplication(host, port, _flavours(options))
        stack.enter_context(application)
    tell = application.tell if application else lambda _: None
    server = NetworkServer(tell, weather, options.seed)
    server.register(identity, region)
    if application is not None:
        application.server = server
    stack.callback(server.flush)
    faults = Faults(options.lost_reply, options.noise, options.brownout_every)
    device = _MODEMS[options.modem](server, region, options.seed, options.speed, faults)
    return stack.enter_context(device)


def _flavours(options: argparse.Namespace) -> list[Flavour]:
    known: dict[str, Flavour] = {
        "chirpstack": ChirpStack(*filter(None, [options.application])),
        "tts": TheThingsStack(*filter(None, [options.application])),
    }
    return list(known.values()) if options.flavour == "both" else [known[options.flavour]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="firmware_bridge.simulators.lorawan",
        description="A simulated LoRaWAN modem and its network; prints the serial port's path.",
    )
    add = parser.add_argument
    add("--modem", choices=sorted(_MODEMS), default="rak3172")
    add("--region", choices=sorted(REGIONS), default="EU868")
    add("--seed", type=int, default=0)
    add("--speed", type=float, default=1.0, help="simulated seconds in a real one")
    add("--broker", type=_address, metavar="HOST:PORT", help="where the network's events go")
    add("--flavour", choices=("chirpstack", "tts", "both"), default="chirpstack")
    add("--application", help="id of the application in the topics")
    for name, value in (
        ("dev-eui", DEMO_IDENTITY.dev_eui),
        ("join-eui", DEMO_IDENTITY.join_eui),
        ("app-key", DEMO_IDENTITY.app_key),
    ):
        add(f"--{name}", default=value.hex(), metavar="HEX", help="default: %(default)s")
    for name, what in (
        ("loss", "uplinks that reach no gateway"),
        ("downlink-loss", "downlinks that do not arrive"),
        ("duplicate", "events that are published twice"),
        ("reorder", "events that are published after the next"),
        ("lost-reply", "lines of the modem that get lost"),
        ("noise", "lines of the modem that are spoilt"),
    ):
        add(f"--{name}", type=_chance, default=0.0, metavar="P", help=f"chance: {what}")
    add("--snr", type=float, default=5.0, metavar="DB", help="mean signal to noise")
    add("--brownout-every", type=int, default=0, metavar="N", help="transmissions in between")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no broker, such as 127.0.0.1:1883")
    return host, int(port)


def _chance(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no chance from 0 to 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
