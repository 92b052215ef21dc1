"""`irbis run`: the daemon."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from edge.config import load_config
from edge.listener import LogListener
from edge.station import Station
from tools.stopping import StopSignals

POLL_S = 0.5


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, help="the station's TOML file")
    parser.add_argument("--quiet", action="store_true", help="log warnings only")


def execute(args: argparse.Namespace) -> int:
    """Arm the station and keep it running until SIGTERM or Ctrl-C."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING if args.quiet else logging.INFO,
        format="%(levelname)s %(message)s",
    )
    stop = StopSignals()
    config = load_config(args.config)
    with Station(config, LogListener()) as station:
        while not stop.wait(POLL_S):
            if station.failure is not None:
                raise station.failure  # systemd starts us anew, and that mends it
    return 0
