"""`irbis keys`: make the key with which a station signs."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.security.keys import StationKey


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    station = actions.add_parser(
        "station",
        help="make a station's signing key",
        epilog="example: irbis keys station --out station.key",
    )
    station.add_argument("--out", type=Path, required=True, help="the key file to write")
    show = actions.add_parser(
        "show",
        help="print the token of a station's key",
        epilog="example: irbis keys show station.key",
    )
    show.add_argument("key", type=Path, help="the key file")


def execute(args: argparse.Namespace) -> int:
    """Make or show a key; prints the public token, which basecamp enrols."""
    if args.action == "station":
        key = StationKey.generate()
        key.save(args.out)
        print(f"wrote {args.out}; keep it on the station alone. Enrol the station at basecamp:")
        print(f"  irbis basecamp enrol STATION {key.token} --data DIR")
    else:
        print(StationKey.load(args.key).token)
    return 0
