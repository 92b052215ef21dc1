"""`irbis flash`: a card for a station, from an image to the label on the box."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from tools.flashing import options
from tools.flashing.errors import StampError
from tools.flashing.extras import require_extras


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "device", metavar="DEVICE", type=Path, help="the card's disk, as in /dev/sdb, or a file"
    )
    parser.add_argument(
        "--image", metavar="FILE", type=Path, required=True, help=".img or .img.zst"
    )
    parser.add_argument(
        "--sha256", metavar="HEX", help="of the image (default: in FILE.sha256, if it is there)"
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="flash card after card, a row for each station"
    )
    parser.add_argument("--force", action="store_true", help="it is the card, though not removable")
    parser.add_argument("--yes-erase", metavar="NAME", help="its name once more, as in sdb")
    options.configure(parser)


def execute(args: argparse.Namespace) -> int:
    """Write, verify, stamp and label one card, or one after the other. Raises IrbisError."""
    if args.keep_key:
        raise StampError("--keep-key: a card that is written anew holds no key to keep")
    if (args.csv is None) == (args.station_id is None):
        raise StampError("say which station: --station-id NAME, or --csv FILE for a whole network")
    if args.csv is not None and args.key is not None:
        raise StampError("--key with --csv would give all stations one key")
    require_extras()
    return _flash(args)


def _flash(args: argparse.Namespace) -> int:
    from tools.flashing import network
    from tools.flashing.card import flash
    from tools.flashing.consent import Consent
    from tools.flashing.issuing import Paper
    from tools.flashing.register import Register
    from tools.flashing.source import open_image

    common = options.network_order(args)
    paper = Paper(Register(args.register), args.labels, args.again)
    consent = Consent(args.force, args.yes_erase)
    if args.csv is not None:
        stations = network.read_stations(args.csv)
        common = replace(common, folder=args.csv.parent)
        image = open_image(args.image, args.sha256)
        return network.flash_all(
            stations, common, args.device, image, consent, paper, network.Asking(sys.stdin)
        )
    order = options.station_order(common, args.station_id, args.key)
    flash(args.device, open_image(args.image, args.sha256), order, consent, paper)
    return 0
