"""`irbis run`: the daemon."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from tools.shot_signal import ShotSignal
from tools.stopping import StopSignals

POWER_OFF = 10
"""Exit code of a station whose cycle is over: its controller takes the power, so the machine is to
be switched off (docs/power.md)."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, help="the station's TOML file")
    parser.add_argument("--quiet", action="store_true", help="log warnings only")


def execute(args: argparse.Namespace) -> int:
    """Arm the station and keep it running until SIGTERM or Ctrl-C."""
    stop, shots = StopSignals(), ShotSignal()  # before anything slow: till then a signal kills
    from edge.health.notify import ServiceManager
    from tools.supervised import OFF, RETRY, SupervisedRun

    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING if args.quiet else logging.INFO,
        format="%(levelname)s %(message)s",
    )
    manager = ServiceManager.of(os.environ)
    ended = SupervisedRun(args.config, manager, stop, os.environ, shots.asked).go()
    if ended == RETRY and not manager.present:
        # Nobody else starts us anew.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return POWER_OFF if ended == OFF else 0
