"""`irbis image stamp`: an identity and a configuration onto an image or card that is written."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tools.flashing import options
from tools.flashing.errors import StampError
from tools.flashing.extras import require_extras

if TYPE_CHECKING:
    from tools.flashing.issuing import Paper
    from tools.flashing.order import Handover


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="TARGET",
        type=Path,
        help="an image, a disk, or the folder where the card's boot partition is mounted",
    )
    options.configure(parser)
    parser.add_argument("--force", action="store_true", help="it is the card, though not removable")
    parser.add_argument("--yes-erase", metavar="NAME", help="its name once more, as in sdb")


def execute(args: argparse.Namespace) -> int:
    """Stamp, and say what the station is now. Raises IrbisError."""
    if args.station_id is None:
        raise StampError("--station-id is missing: which station shall it be?")
    require_extras()
    from tools.flashing.consent import Consent, target_disk
    from tools.flashing.issuing import Paper
    from tools.flashing.order import make_handover
    from tools.flashing.register import Register
    from tools.flashing.writing import opened

    order = options.station_order(options.network_order(args), args.station_id, args.key)
    handover = make_handover(order)
    target: Path = args.target
    paper = None
    if not order.keep_key:
        paper = Paper(Register(args.register), args.labels, args.again)
    if target.is_dir():
        _stamp(target, handover, paper, "")
    else:
        disk = target_disk(target, Consent(args.force, args.yes_erase), erased=False)
        with opened(target, disk.size_bytes if disk else None):  # nobody mounts it meanwhile
            _stamp(target, handover, paper, (disk.serial or "") if disk else "")
    print(f"{target}: stamped for {handover.station}")
    return 0


def _stamp(target: Path, handover: Handover, paper: Paper | None, card: str) -> None:
    """With ``paper`` the identity is new, and written down."""
    from tools.flashing.boot import boot_of
    from tools.flashing.issuing import issue
    from tools.flashing.stamping import put_handover

    if paper is None:
        put_handover(boot_of(target), handover)
    else:
        issue(boot_of(target), handover, paper, card)
