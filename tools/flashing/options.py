"""The options that say what a station is to become, shared by ``flash`` and ``image stamp``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tools.flashing.errors import StampError

if TYPE_CHECKING:
    from tools.flashing.order import Order


def configure(parser: argparse.ArgumentParser) -> None:
    """Add them to ``parser``."""
    identity = parser.add_argument_group("identity")
    identity.add_argument("--station-id", metavar="NAME", help="a name, never a place")
    key = identity.add_mutually_exclusive_group()
    key.add_argument("--key", metavar="FILE", type=Path, help="its key (default: a new one)")
    key.add_argument(
        "--own-key", action="store_true", help="the station makes its key itself at first boot"
    )
    key.add_argument("--keep-key", action="store_true", help="the station has a key and keeps it")
    config = parser.add_argument_group("configuration")
    config.add_argument(
        "--config", metavar="FILE", type=Path, help="a station.toml to start from, with its files"
    )
    config.add_argument("--basecamp", metavar="TOKEN", help="what `irbis basecamp init` printed")
    config.add_argument("--broker", metavar="URL", help="mqtt://host[:port] or mqtts://host[:port]")
    config.add_argument(
        "--set",
        metavar="SECTION.KEY=VALUE",
        action="append",
        default=[],
        help="any other setting; may be given more than once",
    )
    system = parser.add_argument_group("operating system")
    system.add_argument("--hostname", metavar="NAME", help="default: made of the station's id")
    system.add_argument("--wifi", metavar="SSID", help="a network to join")
    system.add_argument("--wifi-password-file", metavar="FILE", type=Path, help="its first line")
    system.add_argument(
        "--wifi-country", metavar="CC", help="two letters: which channels are lawful"
    )
    system.add_argument("--ssh-keys", metavar="FILE", type=Path, help="public keys that may log in")
    system.add_argument(
        "--updates", metavar="FILE", type=Path, help="updates.pem: whose updates it takes"
    )
    paper = parser.add_argument_group("paper")
    paper.add_argument(
        "--register",
        metavar="FILE",
        type=Path,
        default=Path("register.csv"),
        help="what went onto which card (default: %(default)s)",
    )
    paper.add_argument(
        "--labels", metavar="DIR", type=Path, default=Path("labels"), help="default: %(default)s"
    )
    paper.add_argument(
        "--again", action="store_true", help="the station has a card already; this replaces it"
    )


def network_order(args: argparse.Namespace) -> Order:
    """What all stations of one call have in common; its station is still "" and it has no key.

    Raises StampError for options that do not fit each other.
    """
    from tools.flashing.order import Order, WifiOrder

    settings = dict(_pair(word) for word in args.set)
    if args.broker is not None:
        settings["uplink.broker"] = args.broker
    if args.wifi is None and (args.wifi_password_file or args.wifi_country):
        raise StampError("--wifi is missing: which network is the password for?")
    wifi = None
    if args.wifi is not None:
        wifi = WifiOrder(args.wifi, args.wifi_password_file, args.wifi_country)
    return Order(
        station="",
        template=args.config,
        basecamp=args.basecamp,
        settings=settings,
        own_key=args.own_key,
        keep_key=args.keep_key,
        hostname=args.hostname,
        ssh_keys=args.ssh_keys,
        updates=args.updates,
        wifi=wifi,
    )


def station_order(
    network: Order, station: str, key: Path | None, more: Mapping[str, str] | None = None
) -> Order:
    """``network``'s order for one station, with ``more`` settings; the key is read, or made."""
    from edge.security.keys import StationKey

    made: StationKey | None = None
    if key is not None:
        made = StationKey.load(key)
    elif not (network.own_key or network.keep_key):
        made = StationKey.generate()
    settings = {**network.settings, **(more or {})}
    return replace(network, station=station, key=made, settings=settings)


def _pair(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise StampError(f"--set {word}: write SECTION.KEY=VALUE, as in uplink.username=ridge-7")
    return key.strip(), value.strip()
