"""`irbis image label`: who a card is, its label, and its row in the register.

For stations that made their own key at first boot: only then is there a fingerprint to print.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.flashing.extras import require_extras


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="TARGET",
        type=Path,
        help="an image, a disk, or the folder where the card's boot partition is mounted",
    )
    parser.add_argument("--register", metavar="FILE", type=Path, default=Path("register.csv"))
    parser.add_argument("--labels", metavar="DIR", type=Path, default=Path("labels"))


def execute(args: argparse.Namespace) -> int:
    """Read ``identity.txt``, which the station wrote. Raises IrbisError."""
    require_extras()
    from edge.security.keys import StationToken
    from tools.flashing.boot import boot_of
    from tools.flashing.errors import StampError
    from tools.flashing.issuing import print_label
    from tools.flashing.register import Register
    from tools.handover import IDENTITY, parse_text

    boot = boot_of(args.target)
    if IDENTITY not in (name.lower() for name in boot.names()):
        raise StampError(
            f"{args.target}: has no {IDENTITY}: it was not booted yet, or its first boot failed"
        )
    told = dict(_pairs(parse_text(boot.read(IDENTITY), IDENTITY)))
    try:
        station, token = told["station"], StationToken.parse(told["token"])
    except KeyError as error:
        raise StampError(f"{args.target}: its {IDENTITY} lacks {error.args[0]}") from error
    register = Register(args.register)
    last = register.done().get(station)
    if last is None or last.token != str(token):
        register.add(station, "done", token)
    print_label(station, token, args.labels)
    return 0


def _pairs(text: str) -> list[tuple[str, str]]:
    """Lines of ``name: value``."""
    split = (line.partition(":") for line in text.splitlines())
    return [(name.strip(), value.strip()) for name, colon, value in split if colon]
