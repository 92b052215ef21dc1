"""`irbis slots`: what RAUC asks of a bootloader (bootloader-custom-backend in its system.conf)."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tools.slots.here import BOOT, bootloader
from tools.slots.installed import finish
from tools.slots.state import BAD, GOOD, check_slot


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--boot", type=Path, default=BOOT, help="where the boot partition is")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("get-primary", help="print the slot that starts next")
    actions.add_parser("set-primary", help="try a slot next").add_argument("slot")
    actions.add_parser("get-state", help="print good or bad").add_argument("slot")
    actions.add_parser("installed", help="for the hook in a bundle: a slot was written")
    state = actions.add_parser("set-state", help="call a slot good or bad")
    state.add_argument("slot")
    state.add_argument("verdict", choices=(GOOD, BAD))


def execute(args: argparse.Namespace) -> int:
    """Ask or tell the bootloader. Raises SlotError."""
    if args.action == "installed":
        print(finish(os.environ, args.boot))
        return 0
    slots = bootloader(args.boot)
    if args.action == "get-primary":
        print(slots.primary())
        return 0
    slot = check_slot(args.slot)
    if args.action == "set-primary":
        slots.activate(slot)
    elif args.action == "get-state":
        print(slots.verdict(slot))
    else:
        slots.mark(slot, args.verdict)
    return 0
