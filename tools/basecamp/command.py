"""``irbis basecamp``: make its key, enrol stations, receive, open evidence from a card."""

from __future__ import annotations

import argparse
import logging
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tools.basecamp import effort, entrance_options, hook_options, radio_crop_command

if TYPE_CHECKING:
    from edge.uplink.broker import BrokerAddress, Credentials
    from tools.basecamp.service import Lorawan
    from tools.basecamp.tus_service import UploadTerms

_EXAMPLES = {
    "init": "irbis basecamp init --data /srv/irbis",
    "enrol": "irbis basecamp enrol ridge-2 irbis-station-1:... --data /srv/irbis",
    "radio": "irbis basecamp radio ridge-2 --dev-eui 70b3d57ed0060001 --data /srv/irbis",
    "radio-crop": "irbis basecamp radio-crop ridge-2 dae754d2 --data /srv/irbis",
    "serve": "irbis basecamp serve --data /srv/irbis --broker mqtt://127.0.0.1:1883",
    "effort": "irbis basecamp effort --data /srv/irbis --csv",
    "open": "irbis basecamp open CARD/*.burst --data /srv/irbis --out opened",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands to ``irbis basecamp``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add(actions, "init", "make the key of a new data folder and print its token")
    _configure_enrol(_add(actions, "enrol", "trust a station's key"))
    _configure_radio(_add(actions, "radio", "take what a modem sends for a station's"))
    radio_crop_command.configure(
        _add(actions, "radio-crop", "ask for a picture of a sighting by radio, or not any more")
    )
    _configure_serve(_add(actions, "serve", "receive, store, acknowledge and show"))
    effort.configure(_add(actions, "effort", "how long each station watched"))
    opening = _add(actions, "open", "open sealed evidence that was fetched on a card")
    opening.add_argument("files", metavar="FILE.burst", type=Path, nargs="+")
    opening.add_argument("--out", metavar="DIR", type=Path, required=True, help="where to")


def execute(args: argparse.Namespace) -> int:
    """Do what the arguments say; the exit code. Raises IrbisError."""
    actions = {
        "init": _init,
        "enrol": _enrol,
        "radio": _radio,
        "radio-crop": radio_crop_command.execute,
        "serve": _serve,
        "effort": effort.execute,
        "open": _open,
    }
    return actions[args.action](args)


def _add(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example: {_EXAMPLES[name]}",
    )
    parser.add_argument(
        "--data", metavar="DIR", type=Path, required=True, help="basecamp's data folder"
    )
    return parser


def _configure_enrol(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "station", nargs="?", metavar="STATION", help="its id, as in its configuration"
    )
    parser.add_argument(
        "token", nargs="?", metavar="TOKEN", help="its public key, as it printed it"
    )
    parser.add_argument(
        "--from", dest="register", metavar="FILE", type=Path, help="all of irbis flash's register"
    )
    parser.add_argument("--replace", action="store_true", help="take the place of another key")
    parser.add_argument("--dev-eui", metavar="EUI", help="that of its LoRaWAN modem")


def _configure_radio(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("station", metavar="STATION", help="an enrolled one")
    device = parser.add_mutually_exclusive_group(required=True)
    device.add_argument("--dev-eui", metavar="EUI", help="of LoRaWAN: 16 hexadecimal digits")
    device.add_argument("--notecard", metavar="dev:...", help="its DeviceUID at Notehub")
    device.add_argument("--imei", metavar="IMEI", help="of an Iridium modem: 15 digits")
    parser.add_argument("--replace", action="store_true", help="take it from another station")


def _configure_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--broker", metavar="URL", required=True, help="mqtt://host[:port] or mqtts://host[:port]"
    )
    parser.add_argument("--username", metavar="NAME", help="how the broker knows basecamp")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help="its first line")
    parser.add_argument(
        "--ca-file", metavar="FILE", type=Path, help="who signed the broker's certificate (PEM)"
    )
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        default="127.0.0.1:8400",
        help="where the page is (default: %(default)s)",
    )
    entrance_options.configure(
        parser.add_argument_group("uploads"),
        "uploads",
        "where stations upload crops and evidence, resumably",
        "in a private network",
    )
    _configure_lorawan(parser.add_argument_group("LoRaWAN"))
    hook_options.configure(parser.add_argument_group("Notecard and Iridium"))


def _configure_lorawan(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--lorawan", action="store_true", help="ChirpStack or The Things Stack speaks on --broker"
    )
    group.add_argument("--lorawan-broker", metavar="URL", help="it speaks on another one")
    group.add_argument("--lorawan-username", metavar="NAME", help="how that one knows basecamp")
    group.add_argument("--lorawan-password-file", metavar="FILE", type=Path, help="its first line")
    group.add_argument("--lorawan-ca-file", metavar="FILE", type=Path, help="as --ca-file")
    group.add_argument(
        "--downlinks-per-day",
        metavar="N",
        type=_count,
        help="at most, for each station; The Things Network allows 10 (default: no limit)",
    )
    group.add_argument(
        "--catalogue",
        metavar="FILE",
        type=Path,
        nargs="+",
        default=[],
        help="what irbis catalogue build wrote: the names that radio tells by number",
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0")
    return int(text)


def _init(args: argparse.Namespace) -> int:
    from edge.security.keys import BasecampKey
    from tools.basecamp.identity import KEY_NAME
    from tools.basecamp.store import Store

    path: Path = args.data / KEY_NAME
    Store(args.data).close()
    if path.exists():
        print(f"{path}: there already, kept", file=sys.stderr)
    else:
        BasecampKey.generate().save(path)
        print(
            f"{path}: made. Keep a copy in a safe: without it no picture can be opened.",
            file=sys.stderr,
        )
    print(BasecampKey.load(path).token)
    return 0


def _enrol(args: argparse.Namespace) -> int:
    from edge.config import STATION_ID
    from edge.errors import ConfigError
    from edge.security.keys import StationToken
    from tools.basecamp.identity import load_key
    from tools.basecamp.radio_devices import parse_eui
    from tools.basecamp.store import Store

    if args.register is not None and args.station is None and args.dev_eui is None:
        from tools.basecamp.enrol_many import enrol_all

        return enrol_all(args.register, args.data, replace=args.replace)
    if args.station is None or args.token is None or args.register is not None:
        raise ConfigError("say whom: STATION and TOKEN, or --from FILE for a whole network")
    if re.fullmatch(STATION_ID, args.station) is None:
        raise ConfigError(
            f"station {args.station!r}: use up to 32 letters, digits, '-' and '_', no other sign"
        )
    token = StationToken.parse(args.token)
    dev_eui = None if args.dev_eui is None else parse_eui(args.dev_eui)
    load_key(args.data)  # a mistyped --data must not become a new folder
    with Store(args.data) as store:
        store.enrol(args.station, token, replace=args.replace)
        if dev_eui is not None:
            store.devices.assign(dev_eui, args.station, replace=args.replace)
    print(f"{args.station} is enrolled")
    return 0


def _radio(args: argparse.Namespace) -> int:
    from tools.basecamp.identity import load_key
    from tools.basecamp.radio_devices import number_of, parse_eui, parse_imei, parse_notecard
    from tools.basecamp.store import Store

    if args.notecard is not None:
        device = parse_notecard(args.notecard)
    else:
        device = parse_eui(args.dev_eui) if args.imei is None else parse_imei(args.imei)
    load_key(args.data)
    with Store(args.data) as store:
        store.devices.assign(device, args.station, replace=args.replace)
    print(f"device {number_of(device)} speaks for {args.station}")
    return 0


def _serve(args: argparse.Namespace) -> int:
    from edge.uplink.broker import BrokerAddress, Credentials
    from tools.basecamp.listening import ListenAddress
    from tools.basecamp.service import Basecamp
    from tools.stopping import StopSignals

    broker = BrokerAddress.parse(args.broker)
    credentials = Credentials(args.username, args.password_file, args.ca_file)
    listen = ListenAddress.parse(args.listen)
    _log_in_utc()
    if not listen.is_loopback:
        logging.warning("the page has no login: whoever reaches %s sees every picture", args.listen)
    asked_to_stop = StopSignals()
    lorawan = _lorawan(args, broker, credentials)
    uploads = _uploads(args)
    hooks = hook_options.terms_of(args)
    with Basecamp(
        args.data, broker, credentials, listen, lorawan, args.catalogue, uploads, hooks
    ) as basecamp:
        print(f"the page is at {basecamp.url}", flush=True)
        if basecamp.uploads_url is not None:
            print(f"uploads are taken at {basecamp.uploads_url}", flush=True)
        for carrier, url in basecamp.hooks.items():
            print(f"{carrier} posts to {url}", flush=True)
        asked_to_stop.wait()
    return 0


def _lorawan(
    args: argparse.Namespace, broker: BrokerAddress, credentials: Credentials
) -> Lorawan | None:
    from edge.uplink.broker import BrokerAddress, Credentials
    from tools.basecamp.service import Lorawan

    if args.lorawan_broker is not None:
        broker = BrokerAddress.parse(args.lorawan_broker)
        credentials = Credentials(
            args.lorawan_username, args.lorawan_password_file, args.lorawan_ca_file
        )
    elif not args.lorawan:
        return None
    return Lorawan(broker, credentials, args.downlinks_per_day)


def _uploads(args: argparse.Namespace) -> UploadTerms | None:
    from tools.basecamp.tus_service import UploadTerms

    chosen = entrance_options.chosen(args, "uploads")
    return None if chosen is None else UploadTerms(*chosen)


def _log_in_utc() -> None:
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _open(args: argparse.Namespace) -> int:
    from edge.errors import IrbisError
    from tools.basecamp.cards import open_file
    from tools.basecamp.identity import load_key

    key = load_key(args.data)
    failed = 0
    for file in args.files:
        try:
            print(open_file(file, key.unseal, args.out))
        except IrbisError as error:
            reason = str(error).removeprefix(f"{file}: ")
            print(f"irbis basecamp: {file}: {reason}", file=sys.stderr)
            failed = 1
    return failed
