"""`irbis image unprovision`: take away what provision added."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.image import provision_live as live
from tools.image.provision_target import opened
from tools.image.provision_undo import undo


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=Path, help="/, a mounted system's folder, or an image file")
    parser.add_argument(
        "--purge", action="store_true", help="evidence, configuration and keys go, too"
    )


def execute(args: argparse.Namespace) -> int:
    with opened(args.target) as root:
        running = live.is_live(root)
        if running:
            live.stop()
        for line in undo(root, args.purge):
            print(line, flush=True)
        if running:
            live.forget()
    return 0
