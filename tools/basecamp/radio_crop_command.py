"""``irbis basecamp radio-crop``: what a person wants of a burst's pictures over radio."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.wire.air.fragments import CropName


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument("station", metavar="STATION", help="whose sighting it is")
    parser.add_argument(
        "reference", metavar="REFERENCE", help="of the burst, as the page shows it: 8 hex digits"
    )
    parser.add_argument(
        "--picture",
        metavar="N",
        type=int,
        default=0,
        help="its place among the burst's pictures; 0, the default, is the best",
    )
    parser.add_argument("--enough", action="store_true", help="do not ask for it any more")


def execute(args: argparse.Namespace) -> int:
    """Note the wish; whoever serves the folder tells the station. Raises IrbisError."""
    from tools.basecamp.identity import load_key
    from tools.basecamp.store import Store

    name = _name(args.reference, args.picture)
    load_key(args.data)  # a mistyped --data must not become a new folder
    with Store(args.data) as store:
        store.want_by_radio(args.station, name, wanted=not args.enough)
    what = f"picture {name.picture} of burst {name.reference.hex()}"
    print(f"{what} is {'not asked for any more' if args.enough else 'asked for by radio'}")
    return 0


def _name(reference: str, picture: int) -> CropName:
    from edge.errors import ConfigError
    from edge.wire.air.fragments import PICTURES, CropName
    from edge.wire.air.reference import REFERENCE_BYTES

    try:
        octets = bytes.fromhex(reference)
    except ValueError:
        octets = b""
    if len(octets) != REFERENCE_BYTES:
        raise ConfigError(f"reference {reference!r}: expected 8 hexadecimal digits")
    if not 0 <= picture < PICTURES:
        raise ConfigError(f"picture {picture}: expected a number from 0 to {PICTURES - 1}")
    return CropName(octets, picture)
