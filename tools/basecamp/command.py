"""``irbis basecamp``: make its key, enrol stations, receive, open evidence from a card."""

from __future__ import annotations

import argparse
import logging
import re
import signal
import sys
import threading
import time
from pathlib import Path

_EXAMPLES = {
    "init": "irbis basecamp init --data /srv/irbis",
    "enrol": "irbis basecamp enrol ridge-2 irbis-station-1:... --data /srv/irbis",
    "serve": "irbis basecamp serve --data /srv/irbis --broker mqtt://127.0.0.1:1883",
    "open": "irbis basecamp open CARD/*.burst --data /srv/irbis --out opened",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands to ``irbis basecamp``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add(actions, "init", "make the key of a new data folder and print its token")
    _configure_enrol(_add(actions, "enrol", "trust a station's key"))
    _configure_serve(_add(actions, "serve", "receive, store, acknowledge and show"))
    opening = _add(actions, "open", "open sealed evidence that was fetched on a card")
    opening.add_argument("files", metavar="FILE.burst", type=Path, nargs="+")
    opening.add_argument("--out", metavar="DIR", type=Path, required=True, help="where to")


def execute(args: argparse.Namespace) -> int:
    """Do what the arguments say; the exit code. Raises IrbisError."""
    return {"init": _init, "enrol": _enrol, "serve": _serve, "open": _open}[args.action](args)


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
    parser.add_argument("station", metavar="STATION", help="its id, as in its configuration")
    parser.add_argument("token", metavar="TOKEN", help="its public key, as it printed it")
    parser.add_argument("--replace", action="store_true", help="take the place of another key")


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
    from tools.basecamp.store import Store

    if re.fullmatch(STATION_ID, args.station) is None:
        raise ConfigError(
            f"station {args.station!r}: use up to 32 letters, digits, '-' and '_', no other sign"
        )
    token = StationToken.parse(args.token)
    load_key(args.data)  # a mistyped --data must not become a new folder
    with Store(args.data) as store:
        store.enrol(args.station, token, replace=args.replace)
    print(f"{args.station} is enrolled")
    return 0


def _serve(args: argparse.Namespace) -> int:
    from edge.uplink.broker import BrokerAddress, Credentials
    from tools.basecamp.page_server import ListenAddress
    from tools.basecamp.service import Basecamp

    broker = BrokerAddress.parse(args.broker)
    credentials = Credentials(args.username, args.password_file, args.ca_file)
    listen = ListenAddress.parse(args.listen)
    _log_in_utc()
    if not listen.is_loopback:
        logging.warning("the page has no login: whoever reaches %s sees every picture", args.listen)
    asked_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_stop.set())
    with Basecamp(args.data, broker, credentials, listen) as basecamp:
        print(f"the page is at {basecamp.url}", flush=True)
        asked_to_stop.wait()
    return 0


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
